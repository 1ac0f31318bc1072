"""The metadata of a picture file that an output may keep: EXIF, XMP, resolution, by the lists of media/metadata.py."""

from __future__ import annotations

from typing import Any

from PIL import Image as Pillow

from livebg.media.image.types import About
from livebg.media.image.xmp import rewritten
from livebg.media.metadata import EXIF_MAIN, EXIF_PART, EXIF_PLACE, FAILURES, kept

ORIENTATION = 0x0112
PART, PLACE = 0x8769, 0x8825
COLOUR_SPACE, IS_SRGB, IS_OTHER = 0xA001, 1, 0xFFFF


def about_of(picture: Pillow.Image, profile: bytes) -> tuple[About, int]:
    """Of a loaded picture with this profile: the metadata to keep, and the EXIF orientation of its pixels, 1 to 8."""
    exif = picture.getexif()
    about = About(profile, _exif(exif, not profile), rewritten(_xmp_of(picture, exif)), _dots(picture.info.get("dpi")))
    turn = exif.get(ORIENTATION, 1)
    return about, turn if turn in range(1, 9) else 1


def _exif(exif: Pillow.Exif, is_srgb: bool) -> bytes:
    """EXIF to keep; b"" for none."""
    made = Pillow.Exif()
    for tag, value in kept(exif, EXIF_MAIN).items():
        made[tag] = value
    for part, known in ((PART, EXIF_PART), (PLACE, EXIF_PLACE)):
        try:
            values = kept(exif.get_ifd(part), known)
        except FAILURES:
            continue
        if values and part == PART:
            values[COLOUR_SPACE] = IS_SRGB if is_srgb else IS_OTHER
        if values:
            made.get_ifd(part).update(values)
            made[part] = 0  # a placeholder: writing finds its position
    return made.tobytes() if len(made) else b""


def _xmp_of(picture: Pillow.Image, exif: Pillow.Exif) -> bytes:
    found: Any = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or exif.get(0x02BC) or b""
    if isinstance(found, tuple):
        found = bytes(found)
    data = found.encode("utf-8", "replace") if isinstance(found, str) else found
    return data if isinstance(data, bytes) else b""


def _dots(dpi: Any) -> tuple[float, float] | None:
    try:
        across, down = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across <= 30000 and 1 < down <= 30000 else None  # 1: Pillow's word for none
