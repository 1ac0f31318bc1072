"""A camera that works, is slow, is busy, sends nothing, or is pulled: with a fake in OpenCV's place."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from patience import HANGS_S, SLACK, frames_until, until

from livebg.capture import live_source
from livebg.capture.camera import open as opening
from livebg.capture.camera import source as webcam
from livebg.capture.camera.devices import Camera
from livebg.capture.camera.source import open_webcam
from livebg.core.errors import SourceError
from livebg.core.settings import Settings
from livebg.core.types import EndOfSource, Frame
from tests.capture.conftest import FakeDevice

CAMERA = Camera(0, "Cam", "/dev/video0")
NOWHERE = Camera(0, "Cam")  # as on Windows and macOS
SETTINGS = Settings(size="64x48")
PICTURE = np.full((48, 64, 3), 50, np.uint8)

pytestmark = pytest.mark.usefixtures("no_system")


def test_frames_arrive_in_order(fake_device) -> None:
    device = fake_device()
    source = open_webcam(CAMERA, SETTINGS)
    assert (source.info.name, source.info.width, source.info.height) == ("Cam (/dev/video0)", 64, 48)
    assert source.info.fps == 30
    assert source.info.is_live
    frames = [source.read(1.0) for _ in range(5)]
    source.close()
    assert device.is_released
    sequences = [frame.sequence for frame in frames if frame]
    assert sequences == sorted(set(sequences))
    assert frames[0] is not None
    assert frames[0].media_time_s < 0.2 * SLACK


@pytest.mark.parametrize(("reported", "fps"), [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (90000.0, 0.0)])
def test_nonsense_rates_are_unknown(fake_device, reported: float, fps: float) -> None:
    fake_device(fps=reported)
    source = open_webcam(CAMERA, SETTINGS)
    source.close()
    assert source.info.fps == fps


def test_a_slow_reader_gets_the_newest(fake_device) -> None:
    fake_device()
    source = open_webcam(CAMERA, SETTINGS)
    source.read(HANGS_S)
    until(lambda: source.dropped >= 10, "ten pictures that nobody took")
    frame = source.read(HANGS_S)
    source.close()
    assert frame is not None
    assert frame.sequence > 10
    assert source.dropped >= frame.sequence - 2


def test_single_failed_reads_are_survived(fake_device) -> None:
    fake_device(answers=[None, None, PICTURE, None, PICTURE, None, PICTURE])
    source = open_webcam(CAMERA, SETTINGS)
    seen = []
    while len(seen) < 3:
        frame = source.read(1.0)
        assert frame is not None
        seen.append(frame.sequence)
    source.close()


def test_nothing_comes_for_a_moment(fake_device) -> None:
    fake_device(answers=[PICTURE, None])
    source = open_webcam(CAMERA, SETTINGS)
    assert source.read(1.0) is not None
    assert source.read(0.1) is None
    source.close()


class World:
    """Cameras that come and go: what OpenCV opens, one device after the other, and what the system lists."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *devices: FakeDevice | None) -> None:
        self.waiting, self.opened = list(devices), list[FakeDevice]()
        self.cameras, self.looks = [CAMERA], 0
        monkeypatch.setattr(live_source, "POLL_S", 0.05)
        monkeypatch.setattr(webcam.Webcam, "patience_s", 0.2)
        monkeypatch.setattr(opening, "FIRST_PICTURE_S", 0.2)
        monkeypatch.setattr(webcam, "list_cameras", self._look)
        monkeypatch.setattr(webcam.cv2, "VideoCapture", self._open)

    def _look(self) -> list[Camera]:
        self.looks += 1
        return self.cameras

    def _open(self, *asked: object) -> FakeDevice:
        device = self.waiting.pop(0) if len(self.waiting) > 1 else self.waiting[0]
        device = FakeDevice(is_open=False) if device is None else device
        self.asked = asked
        self.opened.append(device)
        return device


def _shade(level: int) -> Callable[[Frame], bool]:
    return lambda frame: bool((frame.image == level).all())


