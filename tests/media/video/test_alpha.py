"""What is transparent in a moving background is the neutral tone of a still one, in every codec that has alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from written_films import ffmpeg

from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.media.image.read import NEUTRAL
from livebg.media.video.convert import on_neutral
from livebg.scene.backgrounds import open_background

ALPHA = "format=rgba,geq=r=255:g=0:b=0:a='if(lt(X,80),255,if(lt(X,120),128,0))'"
CODECS = [
    ("a.webm", "libvpx-vp9", "yuva420p"),
    ("a.webm", "libvpx", "yuva420p"),
    ("a.mkv", "libvpx-vp9", "yuva420p"),
    ("a.mov", "prores_ks", "yuva444p10le"),
    ("a.mov", "qtrle", "argb"),
    ("a.mov", "png", "rgba"),
    ("a.mkv", "ffv1", "yuva420p"),
    ("a.mkv", "ffv1", "gbrap"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "codec", "pixels"), CODECS)
def test_transparent_is_neutral(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "color=red:s=160x96:r=10:d=1", "-vf", ALPHA, "-c:v", codec, "-pix_fmt", pixels,
           *(("-auto-alt-ref", "0", "-lag-in-frames", "0") if "vpx" in codec else ()), path)  # fmt: skip
    background = open_background(Settings(background=str(path), pace="every-frame"))
    for at_s in (0.0, 0.5, 0.95, 1.25, 0.3):
        shown = background.picture(
            Frame(np.zeros((96, 160, 3), np.uint8), 0, 0.0, at_s), np.zeros((96, 160), np.float32)
        )
        assert np.abs(shown[40, 140].astype(int) - NEUTRAL[::-1]).max() <= 2
        assert np.abs(shown[40, 30].astype(int) - (0, 0, 255)).max() <= 6
        assert np.abs(shown[40, 100].astype(int) - (24, 25, 153)).max() <= 8, "half of each"
    background.close()


def test_an_opaque_frame_stays_as_it_is() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (8, 8, 4), np.uint8)
    pixels[..., 3] = 255
    assert (on_neutral(pixels[..., :3], pixels[..., 3]) == pixels[..., :3]).all()


@pytest.mark.parametrize("name", ["alpha-background.webm", "alpha-background.mov"])
def test_backgrounds_of_the_field(shared: Path, name: str) -> None:
    path = shared / "field" / name
    if not path.exists():
        pytest.skip("not among the test material")
    background = open_background(Settings(background=str(path), pace="every-frame"))
    shown = background.standby(180, 320)
    half = shown[:, 170:] if name.endswith("webm") else shown[:, :150]
    assert np.abs(half.astype(int) - NEUTRAL[::-1]).max() <= 2
    background.close()
