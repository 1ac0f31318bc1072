from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import pyvirtualcam
from composites import LEFT, RIGHT, composite, standby

from livebg.errors import SinkError
from livebg.sinks import virtual_devices
from livebg.sinks.virtual_camera import VirtualCamera
from livebg.stages import Image

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the device is played as Linux has it")


class Device:
    """Stands in for the Linux backend: keeps every frame; holds another size if `held` says so."""

    opened: list[tuple[int, int]]
    frames: list[Image]
    held = ""
    fails_with: Exception | None = None
    is_open = False

    def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str) -> None:
        assert (fps, device) == (25.0, "/dev/video20")
        assert fourcc == int.from_bytes(b"I420", "little")
        if Device.fails_with is not None:
            raise Device.fails_with
        Device.opened.append((width, height))
        Device.is_open = True
        holds = Device.held or f"YU12:{width}x{height}@30"
        (virtual_devices.SYSFS / "video20" / "format").write_text(holds)

    def send(self, frame: Image) -> None:
        if Device.fails_with is not None:
            raise Device.fails_with
        width, height = Device.opened[-1]
        Device.frames.append(cv2.cvtColor(frame.reshape(height * 3 // 2, width), cv2.COLOR_YUV2BGR_I420))

    def close(self) -> None:
        Device.is_open = False

    def device(self) -> str:
        return "/dev/video20"

    def native_fourcc(self) -> None:
        return None


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Device]:
    (tmp_path / "video20").mkdir()
    for name, text in {"name": "livebg", "format": "", "max_openers": "10"}.items():
        (tmp_path / "video20" / name).write_text(text)
    monkeypatch.setattr(virtual_devices, "SYSFS", tmp_path)
    monkeypatch.setattr("livebg.sinks.loopback.LoopbackBackend", Device)
    Device.opened, Device.frames, Device.held, Device.fails_with = [], [], "", None
    return Device


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


@pytest.mark.parametrize("when", ["open", "write"])
def test_failures_become_one_clear_line(device: type[Device], when: str) -> None:
    camera = VirtualCamera("", 25.0)
    if when == "write":
        camera.write(composite())
    device.fails_with = RuntimeError("Invalid argument; end the other program")
    what = {"open": "opened", "write": "written"}[when]
    with pytest.raises(SinkError) as raised:
        camera.write(composite())
    told = f"virtual camera /dev/video20 (livebg): cannot be {what}: Invalid argument; end the other program"
    assert str(raised.value) == told
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
