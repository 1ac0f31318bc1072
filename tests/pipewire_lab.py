"""A private PipeWire session with WirePlumber and a camera portal."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from patience import HANGS_S
from requirements import lacking


def lab(shared: Path) -> Path:
    """The session's tool; skips where it or what it needs is missing."""
    tool = shared / "pipewire" / "pw-lab"
    if not tool.is_file():
        lacking("pipewire", f"the PipeWire session's tool is not in {tool.parent}")
    missing = [each for each in ("pipewire", "wireplumber", "pw-dump", "dbus-daemon") if shutil.which(each) is None]
    if missing or not Path("/usr/libexec/xdg-desktop-portal").exists():
        lacking("pipewire", f"needs Debian's pipewire-bin, wireplumber, xdg-desktop-portal ({missing} missing)")
    return tool


def run_inside(tool: Path, *command: str, folder: Path, consent: str = "yes", **more: str) -> str:
    """What this command prints in such a session; skips where none starts.

    The session's tools are the system Python's, so PYTHONPATH is LIVEBG_PATH there. consent: the portal's answer. more:
    of the environment.
    """
    here = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    here |= {"LIVEBG_PATH": os.environ.get("PYTHONPATH", ""), **more}
    started = [str(tool), "--timeout", str(HANGS_S), "--consent", consent, "--", *command]
    done = subprocess.run(started, capture_output=True, text=True, env=here, cwd=folder, timeout=HANGS_S + 60)
    if done.returncode == 125:
        lacking("pipewire", f"no session: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, (done.stdout, done.stderr[-3000:])
    return done.stdout
