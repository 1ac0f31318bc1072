"""Joins still WebP pictures into an animated WebP: writes the container itself.

FFmpeg's animated encoder treats small changes between pictures as none, so slow fades stand still; here every picture
is whole. Runs in the thread that calls it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

_ALPHA, _ANIMATION = 0x10, 0x02
_NOT_BLENDED = 0x02  # each picture replaces the one before, also where it is transparent
_LARGEST_BYTES = 2**32 - 2


class WebpAnimation:
    """Writes to a stream that can seek; repeats for ever. Width and height up to 16384 px."""

    def __init__(self, stream: BinaryIO, width: int, height: int, *, has_alpha: bool) -> None:
        self._stream = stream
        self._size = _low24(width - 1) + _low24(height - 1)
        flags = _ANIMATION | (_ALPHA if has_alpha else 0)
        stream.write(b"RIFF\0\0\0\0WEBP")
        stream.write(_chunk(b"VP8X", struct.pack("<I", flags) + self._size))
        stream.write(_chunk(b"ANIM", struct.pack("<IH", 0, 0)))

    def add(self, still: bytes, duration_ms: int) -> None:
        """Adds one whole still WebP file. Raises OSError, also where the container can hold no more."""
        pictures = b"".join(_chunk(name, data) for name, data in _chunks(still) if name in (b"ALPH", b"VP8 ", b"VP8L"))
        place = _low24(0) * 2 + self._size + _low24(duration_ms) + bytes([_NOT_BLENDED])
        self._stream.write(_chunk(b"ANMF", place + pictures))
        if self._stream.tell() > _LARGEST_BYTES:
            raise OSError("WebP holds 4 GiB at most; choose another file ending, or a part of the film")

    def close(self) -> None:
        """Completes the header; the stream stays open."""
        length = self._stream.tell()
        self._stream.seek(4)
        self._stream.write(struct.pack("<I", length - 8))


def _low24(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _chunks(still: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(still):
        name, (length,) = still[at : at + 4], struct.unpack_from("<I", still, at + 4)
        yield name, still[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
