"""Picture files made for tests, with profile, EXIF, XMP and resolution, and an engine whose alpha is known."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.TiffImagePlugin import IFDRational

from livebg.core.types import Alpha, Frame
from livebg.media.image.colour import plain
from livebg.media.image.types import About
from livebg.media.image.xmp import rewritten

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/">'
    b"<tiff:Orientation>6</tiff:Orientation><dc:title>A title</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"
)
SRGB = plain(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
TAKEN = "2026:11:26 12:00:00"


def scene(height: int = 40, width: int = 60) -> np.ndarray:
    """RGB uint8 (H, W, 3): no two corners alike, smooth, the left half redder."""
    rows, columns = np.mgrid[0:height, 0:width]
    left = columns < width // 2
    return np.dstack([left * 90 + rows * 2, columns * 2 + 20, 200 - rows - columns]).astype(np.uint8)


def wide_profile() -> bytes:
    """sRGB's own with red and green exchanged: numbers mean other colours, and nobody can take them for sRGB's."""
    data = bytearray(SRGB)
    tags = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * data[131], 12)}
    red, green = tags[b"rXYZ"] + 4, tags[b"gXYZ"] + 4
    data[red : red + 8], data[green : green + 8] = data[green : green + 8], data[red : red + 8]
    return plain(bytes(data).replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be")))


def exif(turn: int = 1) -> Pillow.Exif:
    tags = Pillow.Exif()
    tags[0x0112], tags[0x010F], tags[0x8298] = turn, "Maker", "(c) somebody"
    tags.get_ifd(0x8769).update({0x9003: TAKEN, 0x829A: IFDRational(1, 100), 0x8827: 400})
    tags.get_ifd(0x8825).update({1: "N", 2: (IFDRational(52), IFDRational(30), IFDRational(15, 10))})
    tags[0x8769] = tags[0x8825] = 0  # Pillow fills them in
    return tags


def about(profile: bytes = SRGB) -> About:
    tags = exif()
    del tags[0x0112]
    return About(profile, tags.tobytes(), rewritten(XMP), (300.0, 300.0))


def file_of(pixels: np.ndarray, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claimed_png(width: int, height: int) -> bytes:
    """A PNG of few bytes that claims to be so large."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(9999))) + chunk(b"IEND", b"")


def told(data: bytes) -> dict[str, Any]:
    """What Pillow finds in EXIF: the tags, and those of the parts."""
    with Pillow.open(io.BytesIO(data)) as picture:
        tags = picture.getexif()
        return {"main": dict(tags), "part": dict(tags.get_ifd(0x8769)), "place": dict(tags.get_ifd(0x8825))}


class LeftHalf:
    """A MattingEngine: the person fills the picture's left half."""

    description = "engine of known answers"

    def matte(self, frame: Frame) -> Alpha:
        values = np.zeros((8, 16), np.float32)
        values[:, :8] = 1
        return Alpha(values, frame.sequence)

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing to give back."""
