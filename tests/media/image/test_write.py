"""What is encoded is decoded again, by others: Pillow, OpenCV and FFmpeg."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import photos
import pytest
from PIL import Image as Pillow

from livebg.core.errors import SinkError
from livebg.media.image.formats import FORMS
from livebg.media.image.types import About
from livebg.media.image.write import encoded

COLOURS = np.ascontiguousarray(photos.scene()[..., ::-1])  # BGR
ALPHA = np.tile(np.linspace(0, 255, 60).astype(np.uint8), (40, 1))
CUT_OUT = np.dstack([COLOURS, ALPHA])


@pytest.mark.parametrize("ending", [".png", ".webp", ".tif", ".avif", ".jpg"])
@pytest.mark.parametrize("samples", [COLOURS, CUT_OUT, ALPHA], ids=["colours", "alpha", "gray"])
def test_the_picture_comes_back(ending: str, samples: np.ndarray) -> None:
    form = FORMS[ending]
    if samples.ndim == 3 and samples.shape[2] == 4 and not form.has_alpha:
        pytest.skip("no alpha in it")
    with Pillow.open(io.BytesIO(encoded(samples, photos.about(), form, 95, False))) as picture:
        picture.load()
        assert ("A" in picture.mode) == (samples.shape[-1] == 4)
        back = np.asarray(picture.convert("RGBA"))
        assert picture.info.get("icc_profile") == (None if samples.ndim == 2 else photos.SRGB)
    bgr = samples if samples.ndim == 3 else cv2.merge([samples] * 3)
    slack = 0 if form.is_deep else 40
    visible = back[..., 3] > 0
    assert np.abs(back[..., 2::-1].astype(int) - bgr[..., :3])[visible].max() <= slack
    if samples.shape[-1] == 4:
        assert np.abs(back[..., 3].astype(int) - ALPHA).max() <= (0 if ending != ".avif" else 4)


@pytest.mark.parametrize("ending", [".png", ".webp", ".tif", ".avif", ".jpg"])
def test_what_is_told_comes_back(ending: str) -> None:
    data = encoded(COLOURS, photos.about(), FORMS[ending], 90, False)
    found = photos.told(data)
    assert (found["main"][0x010F], found["main"][0x8298]) == ("Maker", "(c) somebody")
    assert found["main"].get(0x0112, 1) == 1
    assert found["part"][0x9003] == photos.TAKEN
    assert float(found["part"][0x829A]) == pytest.approx(0.01)
    assert found["place"][1] == "N"
    assert b"xmpmeta" in data
    if ending not in (".webp", ".avif"):
        with Pillow.open(io.BytesIO(data)) as picture:
            assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_by_opencv_and_ffmpeg(tmp_path: Path, ending: str, channels: int) -> None:
    samples = np.random.default_rng(1).integers(0, 65536, (300, 50, channels), np.uint16)
    samples = samples[..., 0] if channels == 1 else samples
    data = encoded(samples, photos.about(), FORMS[ending], 90, False)
    assert (cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) == samples).all()
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg")
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    kind = {1: "gray16le", 3: "rgb48le", 4: "rgba64le"}[channels]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", kind, "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    back = np.frombuffer(raw, "<u2").reshape(samples.shape)
    job = {1: ..., 3: (..., [2, 1, 0]), 4: (..., [2, 1, 0, 3])}[channels]
    assert (back[job] == samples).all()


@pytest.mark.parametrize(("is_premultiplied", "kind"), [(True, 1), (False, 2)])
def test_a_tiff_says_which_alpha_it_holds(is_premultiplied: bool, kind: int) -> None:
    data = encoded(CUT_OUT, About(), FORMS[".tif"], 90, is_premultiplied)
    with Pillow.open(io.BytesIO(data)) as picture:
        assert picture.tag_v2[338] == (kind,)  # type: ignore[attr-defined]  # a TIFF has them


def test_quality_is_size() -> None:
    for ending in (".jpg", ".webp", ".avif"):
        low, high = (len(encoded(COLOURS, About(), FORMS[ending], each, False)) for each in (10, 95))
        assert low < high


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(SinkError, match=r"20000x2 px cannot be encoded as WEBP.*\.png"):
        encoded(np.zeros((2, 20000, 3), np.uint8), About(), FORMS[".webp"], 90, False)


def test_a_jpeg_whose_exif_is_too_long_is_made_without() -> None:
    about = About(exif=b"Exif\0\0" + bytes(70_000), xmp=bytes(70_000))
    assert len(encoded(COLOURS, about, FORMS[".jpg"], 90, False)) < 20_000
