"""A camera for OpenCV that is not there, and small clips written on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
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


@dataclass
class FakeDevice:
    """Stands for cv2.VideoCapture: what it was asked, and what it answers.

    answers: what read() gives, in turn; the last one for ever. An array, None (no picture) or an exception.
    """

    size: tuple[int, int] = (64, 48)
    fps: float = 30.0
    pixel_format: str = "MJPG"
    is_open: bool = True
    answers: list[Any] = field(default_factory=list)
    is_released: bool = False
    asked: list[tuple[int, float]] = field(default_factory=list)
    reads: int = 0
    pause_s: float = 0.005

    def __post_init__(self) -> None:
        import threading

        self._pause = threading.Event()
        if not self.answers:
            self.answers = [np.full((self.size[1], self.size[0], 3), 50, np.uint8)]

    def __call__(self, *_: Any) -> FakeDevice:
        return self

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.is_open

    def set(self, key: int, value: float) -> bool:
        self.asked.append((key, value))
        return True

    def get(self, key: int) -> float:
        return {
            cv2.CAP_PROP_FPS: self.fps,
            cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*self.pixel_format)),
        }.get(key, 0.0)

    def read(self) -> tuple[bool, Any]:
        assert not self.is_released, "read after release crashes the real one"
        self.reads += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            self._pause.wait(self.pause_s)
        return answer is not None, answer

    def release(self) -> None:
        self.is_released = True


@pytest.fixture
def fake_device(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeDevice]:
    """fake(**fields): from now on OpenCV opens this device instead of a camera."""

    def fake(**fields: Any) -> FakeDevice:
        device = FakeDevice(**fields)
        monkeypatch.setattr("livebg.capture.opening.cv2.VideoCapture", device)
        return device

    return fake
