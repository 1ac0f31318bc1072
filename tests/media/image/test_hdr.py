"""Still pictures of PQ and HLG: reference white at 228, grey in order, in every file that can hold them."""

from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from livebg.capture.playback import load_picture
from livebg.core.errors import BackgroundError
from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.media.image.hdr import in_sdr
from livebg.media.image.photo import read_photo
from livebg.media.image.read import PictureFile
from livebg.media.tone_map import HLG, PQ, to_sdr
from livebg.scene.backgrounds import open_background

WHITE = {PQ: 0.5807, HLG: 0.75}


def ramp(transfer: int) -> np.ndarray:
    """RGB uint16 (300, 64, 3): above, reference white; below, grey from 0 to 1."""
    codes = np.empty((300, 64, 3))
    codes[:150] = WHITE[transfer]
    codes[150:] = np.linspace(0, 1, 64)[None, :, None]
    return np.round(codes * 65535).astype(np.uint16)


def png(deep: np.ndarray, transfer: int, is_deep: bool = True) -> bytes:
    data = cv2.imencode(".png", deep[..., ::-1] if is_deep else (deep[..., ::-1] / 257).astype(np.uint8))[1].tobytes()
    told = b"cICP" + bytes((9, transfer, 0, 1))
    return data[:33] + struct.pack(">I", 4) + told + struct.pack(">I", zlib.crc32(told)) + data[33:]


def heic(deep: np.ndarray, transfer: int) -> bytes:
    heif = pytest.importorskip("pillow_heif")
    stream, size = io.BytesIO(), deep.shape[1::-1]
    made = heif.from_bytes("RGB;16", size, deep.tobytes())
    made.save(
        stream, quality=-1, color_primaries=9, transfer_characteristics=transfer, matrix_coefficients=9, chroma=444
    )
    return stream.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("kind", ["png", "png of 8 bits", "heic"])
def test_white_is_white_and_grey_in_order(tmp_path: Path, kind: str, transfer: int) -> None:
    data = heic(ramp(transfer), transfer) if kind == "heic" else png(ramp(transfer), transfer, kind == "png")
    path = tmp_path / "a"
    path.write_bytes(data)
    photo = read_photo(path)
    background = PictureFile(path, "background", BackgroundError).load()
    source = load_picture(path) if kind != "heic" else background
    assert any("tone-mapped to SDR" in each for each in photo.notes)
    assert photo.about.profile == b""
    for image in (photo.own, photo.image, background, source):
        assert image is not None
        assert image.dtype == np.uint8
        slack = 2 if kind == "png" else 4
        assert np.abs(image[:140].astype(int) - 228).max() <= slack, "230 on a film's screen"
        below = image[160].astype(int)
        assert np.ptp(below, axis=1).max() <= slack
        assert (np.diff(below[:, 1]) >= -1).all()
        light = to_sdr(ramp(transfer)[160] / 65535, transfer) ** 2.4
        expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        assert np.abs(below[:, ::-1] - expected).max() <= 3 * slack


def test_a_note_is_written_for_a_background(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(ramp(PQ), PQ))
    with caplog.at_level("INFO"):
        PictureFile(path, "background", BackgroundError).load()
    assert "background a.png: HDR (PQ, BT.2020) tone-mapped to SDR (BT.709)" in caplog.text


def test_10_bits_show_no_steps(shared: Path) -> None:
    path = shared / "field" / "hdr-pq-photo.avif"
    if not path.exists():
        pytest.skip("not among the test material")
    with Pillow.open(path) as picture:
        fine = in_sdr(picture, path.read_bytes(), PQ)
        coarse = in_sdr(picture, b"", PQ)
    assert np.diff(np.unique(fine[..., 1])).max() == 1 < np.diff(np.unique(coarse[..., 1])).max()
    assert np.abs(fine.astype(int) - coarse).mean() < 3


def test_moving_backgrounds_too(tmp_path: Path) -> None:
    path, flat = tmp_path / "a.avif", np.full((64, 64, 3), round(255 * WHITE[PQ]), np.uint8)
    frames = [Pillow.fromarray(flat) for _ in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], quality=100)
    data = path.read_bytes()
    assert b"colrnclx" in data
    path.write_bytes(re.sub(b"colrnclx....", b"colrnclx\0\x09\0\x10", data, flags=re.DOTALL))
    background = open_background(Settings(background=str(path), pace="every-frame"))
    for at_s in (0.0, 0.15):
        shown = background.picture(Frame(np.zeros((64, 64, 3), np.uint8), 0, 0.0, at_s), np.zeros((64, 64), np.float32))
        assert np.abs(shown.astype(int) - 228).max() <= 6
    background.close()
