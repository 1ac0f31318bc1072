"""A picture of the room, hidden wherever a photo's file has a place for it, is in no file that is made of it."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import photos
import pytest
from hostile.smuggled import DISGUISES, PICTURE, found_in
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from livebg.media.image.formats import FORMS
from livebg.media.image.photo import in_eight_bits, read_photo
from livebg.media.image.write import encoded

FORMATS = (".png", ".jpg", ".webp", ".tif", ".avif")
NAMES = "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:own='urn:own'"


def _text(hidden: bytes) -> str:
    return hidden.decode("latin-1")


def segment(mark: int, data: bytes) -> bytes:
    return bytes([0xFF, mark]) + struct.pack(">H", len(data) + 2) + data


def jpeg(extra: bytes = b"", **options: object) -> bytes:
    data = photos.file_of(photos.scene(), "JPEG", **options)
    return data[:2] + extra + data[2:]


def xmp(hidden: bytes) -> bytes:
    text = _text(hidden).translate(dict.fromkeys((*range(32), *range(127, 160), *map(ord, "<>&'")), "."))
    told = f"dc:title='{text}' xmp:Label='{text}' xmp:Rating='{text[:30]}' own:preview='{text}'"
    pieces = "".join(f"<rdf:li>{text[at : at + 30]}</rdf:li>" for at in range(0, len(text), 30))
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description {NAMES} {told}><dc:subject><rdf:Bag>{pieces}</rdf:Bag></dc:subject>"
        f"<dc:description>{text}</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def exif(hidden: bytes) -> bytes:
    hidden = hidden[:1500]  # a JPEG's segment has room for no more in all tags together
    tags = photos.exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298, 0x0132, 0x9C9B, 0x9C9C, 0xC4A5, 0x4746, 0xC000):
        tags[tag] = hidden if tag >= 0x9C9B else _text(hidden)
    part, place = tags.get_ifd(0x8769), tags.get_ifd(0x8825)
    part |= dict.fromkeys((0x927C, 0x9286, 0xEA1D, 0x9000, 0xA300, 0xA301, 0xA302, 0xA40B, 0xA420), hidden)
    part |= {0x9003: _text(hidden), 0x9291: _text(hidden), 0xA433: _text(hidden), 0xA500: hidden}
    part[0xA432] = tuple(hidden[:400])
    place |= {0: hidden, 1: _text(hidden), 5: hidden, 18: _text(hidden), 27: hidden, 28: hidden, 29: _text(hidden)}
    return tags.tobytes()


def profile(hidden: bytes) -> bytes:
    own = photos.wide_profile() + hidden
    return struct.pack(">I", len(own)) + own[4:]


def png(hidden: bytes) -> bytes:
    info = PngInfo()
    info.add_text("Comment", _text(hidden))
    info.add_text("Raw profile type exif", _text(hidden), zip=True)
    info.add_itxt("XML:com.adobe.xmp", xmp(hidden).decode())
    for kind in (b"prVW", b"caBX", b"eXIf"):
        info.add(kind, hidden)
    return photos.file_of(photos.scene(), "PNG", pnginfo=info, icc_profile=profile(hidden), exif=exif(hidden))


def tiff(hidden: bytes) -> bytes:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2()
    for tag, kind in ((270, 2), (305, 2), (700, 1), (33723, 7), (34377, 7), (37724, 7), (65000, 7), (42112, 2)):
        tags.tagtype[tag] = kind
        tags[tag] = _text(hidden) if kind == 2 else hidden
    stream, pages = io.BytesIO(), [Pillow.fromarray(photos.scene()), Pillow.open(io.BytesIO(PICTURE))]
    pages[0].save(stream, "TIFF", tiffinfo=tags, save_all=True, append_images=pages[1:], icc_profile=profile(hidden))
    return stream.getvalue()


def webp(hidden: bytes) -> bytes:
    data = photos.file_of(photos.scene(), "WEBP", exif=exif(hidden), xmp=xmp(hidden), icc_profile=profile(hidden))
    body = data[8:] + b"PRVW" + struct.pack("<I", len(hidden)) + hidden + bytes(len(hidden) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(data: bytes, hidden: bytes) -> bytes:
    return data + struct.pack(">I4s", 8 + 16 + len(hidden), b"uuid") + bytes(16) + hidden


def avif(hidden: bytes) -> bytes:
    options = {"exif": exif(hidden), "xmp": xmp(hidden), "icc_profile": profile(hidden)}
    return box(photos.file_of(photos.scene(), "AVIF", **options), hidden)


def heic(hidden: bytes) -> bytes:
    heif = pytest.importorskip("pillow_heif")
    made = heif.from_pillow(Pillow.fromarray(photos.scene()))
    stream = io.BytesIO()
    made.save(stream, exif=exif(hidden), xmp=xmp(hidden))
    return box(stream.getvalue(), hidden)


PLACES: dict[str, Callable[[bytes], bytes]] = {
    "JPEG XMP": lambda hidden: jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(hidden))),
    "JPEG more XMP": lambda hidden: jpeg(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + hidden)),
    "JPEG EXIF": lambda hidden: jpeg(exif=exif(hidden)),
    "JPEG profile": lambda hidden: jpeg(icc_profile=profile(hidden)),
    "JPEG Photoshop": lambda hidden: jpeg(
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x0c\0\0" + struct.pack(">I", len(hidden)) + hidden)
    ),
    "JPEG JUMBF": lambda hidden: jpeg(segment(0xEB, b"JP\0\1\0\0\0\1" + hidden)),
    "JPEG MPF": lambda hidden: jpeg(segment(0xE2, b"MPF\0" + hidden)),
    "JPEG JFXX": lambda hidden: jpeg(segment(0xE0, b"JFXX\0\x10" + hidden)),
    "JPEG comment": lambda hidden: jpeg(segment(0xFE, hidden)),
    "JPEG trailer": lambda hidden: jpeg() + hidden,
    "PNG": png,
    "PNG trailer": lambda hidden: photos.file_of(photos.scene(), "PNG") + hidden,
    "TIFF": tiff,
    "WebP": webp,
    "AVIF": avif,
    "HEIC": heic,
}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_nothing_of_it_is_in_any_file(place: str, disguise: str) -> None:
    hidden = DISGUISES[disguise]
    data = PLACES[place](hidden)
    photo = read_photo(Path("a photo"), data)
    samples = in_eight_bits(photo.own)
    for ending in FORMATS:
        for content in (samples, np.dstack([samples, np.full(samples.shape[:2], 200, np.uint8)]), samples[..., 0]):
            if content.ndim == 3 and content.shape[2] == 4 and not FORMS[ending].has_alpha:
                continue
            made = encoded(np.ascontiguousarray(content), photo.about, FORMS[ending], 90, False)
            assert found_in(made) == [], ending
            assert len(photo.about.exif) < 2500
            assert len(photo.about.xmp) < 2500
            assert len(photo.about.profile) < 1000


def test_what_is_looked_for_would_be_found() -> None:
    for name, hidden in DISGUISES.items():
        assert name in found_in(b"before" + hidden + b"behind")
        info = PngInfo()
        info.add_text("Comment", hidden.decode("latin-1"), zip=True)
        assert name in found_in(photos.file_of(photos.scene(), "PNG", pnginfo=info))
