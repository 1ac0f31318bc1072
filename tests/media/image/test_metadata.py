"""What goes along with a photo, and what does not."""

from __future__ import annotations

import base64
import io
from typing import Any

import photos
import pytest
from PIL import Image as Pillow

from livebg.media.image.metadata import about_of
from livebg.media.image.types import About

HIDDEN = photos.file_of(photos.scene(24, 32), "JPEG")


def _about(data: bytes, profile: bytes = b"") -> tuple[About, int]:
    with Pillow.open(io.BytesIO(data)) as picture:
        picture.load()
        return about_of(picture, profile)


def _tags(data: bytes) -> tuple[dict[int, Any], dict[int, Any]]:
    tags = Pillow.Exif()
    tags.load(data)
    return dict(tags), dict(tags.get_ifd(0x8769))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_all_that_is_known_goes_along(kind: str) -> None:
    options = {"exif": photos.exif(), "xmp": photos.XMP.replace(b">6<", b">1<"), "dpi": (300, 300)}
    about, turn = _about(photos.file_of(photos.scene(), kind, **options), photos.SRGB)
    assert (about.profile, turn) == (photos.SRGB, 1)
    tags = Pillow.Exif()
    tags.load(about.exif)
    assert tags[0x010F] == "Maker"
    assert 0x0112 not in tags
    assert tags.get_ifd(0x8769)[0x9003] == photos.TAKEN
    assert tags.get_ifd(0x8825)[1] == "N"
    if kind != "PNG":  # Pillow writes none there
        assert b">A title<" in about.xmp
    if kind in ("JPEG", "PNG"):
        assert about.dots_per_inch == pytest.approx((300, 300), abs=0.01)


def test_pictures_in_tags_stay_behind() -> None:
    coded = base64.b64encode(HIDDEN)
    tags = photos.exif()
    part = tags.get_ifd(0x8769)
    part[0x927C], part[0x9286], part[0xEA1D], part[0x9000] = HIDDEN, b"ASCII\0\0\0" + coded, HIDDEN, HIDDEN
    tags[0x010E], tags[0x013B], tags[0x9C9C], tags[0xC4A5] = coded.decode(), coded[:100].decode(), coded, HIDDEN
    main, kept = _tags(_about(photos.file_of(photos.scene(), "JPEG", exif=tags))[0].exif)
    assert set(main) == {0x010F, 0x8298, 0x8769, 0x8825}
    assert set(kept) == {0x9003, 0x829A, 0x8827, 0xA001}


def test_a_picture_in_pieces_stays_behind() -> None:
    tags, coded = photos.exif(), HIDDEN.hex()
    for at, tag in enumerate((0x010E, 0x010F, 0x0110, 0x0131, 0x013B)):
        tags[tag] = coded[50 * at : 50 * at + 50]
    main, _ = _tags(_about(photos.file_of(photos.scene(), "JPEG", exif=tags))[0].exif)
    assert set(main) == {0x8769, 0x8825}


@pytest.mark.parametrize(("profile", "told"), [(b"", 1), (photos.wide_profile(), 0xFFFF)])
def test_the_colour_space_told_is_the_pictures(profile: bytes, told: int) -> None:
    tags = photos.exif()
    tags.get_ifd(0x8769)[0xA001] = 2
    assert _tags(_about(photos.file_of(photos.scene(), "JPEG", exif=tags), profile)[0].exif)[1][0xA001] == told


def test_the_pixels_orientation_is_told() -> None:
    about, turn = _about(photos.file_of(photos.scene(), "JPEG", exif=photos.exif(6), xmp=photos.XMP))
    assert turn == 6
    assert b"Orientation" not in about.xmp
    assert _about(photos.file_of(photos.scene(), "PNG")) == (About(), 1)


def test_a_resolution_of_nonsense_is_none() -> None:
    assert _about(photos.file_of(photos.scene(), "PNG", dpi=(0.01, 0.01)))[0].dots_per_inch is None
