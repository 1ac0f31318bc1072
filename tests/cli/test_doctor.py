"""`livebg doctor` on recorded systems: lines, JSON, questions, exit codes."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
from recorded_systems import DEBIAN, MACOS, system

from livebg.cli import doctor, main
from livebg.cli.parser import Parser
from livebg.pipeline.doctor import mending, probe

UNLOADED = {"linux.loopback.is_loaded": False}


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the system that is seen."""
    return lambda name, changes=None: monkeypatch.setattr(probe, "probe", lambda: system(name, changes))


def test_all_is_well(on: Any, capsys: pytest.CaptureFixture[str]) -> None:
    on(MACOS)
    assert main(["doctor"]) == 0
    out, error = capsys.readouterr()
    assert {each.split()[0] for each in out.splitlines() if each[0] != " "} == {"ok"}
    assert error == ""


def test_worst_first_with_the_mend_and_the_exit_code(on: Any, capsys: pytest.CaptureFixture[str]) -> None:
    on(DEBIAN, UNLOADED | {"disks.0.free_bytes": 500_000_000})
    assert main(["doctor"]) == 9
    out, error = capsys.readouterr()
    assert out.splitlines()[:3] == [
        "error    virtual camera: v4l2loopback is installed, but not loaded",
        "         do: sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=livebg",
        "warning  disk for recordings, models, caches: only 0.5 GB free in /home/ada",
    ]
    assert error == "livebg: 1 error and 1 warning; livebg doctor --fix offers to mend 1 of them\n"
    on(DEBIAN, {"disks.0.free_bytes": 500_000_000})
    assert main(["doctor"]) == 8


def test_json_alone_on_stdout(on: Any, capsys: pytest.CaptureFixture[str]) -> None:
    on(DEBIAN, UNLOADED)
    assert main(["doctor", "--json"]) == 9
    told = json.loads(capsys.readouterr().out)
    assert {frozenset(each) for each in told} == {frozenset(("name", "state", "found", "mend", "note", "can_fix"))}
    assert told[0]["mend"].startswith("sudo modprobe v4l2loopback")


@pytest.mark.parametrize(
    ("options", "said", "runs"),
    [(["--fix"], "y\n", 1), (["--fix"], "no\n", 0), (["--fix"], "", 0), (["--fix", "--yes"], "", 1)],
)
def test_fix_asks_unless_yes_is_given(
    options: list[str],
    said: str,
    runs: int,
    on: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(mending, "run_mend", lambda wanted, _: str(ran.append(wanted) or ""))
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    on(DEBIAN, UNLOADED)
    assert main(["doctor", *options]) == 9
    assert len(ran) == runs
    shown = capsys.readouterr().out
    assert "virtual camera: v4l2loopback is installed, but not loaded\n" in shown
    assert ("[y/N]" in shown) == ("--yes" not in options)


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--yes"], "--yes answers the questions of --fix"), (["--fix", "--json"], "give one of the two")],
)
def test_options_that_clash(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *options]) == 2
    assert words in capsys.readouterr().err


def test_its_options() -> None:
    parser = Parser(prog="livebg doctor")
    doctor.add_options(parser)
    assert parser.parse_args(["--fix", "--yes"]).yes
