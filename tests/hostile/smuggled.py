"""A small picture of the room in every disguise, and the look for it in a file that was made."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image as Pillow

_NOISE = np.random.default_rng(7).integers(0, 255, (24, 24, 3), np.uint8)


def _jpeg() -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(_NOISE).save(stream, "JPEG", quality=60)
    return stream.getvalue()


PICTURE = _jpeg()
RAW = _NOISE.tobytes()
DISGUISES = {
    "jpeg": PICTURE,
    "raw": RAW,
    "base64": base64.b64encode(PICTURE),
    "hex": PICTURE.hex().encode(),
    "base85": base64.b85encode(PICTURE),
    "zlib": zlib.compress(RAW),
    "utf-16": base64.b64encode(PICTURE).decode().encode("utf-16-le"),
}
PIECE = 20  # bytes of any disguise that may not be found again


def found_in(data: bytes) -> list[str]:
    """Disguises of which a piece is in the file, also in what is deflated there, from their middles."""
    seen = [data, *_inflated(data)]
    return [
        name
        for name, hidden in DISGUISES.items()
        if any(hidden[at : at + PIECE] in each for each in seen for at in range(40, len(hidden) - PIECE, 97))
    ]


def _inflated(data: bytes) -> Iterator[bytes]:
    """Whatever in a PNG's chunks of words and profiles is deflated."""
    if not data.startswith(b"\x89PNG"):
        return
    at = 8
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + length]
        for start in range(len(content)) if kind in (b"iCCP", b"zTXt", b"iTXt") else ():
            if content[start : start + 1] == b"x":
                try:
                    yield zlib.decompress(content[start:])
                except zlib.error:
                    continue
        at += 12 + length
