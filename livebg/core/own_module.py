"""Starts a module of livebg's own in another process of this Python. Any thread."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])  # the folder in which this livebg is


def own_module(name: str, *arguments: str) -> list[str]:
    """The command. -P: no module of the current folder runs there."""
    return [sys.executable, "-P", "-m", name, *arguments]


def own_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """For that command: it finds this livebg, also where only the current folder led to it. None: this process's."""
    known = dict(os.environ if environment is None else environment)
    return known | {"PYTHONPATH": os.pathsep.join(filter(None, [known.get("PYTHONPATH"), ROOT]))}
