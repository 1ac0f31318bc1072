"""PipeWire's parameters as bytes (SPA pods): what a camera offers, what a reader accepts, which buffers carry it.

Pure functions on bytes. Numbers: spa/param/param.h, spa/param/format.h, spa/param/buffers.h, spa/param/video/raw.h.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

ENUM_FORMAT, FORMAT = 3, 4  # which parameter: the formats to choose from, the one that was chosen
FORMATS = {"I420": 2, "YUY2": 4, "RGBx": 7, "BGRx": 8, "RGBA": 11, "BGRA": 12, "RGB": 15, "BGR": 16, "NV12": 23}
MEMORY_POINTER, MEMORY_FILE = 1 << 1, 1 << 2  # kinds of a buffer's memory: an address, a file descriptor

_ID, _INT, _RECTANGLE, _FRACTION, _OBJECT, _CHOICE = 3, 4, 10, 11, 15, 19
_FORMAT_OBJECT, _BUFFERS_OBJECT, _META_OBJECT = 0x40003, 0x40004, 0x40005
_BUFFERS, _META = 5, 6
_RANGE, _ENUM, _FLAGS = 1, 3, 4
_VIDEO, _RAW = 2, 1
_KIND, _SUBKIND, _PIXELS, _SIZE, _RATE = 1, 2, 0x20001, 0x20003, 0x20004
_HEADER, _HEADER_BYTES = 1, 32
_LARGEST_PX, _HIGHEST_FPS = 8192, 240


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """pixels: a key of FORMATS, or '' for another; fps: 0 where the camera names none."""

    pixels: str
    width: int
    height: int
    fps: float


def offered(pixels: str, width: int, height: int, fps: int) -> bytes:
    """The one format of a camera."""
    return _object(
        *(_FORMAT_OBJECT, ENUM_FORMAT),
        (_KIND, _id(_VIDEO)),
        (_SUBKIND, _id(_RAW)),
        (_PIXELS, _id(FORMATS[pixels])),
        (_SIZE, _pair(_RECTANGLE, width, height)),
        (_RATE, _pair(_FRACTION, fps, 1)),
    )


def accepted(pixels: Sequence[str], width: int, height: int, fps: int) -> bytes:
    """The formats that a reader takes, the best first, at any size and rate; these are the preferred ones."""
    codes = [FORMATS[each] for each in pixels]
    return _object(
        *(_FORMAT_OBJECT, ENUM_FORMAT),
        (_KIND, _id(_VIDEO)),
        (_SUBKIND, _id(_RAW)),
        (_PIXELS, _choice(_ENUM, _ID, *(struct.pack("=I", each) for each in (codes[0], *codes)))),
        (_SIZE, _pairs(_RECTANGLE, (width, height), (1, 1), (_LARGEST_PX, _LARGEST_PX))),
        (_RATE, _pairs(_FRACTION, (fps, 1), (0, 1), (_HIGHEST_FPS, 1))),
    )


def buffers(size: int, stride: int) -> bytes:
    """2 to 16 buffers, each one block of `size` bytes for a whole picture: browsers take no separate planes."""
    return _object(
        *(_BUFFERS_OBJECT, _BUFFERS),
        (1, _integers(_RANGE, 4, 2, 16)),
        (2, _int(1)),
        (3, _int(size)),
        (4, _int(stride)),
        (6, _integers(_FLAGS, MEMORY_FILE)),
    )


def readable_buffers() -> bytes:
    """What a reader asks for: memory that it can read, however the camera cuts it."""
    return _object(
        *(_BUFFERS_OBJECT, _BUFFERS),
        (1, _integers(_RANGE, 4, 2, 16)),
        (6, _integers(_FLAGS, MEMORY_FILE | MEMORY_POINTER)),
    )


def header() -> bytes:
    """Each buffer carries a header."""
    return _object(_META_OBJECT, _META, (1, _id(_HEADER)), (2, _int(_HEADER_BYTES)))


def parse_format(pod: bytes) -> VideoFormat | None:
    """The format that was agreed on; None where it is no raw video."""
    found = _properties(pod)
    kinds = found.get(_KIND), found.get(_SUBKIND)
    if kinds != (struct.pack("=I", _VIDEO), struct.pack("=I", _RAW)) or not {_PIXELS, _SIZE} <= found.keys():
        return None
    (code,), (width, height) = struct.unpack("=I", found[_PIXELS][:4]), struct.unpack("=II", found[_SIZE][:8])
    over, under = struct.unpack("=II", found.get(_RATE, bytes(8))[:8])
    names = {number: name for name, number in FORMATS.items()}
    return VideoFormat(names.get(code, ""), width, height, over / under if under else 0.0)


def _properties(pod: bytes) -> dict[int, bytes]:
    """An object's values by key; of a choice its first one."""
    size, kind = struct.unpack_from("=II", pod)
    found, at, end = dict[int, bytes](), 16, 8 + size
    if kind != _OBJECT:
        return found
    while at + 16 <= end:
        key, _flags, size, kind = struct.unpack_from("=IIII", pod, at)
        value = pod[at + 16 : at + 16 + size]
        found[key] = value[16:] if kind == _CHOICE else value
        at += 16 + size + -size % 8
    return found


def _pod(kind: int, body: bytes) -> bytes:
    return struct.pack("=II", len(body), kind) + body + bytes(-len(body) % 8)


def _object(kind: int, number: int, *properties: tuple[int, bytes]) -> bytes:
    body = b"".join(struct.pack("=II", key, 0) + value for key, value in properties)
    return _pod(_OBJECT, struct.pack("=II", kind, number) + body)


def _int(value: int) -> bytes:
    return _pod(_INT, struct.pack("=i", value))


def _id(value: int) -> bytes:
    return _pod(_ID, struct.pack("=I", value))


def _pair(kind: int, one: int, other: int) -> bytes:
    return _pod(kind, struct.pack("=II", one, other))


def _choice(how: int, kind: int, *values: bytes) -> bytes:
    return _pod(_CHOICE, struct.pack("=IIII", how, 0, len(values[0]), kind) + b"".join(values))


def _integers(how: int, *values: int) -> bytes:
    return _choice(how, _INT, *(struct.pack("=i", each) for each in values))


def _pairs(kind: int, *values: tuple[int, int]) -> bytes:
    return _choice(_RANGE, kind, *(struct.pack("=II", *each) for each in values))
