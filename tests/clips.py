"""Small clips written on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

MakeClip = Callable[..., Path]


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    """make(name, shades, width, height, fps, codec, times_ms): one flat grey frame per shade."""

    def make(
        name: str = "clip.mp4",
        shades: Sequence[int] = (40, 90, 140, 190),
        width: int = 64,
        height: int = 48,
        fps: int = 20,
        codec: str = "libx264",
        times_ms: Sequence[int] | None = None,
    ) -> Path:
        import av  # after OpenCV, whose window never opens otherwise

        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=fps)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p" if codec == "mjpeg" else "yuv420p"
            if times_ms is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
            for number, shade in enumerate(shades):
                picture = np.full((height, width, 3), shade, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                if times_ms is not None:
                    frame.pts, frame.time_base = times_ms[number], Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make
