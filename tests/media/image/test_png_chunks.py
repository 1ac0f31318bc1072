"""What is told about a PNG."""

from __future__ import annotations

import io

import cv2
import numpy as np
import photos
from PIL import Image as Pillow

from livebg.media.image.png_chunks import with_about
from livebg.media.image.types import About

PNG = cv2.imencode(".png", np.zeros((4, 6, 3), np.uint16))[1].tobytes()


def test_nothing_to_tell_changes_nothing() -> None:
    assert with_about(PNG, About()) == PNG


def test_all_of_it_is_read_by_others() -> None:
    with Pillow.open(io.BytesIO(with_about(PNG, photos.about()))) as picture:
        picture.load()
        assert picture.info["icc_profile"] == photos.SRGB
        assert b"xmpmeta" in picture.info["xmp"]
        assert picture.getexif()[0x010F] == "Maker"
