from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livebg.core.errors import SinkError
from livebg.sinks.virtual_camera import devices as virtual_devices
from livebg.sinks.virtual_camera.devices import (
    VirtualDevice,
    choose,
    device_format,
    find_again,
    list_virtual_cameras,
    set_up_hint,
)


@pytest.fixture
def sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real camera; nothing virtual yet."""
    monkeypatch.setattr(virtual_devices, "SYSFS", tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "video0").mkdir()
    (tmp_path / "video0" / "name").write_text("livebg HD Webcam\n")
    return tmp_path


def add_loopback(sysfs: Path, number: int, label: str, holds: str = "") -> VirtualDevice:
    folder = sysfs / f"video{number}"
    folder.mkdir()
    for name, text in {"name": label, "format": holds, "max_openers": "10"}.items():
        (folder / name).write_text(text + "\n")
    return VirtualDevice(f"/dev/video{number}", label)


def test_lists_loopbacks_by_number_and_no_real_camera(sysfs: Path) -> None:
    devices = [add_loopback(sysfs, 20, "second"), add_loopback(sysfs, 9, "first")]
    (sysfs / "v4l-subdev0").mkdir()
    assert list_virtual_cameras() == devices[::-1]
    assert str(devices[0]) == "/dev/video20 (second)"


def test_prefers_livebgs_then_one_that_is_free(sysfs: Path) -> None:
    other = add_loopback(sysfs, 2, "OBS")
    assert choose("") == other
    busy = add_loopback(sysfs, 10, "livebg test webcam", "YUYV:1280x720@30")
    assert choose("") == busy
    free = add_loopback(sysfs, 20, "LiveBG")
    assert choose("") == free


@pytest.mark.parametrize("wanted", ["/dev/video20", "20", "second", "SEC"])
def test_finds_the_one_named(sysfs: Path, wanted: str) -> None:
    add_loopback(sysfs, 2, "livebg")
    second = add_loopback(sysfs, 20, "second")
    assert choose(wanted) == second


@pytest.mark.parametrize("wanted", ["/dev/video0", "0", "HD Webcam", "/dev/nothing"])
def test_never_takes_a_real_camera(sysfs: Path, wanted: str) -> None:
    add_loopback(sysfs, 20, "second")
    with pytest.raises(SinkError, match=r"found: /dev/video20 \(second\)"):
        choose(wanted)


def test_finds_one_again_that_was_lost(sysfs: Path) -> None:
    lost = VirtualDevice("/dev/video20", "livebg")
    assert find_again(lost) == lost, "while there is none"
    add_loopback(sysfs, 9, "another")
    assert find_again(lost) == lost
    renamed = add_loopback(sysfs, 20, "renamed")
    assert find_again(lost) == renamed
    renumbered = add_loopback(sysfs, 21, "livebg")
    assert find_again(lost) == renumbered, "the label tells more than the number"
    (sysfs / "video20" / "name").write_text("livebg")
    assert find_again(lost) == lost


def test_none_at_all_says_how_to_get_one(sysfs: Path) -> None:
    assert list_virtual_cameras() == []
    with pytest.raises(SinkError, match=r"sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=livebg"):
        choose("")
    (sysfs / "video0" / "name").unlink()
    with pytest.raises(SinkError, match="apt install v4l2loopback-dkms"):
        choose("/dev/video0")


def test_tells_what_a_device_holds(sysfs: Path) -> None:
    add_loopback(sysfs, 20, "x", "YU12:640x360@30")
    assert device_format("/dev/video20") == "YU12:640x360@30"
    assert device_format("/dev/video21") == ""


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_have_obs(monkeypatch: pytest.MonkeyPatch, system: str, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(virtual_devices, "SYSFS", tmp_path / "none")
    assert choose("") is None
    assert choose("Unity Video Capture") == VirtualDevice("Unity Video Capture", "Unity Video Capture")
    assert list_virtual_cameras() == []
    assert "OBS" in set_up_hint()
