"""A camera for OpenCV and microphones that are not there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest
from sound import FakeSounds


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
        monkeypatch.setattr("livebg.capture.camera.open.cv2.VideoCapture", device)
        return device

    return fake


@pytest.fixture
def no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks the system why a camera does not open."""
    monkeypatch.setattr("livebg.capture.camera.open.v4l2.why_not", lambda _: "")
    monkeypatch.setenv("OPENCV_LOG_LEVEL", "ERROR")


@pytest.fixture
def sounds(monkeypatch: pytest.MonkeyPatch) -> FakeSounds:
    """These stand in for the module sounddevice."""
    world = FakeSounds()
    monkeypatch.setitem(sys.modules, "sounddevice", world)  # type: ignore[arg-type]
    return world
