"""The texts of the files that start livebg at login, and of its entry among a desktop's applications. Pure."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from importlib.resources import files

_DESKTOP = """\
[Desktop Entry]
Type=Application
Name=livebg
GenericName=Virtual background
Comment=See yourself as a call sees you
Exec={window}
Icon=livebg
Terminal=false
Categories=AudioVideo;Video;
Keywords=camera;background;call;
Actions=hide;show;

[Desktop Action hide]
Name=Hide me
Exec={hide}

[Desktop Action show]
Name=Show me
Exec={show}
"""
_UNIT = """\
[Unit]
Description=livebg, a virtual background for calls
After=pipewire.service wireplumber.service

[Service]
# systemd takes no name of a program with quotes in it; env takes any.
ExecStart=/usr/bin/env {command}
Restart=on-failure
RestartSec=10
# A wrong setting stays wrong.
RestartPreventExitStatus=2
# The process that holds the PipeWire camera must outlive livebg: a call then goes on after a restart.
KillMode=process

[Install]
WantedBy=default.target
"""


def systemd_unit(command: Sequence[str]) -> str:
    """command: a program and its arguments."""
    return _UNIT.format(command=" ".join(_for_systemd(each) for each in command))


def _for_systemd(word: str) -> str:
    """In quotes; '%' and '$' stand for themselves."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def desktop_entry(livebg: Sequence[str]) -> str:
    """livebg: the command `livebg` as a program and arguments."""
    window, hide, show = (
        " ".join(map(_for_desktop, [*livebg, *more]))
        for more in (("run", "--to", "window"), ("ctl", "hide"), ("ctl", "show"))
    )
    return _DESKTOP.format(window=window, hide=hide, show=show)


def _for_desktop(word: str) -> str:
    """In quotes, and these escaped once more, as all text of the file."""
    for each in '\\"`$':
        word = word.replace(each, f"\\{each}")
    return f'"{word}"'.replace("\\", "\\\\").replace("%", "%%")


def icon() -> bytes:
    """SVG."""
    return (files(__package__) / "livebg.svg").read_bytes()


def launch_agent(command: Sequence[str], log: str) -> bytes:
    """A property list for macOS' launchd. log: the path that takes livebg's messages."""
    return plistlib.dumps(
        {
            "Label": "livebg",
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ProcessType": "Interactive",
            "StandardOutPath": log,
            "StandardErrorPath": log,
        }
    )


def startup_script(command: Sequence[str]) -> str:
    """For Windows' Startup folder: a minimised window, in which livebg's messages stand."""
    words = " ".join(f'"{each.replace("%", "%%")}"' for each in command)
    return f'@echo off\r\nstart "livebg" /min {words}\r\n'
