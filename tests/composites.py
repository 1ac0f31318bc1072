"""Composites made for tests, and what a recording holds, read back by FFmpeg."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from livebg.core.types import Composite, Frame, Image

LEFT = (40, 90, 200)  # BGR of the composites' left half, where alpha is 1
RIGHT = (150, 60, 30)  # and of the right half, where alpha is 0
ROOM = (7, 250, 3)  # BGR of the camera's frame, which no output but the window may hold


def composite(
    time_s: float = 0.0, *, height: int = 24, width: int = 32, sequence: int = 0, is_transparent: bool = False
) -> Composite:
    """The person fills the left half."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = (0, 0, 0) if is_transparent else RIGHT
    image[:, : (width + 1) // 2] = LEFT
    alpha = np.zeros((height, width), np.float32)
    alpha[:, : (width + 1) // 2] = 1
    return Composite(image, room(time_s, height, width, sequence), alpha, is_transparent)


def noise(time_s: float, seed: int, *, height: int = 64, width: int = 96) -> Composite:
    """A composite that compresses badly."""
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (height, width, 3), np.uint8)
    return Composite(image, room(time_s, height, width, seed), generator.random((height, width), np.float32))


def standby(
    frame: Frame | None = None, *, height: int = 24, width: int = 32, is_transparent: bool = False
) -> Composite:
    """A card, for a frame without a valid matte or (frame None) between frames."""
    return Composite(np.full((height, width, 3), 77, np.uint8), frame, None, is_transparent)


def room(time_s: float, height: int = 24, width: int = 32, sequence: int = 0) -> Frame:
    image = np.empty((height, width, 3), np.uint8)
    image[:] = ROOM
    return Frame(image, sequence, 0.0, time_s)


@dataclass(frozen=True, slots=True)
class Recording:
    """times_s: one per frame; pictures: BGRA uint8 (H, W, 4), or (H, W) for gray."""

    codec: str
    pixel_format: str
    times_s: list[float]
    pictures: list[Image]
    colour_space: int
    colour_range: int
    fps: float


def read_recording(path: Path) -> Recording:
    """Decode the whole file; fails on anything broken in it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        if context.name == "vp9":  # FFmpeg's own decoder leaves the alpha out
            context = av.CodecContext.create("libvpx-vp9", "r")
        frames = [frame for packet in container.demux(stream) for frame in context.decode(packet)]
        is_gray = stream.codec_context.pix_fmt == "gray"
        return Recording(
            codec=stream.codec_context.name,
            pixel_format=frames[0].format.name,
            times_s=[float(frame.pts * stream.time_base) for frame in frames],
            pictures=[frame.to_ndarray(format="gray" if is_gray else "bgra") for frame in frames],
            colour_space=frames[0].colorspace,
            colour_range=frames[0].color_range,
            fps=float(stream.average_rate),
        )
