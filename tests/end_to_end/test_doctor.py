"""The doctor as a program, and at a real PipeWire, portal and permission store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from patience import HANGS_S
from pipewire_lab import lab, run_inside

pytestmark = pytest.mark.process
DOCTOR = [sys.executable, "-m", "livebg", "doctor"]


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "60", **more}


def _states(told: str) -> dict[str, str]:
    return {each["name"]: each["state"] for each in json.loads(told)}


def test_a_broken_settings_file_and_no_home_are_findings(tmp_path: Path) -> None:
    (tmp_path / "livebg").mkdir()
    (tmp_path / "livebg" / "settings.toml").write_text("fps = many\n")
    environment = _environment(XDG_CONFIG_HOME=str(tmp_path))
    del environment["HOME"]
    done = subprocess.run([*DOCTOR, "--json"], env=environment, capture_output=True, text=True, timeout=HANGS_S)
    assert _states(done.stdout)["settings file"] == "error"
    assert done.returncode == 9
    assert done.stderr.startswith("livebg: ")
    assert done.stderr.count("\n") == 1


def test_lines_fit_sixty_columns() -> None:
    done = subprocess.run(DOCTOR, env=_environment(), capture_output=True, text=True, timeout=HANGS_S)
    assert done.returncode in (0, 8, 9), done.stderr
    words = [each for each in done.stdout.splitlines() if len(each) > 60]
    assert all("do: " in each or "/" in each for each in words), "only commands and long paths are longer"


@pytest.mark.skipif(sys.platform == "win32", reason="a process there cannot send another one Ctrl-C")
def test_interrupted_at_its_question(tmp_path: Path) -> None:
    program = tmp_path / "asks.py"
    program.write_text(
        "from livebg.pipeline.doctor import probe\n"
        "from livebg.pipeline.doctor.state import SystemState, User\n"
        "from livebg.pipeline.doctor.state_systems import Linux, Loopback\n"
        "loopback = Loopback(is_installed=True, is_built=True)\n"
        "probe.probe = lambda: SystemState('linux', user=User(is_root=True), linux=Linux(loopback=loopback))\n"
        "import sys; sys.argv[1:] = ['doctor', '--fix']\n"
        "from livebg.__main__ import script\n"
        "script()\n"
    )
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-u", str(program)], text=True, env=_environment(), **pipes) as asking:
        assert asking.stdout is not None
        seen = ""
        while "[y/N]" not in seen:
            read = asking.stdout.read(1)
            assert read, seen
            seen += read
        asking.send_signal(signal.SIGINT)
        _, error = asking.communicate(timeout=HANGS_S)
    assert asking.returncode == 130
    assert "Traceback" not in error


INSIDE = """
import json
from livebg.pipeline.doctor.diagnosis import diagnose
from livebg.pipeline.doctor.mending import mend
from livebg.pipeline.doctor.probe import probe
def told():
    return {each.name: [each.state, each.found] for each in diagnose(probe())}
before = told()
lines = list(mend(probe, lambda command: "DeletePermission" in command))
print(json.dumps([before, lines, told()]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PipeWire is Linux'")
def test_a_consent_once_refused_is_found_and_forgotten(shared: Path, tmp_path: Path) -> None:
    words = ("env", "PYTHONPATH=" + os.environ.get("PYTHONPATH", ""), sys.executable, "-c", INSIDE)
    said = run_inside(lab(shared), *words, folder=tmp_path, consent="no")
    before, lines, after = json.loads(said.splitlines()[-1])
    assert before["PipeWire"][0] == "ok"
    assert before["camera consent"][0] == "warning"
    assert "programs without a sandbox" in before["camera consent"][1]
    assert "done; they ask again" in lines
    assert after["camera consent"] == ["ok", "not asked yet"]
