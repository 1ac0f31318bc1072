from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from dialogues import Answers, Ready, Runner, progress
from recorded_systems import DEBIAN, FEDORA, MACOS, system

from livebg.core.errors import SinkError, SourceError
from livebg.core.settings_file import load_file
from livebg.pipeline.doctor.state import User
from livebg.pipeline.setup import read_back
from livebg.pipeline.setup import steps as steps_module
from livebg.pipeline.setup.read_back import Seen
from livebg.pipeline.setup.steps import can_be_root, set_up, what_to_choose

RIGHT, WRONG = Seen("/dev/video20", 6, 2.0, True), Seen("/dev/video20", 6, 90.0, True)
TWO = {"cameras": [{"name": "Integrated", "path": "/dev/video0"}, {"name": "Brio 4K", "path": "/dev/video2"}]}


@pytest.fixture(autouse=True)
def camera(monkeypatch: pytest.MonkeyPatch) -> list[Seen]:
    """What comes back from the virtual camera; a test may change it."""
    seen = [RIGHT]
    monkeypatch.setattr(steps_module, "running", dict)
    monkeypatch.setattr(read_back, "cameras_written", lambda _: ["/dev/video20"])
    monkeypatch.setattr(read_back, "read_back", lambda settings, _: seen if settings.to == ("virtual-camera",) else [])
    return seen


def test_the_whole_way_with_answers(tmp_path: Path) -> None:
    runner, answers = Runner(system(DEBIAN, TWO)), Answers(False, "Brio", "bookshelf", False, False)
    lines = list(set_up(progress(tmp_path, answers, runner), runner.look()))
    assert answers.are_all_used()
    assert [each for each in lines if each[0].isdigit()][-1] == "7/7 service"
    assert "  /dev/video20: 6 pictures read back, as they were sent" in lines
    assert load_file(tmp_path / "settings.toml") == {"camera": "Brio 4K", "background": "bookshelf"}
    assert "done. Start it: livebg run. Then choose the camera in your call application:" in lines


def test_yes_asks_nothing_and_writes_nothing_unchosen(tmp_path: Path) -> None:
    runner, answers = Runner(system(DEBIAN)), Ready()
    list(set_up(progress(tmp_path, answers, runner), runner.look()))
    assert answers.asked == []
    assert not (tmp_path / "settings.toml").exists()


def test_a_wrong_picture_is_an_error(tmp_path: Path, camera: list[Seen]) -> None:
    camera[:] = [WRONG]
    runner, lines = Runner(system(DEBIAN)), list[str]()
    steps = set_up(progress(tmp_path, Ready(), runner), runner.look())
    with pytest.raises(SinkError, match=r"^not done: test; what to do stands above"):
        lines.extend(steps)


def test_what_fails_lets_the_rest_go_on(tmp_path: Path) -> None:
    runner, lines = Runner(system(DEBIAN, {"cameras": []})), list[str]()
    steps = set_up(progress(tmp_path, Ready(), runner), runner.look())
    with pytest.raises(SourceError, match=r"^not done: camera; what to do"):
        lines.extend(steps)
    assert any(each.startswith("  not done: no camera") for each in lines)
    assert "  /dev/video20: 6 pictures read back, as they were sent" in lines


def test_without_a_virtual_camera_there_is_nothing_to_test(tmp_path: Path) -> None:
    gone = {"linux.loopback.is_loaded": False, "linux.pipewire.is_running": False}
    runner, lines = Runner(system(DEBIAN, gone)), list[str]()
    steps = set_up(progress(tmp_path, Ready(), runner, may_be_root=False), runner.look())
    with pytest.raises(SinkError, match=r"^not done: virtual camera; "):
        lines.extend(steps)
    assert "  left out: there is no virtual camera" in lines


def test_a_livebg_that_runs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, camera: list[Seen]) -> None:
    camera[:] = [WRONG]
    own, gone = os.getpid(), 4_194_305
    monkeypatch.setattr(steps_module, "running", lambda: dict.fromkeys((gone, own), tmp_path))
    runner = Runner(system(DEBIAN))
    lines = list(set_up(progress(tmp_path, Ready(), runner), runner.look()))
    assert any(each.startswith(f"  left out: livebg runs already (process {own})") for each in lines)


def test_each_application_is_named() -> None:
    programs = [{"name": "Zoom"}, {"name": "Discord", "packaging": "snap", "package": "d", "sees_devices": False}]
    lines = list(what_to_choose(system(DEBIAN, {"linux.programs": programs})))[1:]
    assert lines == [
        "  Zoom: livebg",
        "  Discord (snap): sees no camera from its sandbox; livebg doctor says what to do",
    ]
    without = {"linux.programs": [{"name": "Zoom"}, {"name": "Chrome"}], "linux.loopback.nodes": []}
    zoom, chrome = list(what_to_choose(system(DEBIAN, without)))[1:]
    assert zoom == "  Zoom: sees no PipeWire camera; it needs v4l2loopback: livebg setup"
    assert "chrome://flags/#enable-webrtc-pipewire-camera" in chrome
    assert list(what_to_choose(system(MACOS)))[1:] == ["  every application: OBS Virtual Camera"]
    assert list(what_to_choose(system(FEDORA, {"linux.programs": []})))[1:] == ["  every application: livebg"]


@pytest.mark.skipif(sys.platform == "win32", reason="sudo is a script here")
@pytest.mark.parametrize("code", [0, 1])
def test_without_anybody_sudo_must_want_no_password(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text(f'#!/bin/sh\n[ "$*" = "-n true" ] && exit {code}\nexit 9\n')
    sudo.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert can_be_root(User(has_sudo=True), is_asking=False) == (code == 0)
    assert can_be_root(User(has_sudo=True), is_asking=True)
    assert can_be_root(User(is_root=True), is_asking=False)
    assert not can_be_root(User(), is_asking=True)
