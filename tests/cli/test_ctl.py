"""`livebg ctl` against a server in this process, and where there is none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from steering import STATUS, serving

from livebg.cli import main
from livebg.core.errors import LivebgError, SettingsError
from livebg.core.private_files import make_runtime_folder
from livebg.core.user_folders import runtime_folder
from livebg.pipeline.live.client import Client, running
from livebg.pipeline.live.remote import Remote

RECORDING = {"file": "/videos/me.mp4", "seconds": 0.4, "bytes": 9, "is_paused": False}


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    make_runtime_folder()
    return runtime_folder()


@pytest.fixture
def asked() -> Iterator[list[tuple[str, ...]]]:
    """A livebg that notes what it is asked for."""
    done = list[tuple[str, ...]]()

    def status() -> dict[str, Any]:
        return do("status", ())

    def do(action: str, values: tuple[str, ...]) -> dict[str, Any]:
        if action == "jump":
            raise SettingsError("'jump' is no action")
        done.append((action, *values))
        return asdict(replace(STATUS, recording=RECORDING) if action == "record" else STATUS)

    remote = Remote({"/status": status})
    with serving(remote, do), remote.open():
        yield done


def test_an_action_prints_the_new_state(asked: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "hide"]) == 0
    assert main(["ctl", "background", "my room"]) == 0
    assert main(["ctl", "--short"]) == 0
    assert capsys.readouterr().out == "hidden\n" * 3
    assert asked == [("hide",), ("background", "my room"), ("status",)]


def test_a_recording_says_where_it_is(asked: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "record"]) == 0
    assert capsys.readouterr().out.splitlines() == ["hidden", "recording /videos/me.mp4: 0 s"]
    assert asked == [("record",)]


def test_the_status_in_lines_and_as_json(asked: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl"]) == 0
    assert capsys.readouterr().out.splitlines() == STATUS.lines()
    assert main(["ctl", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(asdict(STATUS)))
    assert len(asked) == 2


@pytest.mark.usefixtures("asked")
def test_what_livebg_refuses_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "jump"]) == 2
    assert capsys.readouterr().err == "livebg: 'jump' is no action\n"


def test_where_none_runs_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "hide"]) == 1
    assert capsys.readouterr().err == "livebg: no livebg runs here; start one: livebg run\n"


def _do(action: str, pid: int | None = None) -> dict[str, Any]:
    with Client(pid) as livebg:
        return livebg.do(action)


def test_what_a_killed_one_left_is_passed_by_and_removed(asked: list[tuple[str, ...]], runtime: Path) -> None:
    left = runtime / "run-999999.json"
    left.write_text(json.dumps({"port": 1, "token": "x"}))  # nothing listens there
    assert sorted(running()) == sorted([os.getpid(), 999999])
    assert _do("hide")["state"] == "hidden"
    assert not left.exists()
    assert asked[-1] == ("hide",)
    with pytest.raises(LivebgError, match="no livebg runs here as process 999999"):
        Client(999999)


@pytest.mark.usefixtures("asked")
def test_of_several_the_user_names_one(runtime: Path) -> None:
    (own,) = running().values()
    (runtime / "run-77.json").write_text(own.read_text())
    with pytest.raises(LivebgError, match=f"livebg runs 2 times here; say which: .*--pid {os.getpid()}"):
        _do("hide")
    assert _do("hide", 77)["state"] == "hidden"


@pytest.mark.parametrize("content", ["", "{}", '{"port": "x", "token": 1}', "[]"])
def test_a_file_of_another_kind_is_an_error_and_no_traceback(runtime: Path, content: str) -> None:
    (runtime / "run-5.json").write_text(content)
    (runtime / "run-x.json").write_text(content)
    with pytest.raises(LivebgError, match="livebg does not answer"):
        _do("hide")


def test_a_background_file_is_named_by_its_whole_path(
    asked: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beach.jpg").touch()
    monkeypatch.chdir(tmp_path)
    for value in ("beach.jpg", "bookshelf"):
        assert main(["ctl", "background", value]) == 0
    assert main(["ctl", "set", "standby", "beach.jpg"]) == 0
    whole = str(tmp_path / "beach.jpg")
    assert asked == [("background", whole), ("background", "bookshelf"), ("set", "standby", whole)]
