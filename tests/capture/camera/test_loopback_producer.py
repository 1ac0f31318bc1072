"""The program that feeds a virtual camera goes: seen on a plain file in the device's place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livebg.capture.camera import v4l2
from livebg.capture.camera.devices import Camera
from livebg.capture.camera.loopback_producer import lacks_producer, open_producer


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="v4l2loopback is Linux's")
def test_a_writer_that_closes_is_seen_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "video7"
    node.touch()
    (tmp_path / "sysfs" / "video7").mkdir(parents=True)
    (tmp_path / "sysfs" / "video7" / "max_openers").touch()
    monkeypatch.setattr(v4l2, "SYSFS", tmp_path / "sysfs")
    fed = tmp_path / "sysfs" / "video7" / "format"
    for text, expected in (("", True), ("YUYV:640x360@30\n", False)):
        fed.write_text(text)
        assert lacks_producer(str(node)) is expected
    before = node.open("r+b")
    with open_producer(Camera(7, "Loopback", str(node))) as watched:
        assert not watched.has_gone()
        with node.open("rb"):
            pass
        assert not watched.has_gone(), "a reader"
        before.close()
        assert watched.has_gone()
        assert not watched.has_gone()


@pytest.mark.parametrize("camera", [Camera(0, "Cam", "/dev/video0"), Camera(0, "Cam")])
def test_a_real_camera_is_its_own_feeder(camera: Camera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "SYSFS", tmp_path)
    assert not lacks_producer(camera.path)
    with open_producer(camera) as watched:
        assert not watched.has_gone()
