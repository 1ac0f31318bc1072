"""What a photo is."""

from __future__ import annotations

import numpy as np

from livebg.media.image.types import About, Photo


def test_deep_is_what_has_16_bits() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    assert not Photo(image, image, None, About(), ".png").is_deep
    assert Photo(image, image.astype(np.uint16), None, About(), ".png").is_deep
