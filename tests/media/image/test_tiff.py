"""TIFF, strip by strip. What else it holds: test_write.py."""

from __future__ import annotations

import io

import numpy as np
import photos
import pytest
from PIL import Image as Pillow

from livebg.media.image.types import About
from livebg.media.image.write import ROWS, tiff_file


@pytest.mark.parametrize("height", [1, ROWS, ROWS + 1, 3 * ROWS])
@pytest.mark.parametrize("about", [About(), photos.about()], ids=["nothing told", "all told"])
def test_any_number_of_strips(height: int, about: About) -> None:
    samples = np.random.default_rng(1).integers(0, 256, (height, 7, 3), np.uint8)
    with Pillow.open(io.BytesIO(tiff_file(samples, about, False))) as picture:
        assert (np.asarray(picture) == samples).all()
