"""Opening a camera: what is asked of it and what is told, with a fake in OpenCV's place."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from livebg.capture.camera import open as opening
from livebg.capture.camera.devices import Camera, Mode
from livebg.capture.camera.open import best_format, open_camera
from livebg.capture.camera.source import open_webcam
from livebg.core.errors import SourceError
from livebg.core.settings import Settings

CAMERA = Camera(0, "Cam", "/dev/video0")
SETTINGS = Settings(size="64x48")

pytestmark = pytest.mark.usefixtures("no_system")


def _open(settings: Settings) -> None:
    """As a run does, which also reports what was got."""
    open_webcam(CAMERA, settings).close()


def test_asks_format_before_size_before_rate(fake_device) -> None:
    device = fake_device()
    _open(Settings(size="64x48", pixel_format="MJPG", fps=25))
    assert device.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 64),
        (cv2.CAP_PROP_FRAME_HEIGHT, 48),
        (cv2.CAP_PROP_FPS, 25),
    ]


def test_a_difference_is_told_once(fake_device, caplog: pytest.LogCaptureFixture) -> None:
    fake_device(size=(40, 30), pixel_format="YUYV")
    _open(Settings(pixel_format="MJPG"))
    warnings = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert warnings == ["Cam (/dev/video0): asked for 1280x720 MJPG 30, got 40x30 YUYV 30"]


def test_what_was_asked_is_no_warning(fake_device, caplog: pytest.LogCaptureFixture) -> None:
    fake_device()
    with caplog.at_level(logging.INFO):
        _open(SETTINGS)
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.INFO, "Cam (/dev/video0): 64x48 MJPG 30")
    ]


def test_busy(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.v4l2, "why_not", lambda _: "another program is using it; close that program")
    device = fake_device(is_open=False)
    with pytest.raises(SourceError, match=r"^Cam \(/dev/video0\) cannot be opened: another program is using it"):
        open_camera(CAMERA, SETTINGS)
    assert device.is_released


def test_no_picture_ever_comes(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "FIRST_PICTURE_S", 0.2)
    device = fake_device(answers=[None])
    with pytest.raises(
        SourceError,
        match=r"was opened, but no picture came within 0\.2 s: the system does not say why; perhaps another",
    ):
        open_camera(CAMERA, SETTINGS)
    assert device.is_released


def test_empty_pictures(fake_device) -> None:
    device = fake_device(answers=[np.zeros((0, 0, 3), np.uint8)])
    with pytest.raises(SourceError, match="delivers empty pictures"):
        open_camera(CAMERA, SETTINGS)
    assert device.is_released


def test_a_blocked_read_ends_soon(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", raising=False)
    fake_device()
    _open(SETTINGS)
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == "1"


def modes(*told: str) -> tuple[Mode, ...]:
    split = (each.split() for each in told)
    return tuple(Mode(name, *map(int, size.split("x")), float(fps)) for name, size, fps in split)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "chosen"),
    [
        ((), ""),
        (("H264 1280x720 60",), ""),
        (("YUYV 1280x720 10", "MJPG 1280x720 30"), "MJPG"),
        (("MJPG 1280x720 30", "YUYV 1280x720 30"), "YUYV"),
        (("MJPG 1280x720 60", "NV12 1280x720 30"), "NV12"),
        (("YUYV 640x480 30", "MJPG 1280x720 30"), "MJPG"),
        (("YUYV 640x480 30", "MJPG 640x480 30"), "YUYV"),
    ],
)
def test_best_format(known: tuple[str, ...], chosen: str) -> None:
    assert best_format(Camera(0, "Cam", modes=modes(*known)), 1280, 720, 30) == chosen


def test_opens_by_index_where_there_are_no_paths(monkeypatch: pytest.MonkeyPatch, fake_device: Callable) -> None:
    device = fake_device()
    opened = []
    monkeypatch.setattr(opening.cv2, "VideoCapture", lambda *asked: opened.append(asked) or device)
    for platform, backend in (("win32", cv2.CAP_DSHOW), ("darwin", cv2.CAP_ANY)):
        monkeypatch.setattr(opening.sys, "platform", platform)
        opening.open_device(Camera(1, "Cam"))
        assert opened.pop() == (1, backend)