def _grey(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


LOST = {
    "pulled": None,
    "driver raises": cv2.error("driver"),
    "garbage": np.zeros((48, 64), np.float32),
    "empty": np.zeros((0, 0, 3), np.uint8),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", LOST)
def test_a_lost_camera_is_told_once_and_comes_back(
    fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = FakeDevice(answers=[_grey(1), _grey(2), LOST[fault]]), FakeDevice(answers=[_grey(9)])
    World(monkeypatch, first, None, None, second)
    source = open_webcam(NOWHERE, SETTINGS)
    frames = frames_until(source, _shade(9))
    source.close()
    assert first.is_released
    assert first.reads < 60, "a bare loop would have asked a hundred thousand times"
    assert [each.sequence for each in frames] == sorted({each.sequence for each in frames})
    assert [each.captured_at_s for each in frames] == sorted(each.captured_at_s for each in frames)
    assert [each.media_time_s for each in frames] == sorted(each.media_time_s for each in frames)
    said = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert [("lost" in each, "back" in each) for each in said if "asked" not in each] == [(True, False), (False, True)]


@pytest.mark.slow
def test_found_by_name_where_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, back = FakeDevice(answers=[_grey(1), None]), FakeDevice(answers=[_grey(9)])
    world = World(monkeypatch, lost, back)
    world.cameras = []
    source = open_webcam(NOWHERE, SETTINGS)
    until(lambda: world.looks >= 4, "looks for it")
    assert len(world.opened) == 1, "nothing of another name is opened"
    world.cameras = [Camera(3, "Other"), Camera(7, "Cam")]
    frames_until(source, _shade(9))
    source.close()
    assert world.asked[0] == 7


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_of_two_with_the_name_the_one_at_the_old_place(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.sys, "platform", platform)
    world = World(monkeypatch, FakeDevice(answers=[_grey(1), None]), FakeDevice(answers=[_grey(9)]))
    world.cameras = [Camera(4, "Cam"), Camera(0, "Cam")]
    source = open_webcam(NOWHERE, SETTINGS)
    frames_until(source, _shade(9))
    source.close()
    assert world.asked[0] == 0


@pytest.mark.slow
def test_back_with_another_size_it_is_fitted_to_the_first(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    World(monkeypatch, FakeDevice(answers=[_grey(1), None]), FakeDevice(answers=[_grey(9, 128, 128)]))
    source = open_webcam(NOWHERE, SETTINGS)
    frames = frames_until(source, _shade(9))
    assert frames[-1].image.shape == (48, 64, 3)
    frames_until(source, lambda frame: frame.sequence > frames[-1].sequence + 3)
    source.close()
    assert caplog.text.count("sends 128x128 now; fitted to 64x48") == 1


@pytest.mark.slow
def test_a_frozen_picture_is_opened_anew_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live_source, "FROZEN_S", 0.3)
    world = World(monkeypatch, *(FakeDevice(answers=[_grey(level).copy() for _ in range(500)]) for level in (1, 9)))
    source = open_webcam(NOWHERE, SETTINGS)
    frames_until(source, _shade(9))
    goes_on_s = time.monotonic() + 3 * live_source.FROZEN_S
    frames_until(source, lambda frame: frame.captured_at_s > goes_on_s)  # a still on purpose
    source.close()
    assert len(world.opened) == 2
    assert caplog.text.count("the very same picture") == 1


@pytest.mark.slow
def test_a_slow_camera_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeDevice(pause_s=0.15))
    monkeypatch.setattr(webcam.Webcam, "patience_s", 0.05)
    source = open_webcam(NOWHERE, SETTINGS)
    frames_until(source, lambda frame: frame.sequence >= 5)
    source.close()
    assert len(world.opened) == 1


def test_while_it_rests_the_camera_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = FakeDevice(answers=[_grey(1)]), FakeDevice(answers=[_grey(9)])
    World(monkeypatch, first, second)
    source = open_webcam(NOWHERE, SETTINGS)
    assert source.info.can_rest
    frames_until(source, _shade(1))
    source.rest(True)
    until(lambda: first.is_released, "the camera is off")
    while source.read(0.0) is not None:
        pass  # what was there already
    assert source.read(0.2) is None
    source.rest(False)
    frames_until(source, _shade(9))
    source.close()
    assert second.is_released


@pytest.mark.parametrize("cause", [FileNotFoundError(2, "No such file"), OSError(24, "Too many open files")])
def test_one_whose_producer_cannot_be_watched_is_released(
    cause: OSError, fake_device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Camera) -> None:
        raise cause

    monkeypatch.setattr(webcam, "open_producer", refuse)
    monkeypatch.setattr(webcam, "list_cameras", lambda: [NOWHERE])
    device = fake_device()
    with pytest.raises(SourceError, match=f"cannot be watched: {cause.strerror}"):
        open_webcam(NOWHERE, SETTINGS)
    assert device.is_released
    again = fake_device()
    assert webcam.Webcam(NOWHERE, SETTINGS).find(lambda: False) is None, "livebg looks for it again"
    assert again.is_released


def test_closed_while_it_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, FakeDevice(answers=[_grey(1), None]), None)
    source = open_webcam(NOWHERE, SETTINGS)
    until(lambda: len(world.opened) >= 2, "looks for it")
    source.close()
    while source._slot._is_full:
        source.read(0.0)
    with pytest.raises(EndOfSource):
        source.read(0.1)
