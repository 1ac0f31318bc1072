from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import pyvirtualcam
from composites import LEFT, RIGHT, composite, standby

from livebg.core.errors import SinkError
from livebg.core.types import Image
from livebg.sinks.virtual_camera import devices
from livebg.sinks.virtual_camera.sink import PATIENCE_S, VirtualCamera

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the device is played as Linux has it")


class Device:
    """Stands in for the Linux backend: keeps every frame; holds another size if `held` says so."""

    opened: list[tuple[int, int]]
    frames: list[Image]
    held = ""
    fails_with: Exception | None = None
    is_open = False
    path = "/dev/video20"
    tries = 0

    def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str, patience_s: float) -> None:
        assert (fps, device) == (25.0, Device.path)
        assert patience_s == (0.0 if Device.opened else PATIENCE_S), "a call that goes on never waits"
        assert fourcc == int.from_bytes(b"I420", "little")
        Device.tries += 1
        if Device.fails_with is not None:
            raise Device.fails_with
        Device.opened.append((width, height))
        Device.is_open = True
        holds = Device.held or f"YU12:{width}x{height}@30"
        (devices.SYSFS / Path(device).name / "format").write_text(holds)

    def send(self, frame: Image) -> None:
        if Device.fails_with is not None:
            raise Device.fails_with
        width, height = Device.opened[-1]
        Device.frames.append(cv2.cvtColor(frame.reshape(height * 3 // 2, width), cv2.COLOR_YUV2BGR_I420))

    def close(self) -> None:
        Device.is_open = False

    def device(self) -> str:
        return Device.path

    def native_fourcc(self) -> None:
        return None


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Device]:
    (tmp_path / "video20").mkdir()
    for name, text in {"name": "livebg", "format": "", "max_openers": "10"}.items():
        (tmp_path / "video20" / name).write_text(text)
    monkeypatch.setattr(devices, "SYSFS", tmp_path)
    monkeypatch.setattr("livebg.sinks.virtual_camera.v4l2loopback.LoopbackBackend", Device)
    Device.opened, Device.frames, Device.held, Device.fails_with = [], [], "", None
    Device.path, Device.tries = "/dev/video20", 0
    return Device


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What an outage takes for the time."""
    now_s = [100.0]
    monkeypatch.setattr("livebg.sinks.virtual_camera.outage.time", SimpleNamespace(monotonic=lambda: now_s[0]))
    return now_s


def refuse(*_: object) -> None:
    raise RuntimeError("No such device; it has gone")


def assert_colours(picture: Image) -> None:
    assert np.abs(picture[0, 0].astype(int) - LEFT).max() < 6
    assert np.abs(picture[0, -1].astype(int) - RIGHT).max() < 6


def test_sends_what_is_shown_in_the_first_ones_size(device: type[Device]) -> None:
    camera = VirtualCamera("", 25.0)
    assert camera.name == "virtual camera /dev/video20 (livebg)"
    assert device.opened == []
    camera.write(composite())
    camera.write(standby())
    assert device.opened == [(32, 24)]
    assert_colours(device.frames[0])
    assert np.abs(device.frames[1].astype(int) - 77).max() < 3
    camera.close()
    camera.close()
    assert not device.is_open


@pytest.mark.parametrize(("size", "expected"), [((1, 1), (2, 2)), ((23, 31), (24, 32)), ((24, 32), (24, 32))])
def test_odd_sizes_become_even(device: type[Device], size: tuple[int, int], expected: tuple[int, int]) -> None:
    camera = VirtualCamera("20", 25.0)
    for _ in range(2):
        camera.write(composite(height=size[0], width=size[1]))
    assert device.opened == [expected[::-1]]
    assert [each.shape for each in device.frames] == [(*expected, 3)] * 2
    assert np.abs(device.frames[0][0, 0].astype(int) - LEFT).max() < 6
    camera.close()


def test_never_changes_its_size(device: type[Device]) -> None:
    camera = VirtualCamera("", 25.0)
    camera.write(composite())
    camera.write(composite(height=24, width=64))
    camera.write(composite(height=23, width=31))
    assert device.opened == [(32, 24)]
    assert np.abs(device.frames[1][[0, -1]].astype(int)).max() < 20  # black bars
    assert_colours(device.frames[1][12:13])
    assert_colours(device.frames[2])
    camera.close()


def test_a_transparent_composite_lies_over_black(device: type[Device]) -> None:
    camera = VirtualCamera("", 25.0)
    camera.write(composite(is_transparent=True))
    assert device.frames[0][0, -1].max() < 3
    camera.close()


def test_follows_the_size_that_a_reader_holds(device: type[Device], caplog: pytest.LogCaptureFixture) -> None:
    device.held = "YU12:16x12@30"
    camera = VirtualCamera("", 25.0)
    with caplog.at_level(logging.WARNING):
        camera.write(composite())
    assert device.opened == [(32, 24), (16, 12)]
    assert_colours(device.frames[0])
    assert "reads it at 16x12" in caplog.text
    camera.close()


def test_another_format_held_by_a_reader_is_told(device: type[Device]) -> None:
    device.held = "YUYV:32x24@30"
    camera = VirtualCamera("", 25.0)
    with pytest.raises(SinkError, match=r"YUYV:32x24@30.*end that program"):
        camera.write(composite())
    assert not device.is_open
    camera.close()


def test_a_failure_at_the_start_is_one_clear_line(device: type[Device]) -> None:
    camera = VirtualCamera("", 25.0)
    device.fails_with = RuntimeError("Invalid argument; end the other program")
    with pytest.raises(SinkError) as raised:
        camera.write(composite())
    told = "virtual camera /dev/video20 (livebg): cannot be opened: Invalid argument; end the other program"
    assert str(raised.value) == told
    camera.close()


def test_a_device_that_never_takes_a_frame_is_a_failure_too(
    device: type[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "send", refuse)
    camera = VirtualCamera("", 25.0)
    for _ in range(2):
        with pytest.raises(SinkError, match="cannot be written: No such device"):
            camera.write(composite())
    camera.close()
    assert not device.is_open


@pytest.mark.parametrize("comes_back_as", ["video20", "video7"])
def test_a_device_that_fails_while_it_runs_is_waited_for(
    device: type[Device], clock: list[float], caplog: pytest.LogCaptureFixture, comes_back_as: str
) -> None:
    camera = VirtualCamera("", 25.0)
    with caplog.at_level(logging.INFO):
        camera.write(composite())
        device.fails_with = RuntimeError("No such device; it has gone")
        for _ in range(64):
            clock[0] += 1 / 32
            camera.write(composite())
        assert not device.is_open
        assert camera.is_watched, "not known to be unwatched"
        assert device.tries == 1 + 3, "the first opening, then half a second after each failure"
        (devices.SYSFS / "video20").rename(devices.SYSFS / comes_back_as)
        device.fails_with, device.path = None, f"/dev/{comes_back_as}"
        clock[0] += 0.5
        camera.write(composite(height=48, width=64))
    assert_colours(device.frames[-1])
    assert device.opened == [(32, 24)] * 2, "at its old size"
    told = [each.getMessage() for each in caplog.records if each.name != "livebg.sinks.virtual_camera.consumers"]
    assert told == [
        "virtual camera /dev/video20 (livebg): 32x24",
        "virtual camera /dev/video20 (livebg): cannot be written: No such device; it has gone. "
        "Frames are dropped until it takes them again; livebg tries twice a second",
        f"virtual camera /dev/{comes_back_as} (livebg): is back",
    ]
    camera.close()
    assert not device.is_open


def test_is_closed_cleanly_while_its_device_is_away(device: type[Device]) -> None:
    camera = VirtualCamera("", 25.0)
    camera.write(composite())
    device.fails_with = RuntimeError("gone")
    camera.write(composite())
    camera.close()
    camera.close()
    assert not device.is_open


def test_whether_anybody_watches(device: type[Device], monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[Any] = []

    class ConsumerWatch:
        is_watched = False

        def __init__(self, path: str) -> None:
            assert device.is_open, "livebg's own opening is not to be seen"
            watched.append(path)

        def close(self) -> None:
            assert device.is_open
            watched.append("closed")

    monkeypatch.setattr("livebg.sinks.virtual_camera.consumers.ConsumerWatch", ConsumerWatch)
    camera = VirtualCamera("", 25.0)
    assert camera.is_watched
    camera.write(composite())
    assert not camera.is_watched
    device.fails_with = RuntimeError("gone")
    camera.write(composite())
    assert camera.is_watched
    camera.close()
    assert watched == ["/dev/video20", "closed"]


def test_one_that_cannot_be_watched_is_released_and_tried_again(
    device: type[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    class ConsumerWatch:
        def __init__(self, _: str) -> None:
            raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("livebg.sinks.virtual_camera.consumers.ConsumerWatch", ConsumerWatch)
    camera = VirtualCamera("", 25.0)
    with pytest.raises(SinkError, match="cannot be watched"):
        camera.write(composite())
    assert not device.is_open
    camera.close()


def test_no_device_is_told_before_anything_runs(device: type[Device]) -> None:
    with pytest.raises(SinkError, match="none of v4l2loopback's"):
        VirtualCamera("/dev/video0")
    assert device.opened == []


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_elsewhere_pyvirtualcam_decides(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    asked: dict[str, Any] = {}

    def connect(width: int, height: int, fps: float, **rest: Any) -> Any:
        asked.update(rest, size=(width, height), fps=fps)
        raise RuntimeError("'obs' backend: no camera\n'unitycapture' backend: not installed")

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(pyvirtualcam, "Camera", connect)
    with pytest.raises(SinkError) as raised:
        VirtualCamera().write(composite())
    assert asked == {
        "size": (32, 24),
        "fps": 30.0,
        "fmt": pyvirtualcam.PixelFormat.I420,
        "device": None,
        "backend": None,
    }
    assert str(raised.value).startswith(
        "virtual camera: cannot be opened: no camera, not installed; install OBS Studio"
    )
