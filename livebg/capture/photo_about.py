"""What a picture file says of itself that may go along: profile, EXIF, XMP, resolution.

Only what is known goes along: a small picture of the whole scene, as cameras and programs hide in EXIF, maker's notes
and XMP, would carry the room out of it. Knows nothing about pixels.
"""

from __future__ import annotations

import re
from typing import Any

from PIL import Image as Pillow

from livebg.photo_vocabulary import About

ORIENTATION = 0x0112
EXIF_PART, GPS_PART = 0x8769, 0x8825
KEPT = frozenset((0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x4746, 0x4749, 0x8298, *range(0x9C9B, 0x9CA0)))
LEFT_OUT = frozenset((0x927C, 0xA002, 0xA003, 0xA005))  # maker's note, the size before turning, another part
_ORIENTED = re.compile(rb"""(tiff:Orientation\s*(?:=\s*["']|>))\s*[2-8]""")


def about_of(picture: Pillow.Image) -> tuple[About, int, list[str]]:
    """Of a loaded picture: what goes along, the orientation that its pixels still have, what is left out in words."""
    exif, notes = picture.getexif(), []
    xmp = _xmp_of(picture, exif)
    if b"Thumbnails" in xmp or b"GImage" in xmp:
        xmp = b""
        notes.append("its XMP is left out: it holds a small picture of the whole scene")
    about = About(picture.info.get("icc_profile") or b"", _kept(exif), xmp, _dots(picture.info.get("dpi")))
    turn = exif.get(ORIENTATION, 1)
    return about, turn if turn in range(1, 9) else 1, notes


def _kept(exif: Pillow.Exif) -> bytes:
    """b"" where nothing is."""
    kept = Pillow.Exif()
    for tag in KEPT & set(exif):
        kept[tag] = exif[tag]
    for part in (EXIF_PART, GPS_PART):
        values = {tag: value for tag, value in exif.get_ifd(part).items() if tag not in LEFT_OUT}
        if values:
            kept.get_ifd(part).update(values)
            kept[part] = 0  # where it lies is found when all is written
    return kept.tobytes() if len(kept) else b""


def _xmp_of(picture: Pillow.Image, exif: Pillow.Exif) -> bytes:
    """Upright now, as the picture is."""
    found: Any = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or exif.get(0x02BC) or b""
    if isinstance(found, tuple):
        found = bytes(found)
    data = found.encode() if isinstance(found, str) else found
    return _ORIENTED.sub(rb"\g<1>1", data) if isinstance(data, bytes) else b""


def _dots(told: Any) -> tuple[float, float] | None:
    try:
        across, down = float(told[0]), float(told[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return (across, down) if 1 <= across <= 30000 and 1 <= down <= 30000 else None
