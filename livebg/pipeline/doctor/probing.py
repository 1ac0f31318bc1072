"""How the probes ask: a program's answer within a short time, a file's text; '' where there is none. Never raises."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from pathlib import Path

ANSWER_S = 3.0
_ADMIN = os.pathsep.join(("/usr/sbin", "/sbin", "/usr/local/sbin"))  # not on a Debian user's PATH


def program(name: str) -> str | None:
    """Its path, also where only administrators look."""
    return shutil.which(name) or shutil.which(name, path=_ADMIN)


def answer(name: str, *arguments: str, timeout_s: float = ANSWER_S) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a program, in English; -1 where there is no such program or no answer."""
    path = program(name)
    if path is None:
        return -1, "", ""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return -1, "", ""
    return done.returncode, done.stdout, done.stderr


def text(path: Path | str) -> str:
    """A small file's text, without white space around it."""
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""


def user_name() -> str:
    """'' for a user without one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def found(*patterns: str, root: Path = Path("/")) -> list[Path]:
    """Paths below root that fit one of the patterns, in order."""
    return [path for each in patterns for path in sorted(root.glob(each.lstrip("/")))]
