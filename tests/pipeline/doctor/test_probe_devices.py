"""Who has a video device open, by a small /proc; the real devices: tests/end_to_end/test_virtual_machine_doctor.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("V4L2 is Linux'", allow_module_level=True)

from livebg.capture.camera import v4l2
from livebg.media.pipewire.input import PipeWireNode
from livebg.pipeline.doctor import probe_devices
from livebg.pipeline.doctor.probe_devices import OpenFiles
from livebg.pipeline.doctor.state import Camera
from livebg.pipeline.doctor.state_systems import Process
from livebg.sinks.virtual_camera import devices as virtual_devices

PATH = "/dev/video20"


def _process(proc: Path, pid: int, words: list[str], flags: int, maps: str = "", path: str = PATH) -> None:
    folder = proc / str(pid)
    for each in ("fd", "fdinfo"):
        (folder / each).mkdir(parents=True)
    (folder / "fd" / "7").symlink_to(path)
    (folder / "fdinfo" / "7").write_text(f"pos:\t0\nflags:\t{flags:o}\nmnt_id:\t1\n")
    (folder / "cmdline").write_bytes("\0".join([*words, ""]).encode())
    (folder / "comm").write_text("kernel\n")
    (folder / "maps").write_text(maps)


def test_writers_readers_and_names(tmp_path: Path) -> None:
    _process(tmp_path, 11, ["/usr/bin/python3", "-u", "/home/ada/.venv/bin/livebg", "run"], os.O_WRONLY)
    _process(tmp_path, 12, ["python3", "-m", "livebg", "run"], os.O_WRONLY | os.O_NONBLOCK)
    _process(tmp_path, 13, ["/usr/bin/ffmpeg", "-i", "x"], os.O_RDWR)
    _process(tmp_path, 14, ["/opt/chrome/chrome --type=utility"], os.O_RDWR, maps=f"7f-8f rw-s 0 00:06 9 {PATH}\n")
    _process(tmp_path, 15, ["vi"], os.O_WRONLY, path="/home/ada/notes")
    _process(tmp_path, 16, [], os.O_RDONLY)
    (tmp_path / "self").mkdir()
    (tmp_path / "99").mkdir()  # has just ended
    files = OpenFiles(tmp_path)
    assert files.users(PATH) == (
        Process(11, "livebg", is_writer=True),
        Process(12, "livebg", is_writer=True),
        Process(13, "ffmpeg"),
        Process(14, "chrome", is_streaming=True),
        Process(16, "kernel"),
    )
    assert files.users("/dev/video0") == ()
    assert {"livebg", "ffmpeg", "vi"} <= files.own_programs
    assert files.is_complete


def test_real_cameras_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "SYSFS", tmp_path)
    monkeypatch.setattr(virtual_devices, "SYSFS", tmp_path)
    for number, name, is_loopback in ((97, "Desk Cam", False), (98, "livebg", True)):
        folder = tmp_path / f"video{number}"
        folder.mkdir()
        (folder / "index").write_text("0\n")
        (folder / "name").write_text(f"{name}\n")
        if is_loopback:
            (folder / "max_openers").write_text("10\n")
            (folder / "format").write_text("YU12:640x360@30\n")
            (folder / "state").write_text("capture\n")
    files = OpenFiles(tmp_path)
    alone = PipeWireNode(40, "45", "front", "Front camera", "libcamera")  # as laptops with Intel's IPU6 have
    same = PipeWireNode(41, "46", "desk", "Desk Cam", "v4l2")
    monkeypatch.setattr(probe_devices, "list_nodes", lambda: [alone, same])
    assert probe_devices.cameras(files) == (
        Camera("Desk Cam", "/dev/video97", is_there=False, may_open=False),
        Camera("pipewire:Front camera"),
    )
    (node,) = probe_devices.loopback_nodes(files)
    assert (node.path, node.name, node.format, node.has_writer) == ("/dev/video98", "livebg", "YU12:640x360@30", True)
    assert (node.is_there, node.announces_capture) == (False, None)
