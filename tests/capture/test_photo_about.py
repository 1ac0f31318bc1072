"""What goes along with a photo, and what does not."""

from __future__ import annotations

import io

import photos
import pytest
from PIL import Image as Pillow

from livebg.capture.photo_about import about_of
from livebg.photo_vocabulary import About

UPRIGHT = photos.XMP.replace(b">6<", b">1<")


def _about(data: bytes) -> tuple[About, int, list[str]]:
    with Pillow.open(io.BytesIO(data)) as picture:
        picture.load()
        return about_of(picture)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_all_that_is_known_goes_along(kind: str) -> None:
    options = {"exif": photos.exif(), "icc_profile": photos.SRGB, "xmp": UPRIGHT, "dpi": (300, 300)}
    about, turn, notes = _about(photos.file_of(photos.scene(), kind, **options))
    assert (about.profile, turn, notes) == (photos.SRGB, 1, [])
    tags = Pillow.Exif()
    tags.load(about.exif)
    assert tags[0x010F] == "Maker"
    assert 0x0112 not in tags
    assert tags.get_ifd(0x8769)[0x9003] == photos.TAKEN
    assert tags.get_ifd(0x8825)[1] == "N"
    if kind != "PNG":  # Pillow writes none there
        assert about.xmp == UPRIGHT
    if kind in ("JPEG", "PNG"):
        assert about.dots_per_inch == pytest.approx((300, 300), abs=0.01)


def test_small_pictures_of_the_scene_stay_behind() -> None:
    tags = photos.exif()
    tags.get_ifd(0x8769)[0x927C] = b"a maker's note with a picture"
    xmp = b"<x:xmpmeta><xmp:Thumbnails>a picture</xmp:Thumbnails></x:xmpmeta>"
    about, _, notes = _about(photos.file_of(photos.scene(), "JPEG", exif=tags, xmp=xmp))
    assert b"picture" not in about.exif
    assert about.xmp == b""
    assert len(notes) == 1


def test_the_pixels_orientation_is_told() -> None:
    about, turn, _ = _about(photos.file_of(photos.scene(), "JPEG", exif=photos.exif(6), xmp=photos.XMP))
    assert (turn, about.xmp) == (6, UPRIGHT)
    assert _about(photos.file_of(photos.scene(), "PNG"))[:2] == (About(), 1)


def test_a_resolution_of_nonsense_is_none() -> None:
    assert _about(photos.file_of(photos.scene(), "PNG", dpi=(0.01, 0.01)))[0].dots_per_inch is None
