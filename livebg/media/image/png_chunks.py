"""Writes metadata into a PNG, between its header and its samples.

Not by cv2.imencodeWithMetadata: up to OpenCV 5.0 it writes no resolution, puts XMP where nobody looks for it (tEXt),
and behind it some bytes of the process's memory; in 4.12 it knows neither XMP nor colour profiles.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

from livebg.media.image.types import About

HEADER_BYTES = 33  # the signature and the chunk IHDR
EXIF_MARK = b"Exif\0\0"  # before EXIF in other files
METRE_INCHES = 0.0254


def with_about(png: Any, about: About) -> bytes:
    """The PNG with this metadata. png: the bytes of a whole PNG file, or a buffer of them."""
    chunks = []
    if about.profile:
        chunks.append(_chunk(b"iCCP", b"profile\0\0" + zlib.compress(about.profile)))
    if about.dots_per_inch:
        dots = (min(round(each / METRE_INCHES), 2**31 - 1) for each in about.dots_per_inch)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", *dots, 1)))
    if about.exif:
        chunks.append(_chunk(b"eXIf", about.exif.removeprefix(EXIF_MARK)))
    if about.xmp:
        chunks.append(_chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + about.xmp))
    data = memoryview(png)
    return b"".join((data[:HEADER_BYTES], *chunks, data[HEADER_BYTES:]))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
