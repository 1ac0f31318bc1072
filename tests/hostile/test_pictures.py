"""Picture files of every kind and damage, as source, background, plate and entry: pixels, or one line that says why."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hostile.damage import AT_REST, DAMAGES, Damage
from hostile.uses import as_background, as_source, used
from hypothesis import given
from hypothesis import strategies as st
from photos import claimed_png
from PIL import Image as Pillow

from livebg.core.errors import BackgroundError, SourceError

NOISE = np.random.default_rng(1).integers(0, 255, (30, 40, 3), np.uint8)


def encoded(kind: str, mode: str = "RGB", pictures: int = 1, **options: object) -> bytes:
    made = [Pillow.fromarray(np.roll(NOISE, 4 * each, 1)) for each in range(pictures)]
    if mode != "RGB":
        made = [each.convert("L" if mode in ("I;16", "I", "F", "LA", "PA") else "RGB").convert(mode) for each in made]
    more = {"save_all": True, "append_images": made[1:]} if pictures > 1 else {}
    stream = io.BytesIO()
    made[0].save(stream, kind, **more, **options)
    return stream.getvalue()


def turned(side: int) -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = side
    return encoded("JPEG", exif=exif)


WHOLE = {
    **{f"{kind} still": encoded(kind) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "AVIF", "BMP", "PPM")},
    **{f"{kind} moving": encoded(kind, pictures=3) for kind in ("PNG", "WEBP", "GIF", "AVIF")},
    **{
        f"TIFF {mode}": encoded("TIFF", mode)
        for mode in ("1", "L", "LA", "P", "I;16", "I", "F", "CMYK", "YCbCr", "LAB")
    },
    **{f"PNG {mode}": encoded("PNG", mode) for mode in ("1", "LA", "P", "I;16", "RGBA")},
    "JPEG CMYK": encoded("JPEG", "CMYK"),
    "JPEG 2000": encoded("JPEG2000"),
    "MPO": encoded("MPO", pictures=2),
    "TIFF of pages": encoded("TIFF", pictures=2),
    **{f"turned {side}": turned(side) for side in (3, 6, 8, 9, 65535)},
}


OF_UNKNOWN_WHITE = ("TIFF I", "TIFF F")  # 32 bits, and floats of 0 to 255


def jpeg(width: int, height: int) -> bytes:
    whole = WHOLE["JPEG still"]
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def tiff(width: int, height: int) -> bytes:
    whole = bytearray(WHOLE["TIFF still"])
    table = struct.unpack("<I", whole[4:8])[0]
    for number in range(struct.unpack("<H", whole[table : table + 2])[0]):
        at = table + 2 + 12 * number
        if (tag := struct.unpack("<H", whole[at : at + 2])[0]) in (256, 257):
            whole[at + 2 : at + 12] = struct.pack("<HII", 4, 1, width if tag == 256 else height)
    return bytes(whole)


def webp(width: int, height: int) -> bytes:
    head = (
        b"VP8X" + struct.pack("<IB3x", 10, 2) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    )
    body = b"WEBP" + head + b"ANIM" + struct.pack("<I6x", 6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(width: int, height: int, pictures: int = 3) -> bytes:
    one = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6) + one * pictures + b"\x3b"


BOMBS = {
    "PNG": claimed_png(30_000, 30_000),
    "JPEG": jpeg(30_000, 30_000),
    "TIFF": tiff(30_000, 30_000),
    "WebP": webp(16_384, 16_384),
    "GIF": gif(30_000, 30_000),
    "PPM": b"P6 30000 30000 255\n" + bytes(100),
    "BMP": b"BM" + bytes(12) + struct.pack("<IiiHHIIiiII", 40, 30_000, 30_000, 1, 24, 0, 0, 0, 0, 0, 0),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, kind: str, within) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(BOMBS[kind])
    used(path)  # whatever is loaded once
    with within(50, 3.0):
        source, background, plate, _ = used(path)
    assert [word for word in (source, background, plate) if "too large" not in word] == []


def test_a_moving_picture_that_takes_seconds_each_is_refused(tmp_path: Path, within) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(gif(9_000, 9_000))
    with within(400, 10.0):
        for use, failure in ((as_source, SourceError), (as_background, BackgroundError)):
            with pytest.raises(failure, match="too large"):
                use(path)


@pytest.mark.parametrize("content", [gif(16, 16, pictures=0), claimed_png(0, 0), b"\0", b"\x89PNG\r\n\x1a\n", b"BM"])
def test_no_picture_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(content)
    source, background, plate, _ = used(path)
    assert source
    assert background
    assert plate


@pytest.mark.slow
@pytest.mark.parametrize("what", WHOLE)
@pytest.mark.parametrize("suffix", ["jpg", "mp4"])
def test_every_kind_is_read_by_its_content_not_its_name(tmp_path: Path, what: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(WHOLE[what])
    source, background, plate, _ = used(path)
    if what in OF_UNKNOWN_WHITE:
        assert all("save it with 8 or 16 bits" in word for word in (source, background, plate))
        return
    assert (background, plate) == ("", "")
    assert source == "" or what == "AVIF moving", "FFmpeg may have no decoder of these"


@pytest.mark.slow
@AT_REST
@given(
    what=st.sampled_from(sorted(WHOLE)),
    suffix=st.sampled_from(["png", "jpg", "gif", "mp4"]),
    damage=DAMAGES,
)
def test_cut_anywhere_and_flipped(tmp_path: Path, what: str, suffix: str, damage: Damage) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(damage.to(WHOLE[what], head=200))
    used(path)
