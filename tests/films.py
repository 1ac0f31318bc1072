"""Small films for tests: a red figure walks through a room, with a tone; and an engine that knows it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, SourceInfo

WIDTH, HEIGHT, FPS = 160, 96, 25
RED, GREEN = (40, 30, 220), (0, 255, 0)
ROOM = (
    np.random.default_rng(2).integers(70, 110, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
)


def picture(number: int) -> np.ndarray:
    """BGR: the figure is 40 px wide and moves 1 px a frame, there and back."""
    image = ROOM.copy()
    way = WIDTH - 60
    left = 10 + (number % (2 * way) if number % (2 * way) < way else 2 * way - number % (2 * way))
    image[24:, left : left + 40] = RED
    return image


def make_film(
    path: Path, frames: int = 75, key_every: int = 12, codec: str = "libx264", sound: str = "aac", fps: int = FPS
) -> Path:
    """A film of so many frames, and a tone of the same length (sound '': none)."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=fps, options={"g": str(key_every), "keyint_min": str(key_every)})
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        tone = container.add_stream(sound, rate=48000) if sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if tone is not None:
            assert isinstance(tone, av.AudioStream)
            _add_tone(container, tone, frames / fps)
        container.metadata["title"] = "a walk"
    return path


def _add_tone(container: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    samples = (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(48000 * seconds)) / 48000)).astype(np.float32)
    for begin in range(0, len(samples), 1024):
        chunk = samples[begin : begin + 1024]
        frame = av.AudioFrame.from_ndarray(chunk[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, begin, Fraction(1, 48000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


class RedIsForeground:
    """A MattingEngine: red pixels are 1."""

    description = "red is foreground"

    def __init__(self) -> None:
        self.seen = 0

    def matte(self, frame: Frame) -> Alpha:
        self.seen += 1
        image = frame.image.astype(np.int16)
        red = (image[..., 2] > 140) & (image[..., 1] < 90)
        return Alpha(red.astype(np.float32), frame.sequence)

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing is kept open."""


def open_red(settings: Settings, info: SourceInfo) -> RedIsForeground:  # noqa: ARG001 - as matting.open_engine
    return RedIsForeground()


def pictures_of(path: Path, pixels: str = "bgr24") -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format=pixels) for frame in container.decode(video=0)]


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]
