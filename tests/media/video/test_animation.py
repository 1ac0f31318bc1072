from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from livebg.media.video import animation as webp
from livebg.media.video.animation import WebpAnimation


def still(value: int, alpha: int) -> bytes:
    pixels = np.full((7, 9, 4), value, np.uint8)
    pixels[..., 3] = alpha
    stream = io.BytesIO()
    PIL.Image.fromarray(pixels, "RGBA").save(stream, "WEBP", lossless=True, exact=True)
    return stream.getvalue()


def test_pillow_sees_every_picture_and_its_time(tmp_path: Path) -> None:
    shown = [(10, 255), (11, 0), (12, 128), (12, 128)]
    with open(tmp_path / "a.webp", "wb") as stream:
        animation = WebpAnimation(stream, 9, 7, has_alpha=True)
        for index, (value, alpha) in enumerate(shown):
            animation.add(still(value, alpha), 40 + index)
        animation.close()
    with PIL.Image.open(tmp_path / "a.webp") as picture:
        assert (picture.size, picture.n_frames, picture.info["loop"]) == ((9, 7), 4, 0)
        for index, (value, alpha) in enumerate(shown):
            picture.seek(index)
            pixel = picture.convert("RGBA").getpixel((4, 3))
            assert picture.info["duration"] == 40 + index
            assert pixel[3] == alpha  # nothing shines through from the picture before
            assert alpha == 0 or pixel[0] == value


def test_what_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webp, "_LARGEST_BYTES", 100)
    animation = WebpAnimation(io.BytesIO(), 9, 7, has_alpha=False)
    animation.add(still(1, 255), 40)
    with pytest.raises(OSError, match="4 GiB at most"):
        animation.add(still(1, 255), 40)
