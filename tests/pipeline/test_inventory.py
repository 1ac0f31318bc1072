"""What this machine has, as lines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sound import FakeSounds

from livebg.capture.camera import devices
from livebg.capture.camera.devices import Camera, Mode
from livebg.core.settings import Settings
from livebg.pipeline import inventory
from livebg.sinks.virtual_camera import devices as virtual_devices
from livebg.sinks.virtual_camera import every
from livebg.sinks.virtual_camera.devices import VirtualDevice


def test_cameras_with_sizes_and_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    modes = (Mode("YUYV", 640, 480, 30.0), Mode("MJPG", 1280, 720, 30.0), Mode("YUYV", 1280, 720, 10.0))
    monkeypatch.setattr(devices, "list_cameras", lambda: [Camera(2, "Desk Cam", "/dev/video2", modes)])
    monkeypatch.setattr(virtual_devices, "list_virtual_cameras", lambda: [])
    lines = inventory.devices()
    assert lines[:4] == [
        "cameras:",
        "  2  Desk Cam (/dev/video2)",
        "       1280x720  MJPG 30 fps, YUYV 10 fps",
        "       640x480  YUYV 30 fps",
    ]
    assert "modprobe v4l2loopback" in lines[-1]


def test_virtual_cameras_are_not_listed_as_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    loopback = Camera(20, "livebg", "/dev/video20", (Mode("YU12", 1280, 720, 30.0),), is_virtual=True)
    elsewhere = Camera(1, "OBS Virtual Camera", is_virtual=True)
    monkeypatch.setattr(devices, "list_cameras", lambda: [Camera(0, "Desk Cam", "/dev/video0"), elsewhere, loopback])
    outputs = [VirtualDevice("/dev/video20", "livebg"), VirtualDevice("/dev/video21", "spare")]
    monkeypatch.setattr(virtual_devices, "list_virtual_cameras", lambda: outputs)
    lines = inventory.devices()
    assert lines[:3] == ["cameras:", "  0  Desk Cam (/dev/video0)", "microphones:"]
    assert lines[lines.index("virtual cameras:") + 1 :] == [
        "  /dev/video20 (livebg), a program writes to it: --camera 20 reads it",
        "  /dev/video21 (spare)",
        "  OBS Virtual Camera (camera 1), a program writes to it: --camera 1 reads it",
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PipeWire is Linux'")
def test_pipewires_cameras_and_livebgs_own_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from livebg.capture.camera import pipewire
    from livebg.media.pipewire.input import PipeWireNode

    monkeypatch.setattr(devices, "list_cameras", list)
    monkeypatch.setattr(virtual_devices, "list_virtual_cameras", lambda: [VirtualDevice("/dev/video20", "livebg")])
    nodes = [PipeWireNode(1, "1", "libcamera.0", "Front", "libcamera"), PipeWireNode(2, "2", "usb", "USB", "v4l2")]
    monkeypatch.setattr(pipewire, "list_nodes", lambda: nodes)
    monkeypatch.setattr(every, "why_no_pipewire", lambda: "")
    lines = inventory.devices()
    assert lines[:3] == ["cameras:", "  pipewire:Front", "microphones:"]
    own = "  livebg (PipeWire): --to virtual-camera:pipewire"
    assert lines[-3:] == ["virtual cameras:", own, "  /dev/video20 (livebg)"]


@pytest.mark.parametrize("has_library", [True, False])
def test_microphones_or_why_they_cannot_be_listed(monkeypatch: pytest.MonkeyPatch, has_library: bool) -> None:
    monkeypatch.setattr(devices, "list_cameras", list)
    monkeypatch.setattr(virtual_devices, "list_virtual_cameras", lambda: [VirtualDevice("livebg", "/dev/video20")])
    monkeypatch.setitem(sys.modules, "sounddevice", FakeSounds() if has_library else None)  # type: ignore[arg-type]
    lines = inventory.devices()
    begin = lines.index("microphones:") + 1
    if has_library:
        assert lines[begin] == "  1  Desk Mic, 1 channel, 44100 Hz, default"
        assert lines[begin + 1] == "  2  Webcam Pro: Audio, 2 channels, 44100 Hz"
    else:
        assert lines[begin].startswith("  cannot be listed: a microphone needs the package sounddevice")
    assert lines[-2:] == ["virtual cameras:", "  livebg (/dev/video20)"]


def test_every_background_is_listed_and_a_broken_one_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG broken")
    lines = inventory.backgrounds(Settings(background_folder=str(tmp_path)))
    assert any(line.startswith("studio-warm") and "1920x1080" in line for line in lines)
    assert any(line.startswith("broken") and "unreadable" in line for line in lines)
    assert len(lines) >= 1 + 12 + 1 + 1


def test_models_say_licence_size_and_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lines = inventory.models(Settings())
    assert lines[0].split() == ["ENGINE", "SIZE", "FROM", "LICENCE", "CACHED"]
    assert any("selfie (landscape)" in line and "Apache-2.0" in line and ".tflite" in line for line in lines)
    assert any(line.startswith("rmbg") and "non-commercial" in line for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is another folder")
def test_the_users_settings_file_is_where_the_system_keeps_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert inventory.settings_file() == tmp_path / "livebg" / "settings.toml"
    assert not inventory.settings_file().exists()


def test_a_table_is_as_wide_as_its_words() -> None:
    assert inventory.table(("A", "LONG"), [("wide", "x"), ("y", "")]) == ["A     LONG", "wide  x", "y"]
