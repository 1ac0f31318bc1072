"""Asks pip for files from whatever package index this machine is set up for. Knows nothing about what they are for."""

from __future__ import annotations

import subprocess
import sys

WAIT_S = 15  # for one answer of the index


def ask_pip(command: str, *arguments: str) -> str:
    """Run `pip COMMAND ...` for wheels without their dependencies; '' when it went well, else what pip said was wrong.

    Its progress goes to stderr where that is a terminal.
    """
    words = [sys.executable, "-m", "pip", command, "--no-deps", "--only-binary=:all:", *arguments]
    words += [f"--timeout={WAIT_S}", "--retries=1", "--no-cache-dir", "--disable-pip-version-check"]
    try:
        progress, is_watched = sys.stderr.fileno(), sys.stderr.isatty()
    except (AttributeError, OSError):  # a program without a console, a notebook
        progress, is_watched = subprocess.DEVNULL, False
    words += ["--progress-bar=on"] if is_watched else ["--quiet"]
    finished = subprocess.run(words, stdout=progress, stderr=subprocess.PIPE, text=True, errors="replace")
    if finished.returncode == 0:
        return ""
    said = [line for line in finished.stderr.splitlines() if line.startswith("ERROR") or "No module named" in line]
    return "; ".join(said) or f"exit code {finished.returncode}"
