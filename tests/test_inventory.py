"""What this machine has, as lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg import inventory
from livebg.capture import devices
from livebg.capture.devices import Camera, Mode
from livebg.settings import Settings
from livebg.sinks import virtual_devices


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
    assert any("selfie (landscape)" in line and "Apache-2.0" in line and "not fetched" in line for line in lines)
    assert any(line.startswith("rmbg") and "non-commercial" in line for line in lines)
