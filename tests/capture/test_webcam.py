"""A camera that works, is slow, is busy, sends nothing, or is pulled: with a fake in OpenCV's place."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from livebg.capture import webcam
from livebg.capture.devices import Camera, Mode
from livebg.capture.webcam import WebcamSource, best_format
from livebg.errors import SourceError
from livebg.settings import Settings

CAMERA = Camera(0, "Cam", "/dev/video0")
SETTINGS = Settings(size="64x48")
PICTURE = np.full((48, 64, 3), 50, np.uint8)

pytestmark = pytest.mark.usefixtures("_no_system")


@pytest.fixture
def _no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam.v4l2, "why_not", lambda _: "")
    monkeypatch.setenv("OPENCV_LOG_LEVEL", "ERROR")


def test_frames_arrive_in_order(fake_device) -> None:
    device = fake_device()
    source = WebcamSource(CAMERA, SETTINGS)
    assert (source.info.name, source.info.width, source.info.height) == ("Cam (/dev/video0)", 64, 48)
    assert source.info.fps == 30
    assert source.info.is_live
    frames = [source.read(1.0) for _ in range(5)]
    source.close()
    assert device.is_released
    sequences = [frame.sequence for frame in frames if frame]
    assert sequences == sorted(set(sequences))
    assert frames[0] is not None
    assert frames[0].media_time_s < 0.2


def test_asks_format_before_size_before_rate(fake_device) -> None:
    device = fake_device()
    WebcamSource(CAMERA, Settings(size="64x48", pixel_format="MJPG", fps=25)).close()
    assert device.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 64),
        (cv2.CAP_PROP_FRAME_HEIGHT, 48),
        (cv2.CAP_PROP_FPS, 25),
    ]


def test_a_difference_is_told_once(fake_device, caplog: pytest.LogCaptureFixture) -> None:
    fake_device(size=(40, 30), pixel_format="YUYV")
    source = WebcamSource(CAMERA, Settings(pixel_format="MJPG"))
    source.read(1.0)
    source.close()
    assert (source.info.width, source.info.height) == (40, 30)
    warnings = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert warnings == ["Cam (/dev/video0): asked 1280x720 MJPG 30, got 40x30 YUYV 30"]


def test_what_was_asked_is_no_warning(fake_device, caplog: pytest.LogCaptureFixture) -> None:
    fake_device()
    with caplog.at_level(logging.INFO):
        WebcamSource(CAMERA, SETTINGS).close()
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.INFO, "Cam (/dev/video0): 64x48 MJPG 30")
    ]


@pytest.mark.parametrize(("reported", "fps"), [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (90000.0, 0.0)])
def test_nonsense_rates_are_unknown(fake_device, reported: float, fps: float) -> None:
    fake_device(fps=reported)
    source = WebcamSource(CAMERA, SETTINGS)
    source.close()
    assert source.info.fps == fps


def test_a_slow_reader_gets_the_newest(fake_device) -> None:
    fake_device()
    source = WebcamSource(CAMERA, SETTINGS)
    source.read(1.0)
    time.sleep(0.3)  # the fake's camera goes on meanwhile
    frame = source.read(1.0)
    source.close()
    assert frame is not None
    assert frame.sequence > 10
    assert source.dropped >= frame.sequence - 2


def test_single_failed_reads_are_survived(fake_device) -> None:
    fake_device(answers=[None, None, PICTURE, None, PICTURE, None, PICTURE])
    source = WebcamSource(CAMERA, SETTINGS)
    seen = []
    while len(seen) < 3:
        frame = source.read(1.0)
        assert frame is not None
        seen.append(frame.sequence)
    source.close()


def test_a_pulled_camera_is_told_without_spinning(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam, "LOST_AFTER_S", 0.4)
    device = fake_device(answers=[PICTURE, PICTURE, None])
    source = WebcamSource(CAMERA, SETTINGS)
    begun_s = time.monotonic()
    with pytest.raises(SourceError, match=r"Cam \(/dev/video0\) was lost: no picture for 0.4 s; it was unplugged"):
        read_until_failure(source)
    assert time.monotonic() - begun_s < 1.5
    assert device.reads < 40, "a bare loop would have asked a hundred thousand times"
    source.close()
    assert device.is_released


def read_until_failure(source: WebcamSource) -> None:
    while True:
        source.read(0.1)


def test_nothing_comes_for_a_moment(fake_device) -> None:
    fake_device(answers=[PICTURE, None])
    source = WebcamSource(CAMERA, SETTINGS)
    assert source.read(1.0) is not None
    assert source.read(0.1) is None
    source.close()


def test_a_driver_that_raises_is_told(fake_device) -> None:
    fake_device(answers=[PICTURE, cv2.error("driver")])
    source = WebcamSource(CAMERA, SETTINGS)
    with pytest.raises(cv2.error, match="driver"):
        read_until_failure(source)
    source.close()


def test_a_change_of_size_is_refused(fake_device) -> None:
    fake_device(answers=[PICTURE, np.zeros((96, 128, 3), np.uint8)])
    source = WebcamSource(CAMERA, SETTINGS)
    with pytest.raises(SourceError, match="something else than a 64x48 picture"):
        read_until_failure(source)
    source.close()


def test_busy(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam.v4l2, "why_not", lambda _: "another program is using it; close that program")
    device = fake_device(is_open=False)
    with pytest.raises(SourceError, match=r"^Cam \(/dev/video0\) cannot be opened: another program is using it"):
        WebcamSource(CAMERA, SETTINGS)
    assert device.is_released


def test_no_picture_ever_comes(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcam, "FIRST_PICTURE_S", 0.2)
    device = fake_device(answers=[None])
    with pytest.raises(SourceError, match=r"was opened, but no picture came within 0\.2 s: another program may"):
        WebcamSource(CAMERA, SETTINGS)
    assert device.is_released


def test_empty_pictures(fake_device) -> None:
    device = fake_device(answers=[np.zeros((0, 0, 3), np.uint8)])
    with pytest.raises(SourceError, match="delivers empty pictures"):
        WebcamSource(CAMERA, SETTINGS)
    assert device.is_released


def test_a_blocked_read_ends_soon(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", raising=False)
    fake_device()
    WebcamSource(CAMERA, SETTINGS).close()
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
    monkeypatch.setattr(webcam.cv2, "VideoCapture", lambda *asked: opened.append(asked) or device)
    for platform, backend in (("win32", cv2.CAP_DSHOW), ("darwin", cv2.CAP_ANY)):
        monkeypatch.setattr(webcam.sys, "platform", platform)
        webcam.open_device(Camera(1, "Cam"))
        assert opened.pop() == (1, backend)
