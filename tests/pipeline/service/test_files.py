from __future__ import annotations

import configparser
import os
import plistlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from livebg.pipeline.service.files import desktop_entry, icon, launch_agent, startup_script, systemd_unit

LIVEBG = ("/home/ada/my envs/py%", "-P", "-m", "livebg")


def parsed(text: str) -> configparser.ConfigParser:
    reader = configparser.ConfigParser(interpolation=None)
    reader.optionxform = str  # type: ignore[assignment,method-assign]  # names as they stand
    reader.read_string(text)
    return reader


def test_the_unit_runs_this_python_and_starts_again_after_a_failure() -> None:
    unit = parsed(systemd_unit([*LIVEBG, "run"]))
    service = unit["Service"]
    assert service["ExecStart"] == '/usr/bin/env "/home/ada/my envs/py%%" "-P" "-m" "livebg" "run"'
    assert service["Restart"] == "on-failure"
    assert service["KillMode"] == "process"
    assert "pipewire.service" in unit["Unit"]["After"]
    assert unit["Install"]["WantedBy"] == "default.target"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    odd = tmp_path / 'a "$HOME" %h'
    odd.mkdir()
    (odd / "python").symlink_to(sys.executable)
    file = tmp_path / "livebg.service"
    file.write_text(systemd_unit([str(odd / "python"), "-P", "-m", "livebg", "run"]))
    verify = ["systemd-analyze", "--user", "verify"]
    here = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run([*verify, str(file)], env=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    file.write_text(file.read_text().replace("RestartSec=10", "RestartSec=ten"))
    done = subprocess.run([*verify, str(file)], env=here, capture_output=True, text=True, check=False)
    assert "RestartSec" in done.stderr or "sec value" in done.stderr, "it does look at the file"


def test_the_desktop_entry_shows_and_hides() -> None:
    entry = parsed(desktop_entry(LIVEBG))
    main = entry["Desktop Entry"]
    assert main["Exec"] == '"/home/ada/my envs/py%%" "-P" "-m" "livebg" "run" "--to" "window"'
    assert main["Icon"] == "livebg"
    for action in main["Actions"].rstrip(";").split(";"):
        assert entry[f"Desktop Action {action}"]["Exec"].endswith(f'"livebg" "ctl" "{action}"')


def test_odd_letters_of_a_path_are_escaped_for_the_desktop() -> None:
    assert 'Exec="/a\\\\"b\\\\$c" "run"' in desktop_entry(['/a"b$c'])


def test_the_icon_is_a_picture_of_one_square() -> None:
    root = xml.etree.ElementTree.fromstring(icon())
    assert root.tag.endswith("svg")
    assert root.attrib["viewBox"] == "0 0 128 128"


def test_the_launch_agent_starts_at_login_and_after_a_crash_alone() -> None:
    agent = plistlib.loads(launch_agent([*LIVEBG, "run"], "/log"))
    assert agent["ProgramArguments"] == [*LIVEBG, "run"]
    assert agent["RunAtLoad"] is True
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["StandardErrorPath"] == "/log"


def test_the_startup_script_is_windows_own() -> None:
    text = startup_script(["C:\\my py\\python.exe", "-m", "100%"])
    assert text == '@echo off\r\nstart "livebg" /min "C:\\my py\\python.exe" "-m" "100%%"\r\n'
