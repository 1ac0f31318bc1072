"""Whether two names mean one file, whatever they are called: a link, another spelling, a name below another mount.

Knows nothing about what the files are for. Whichever thread asks.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path


def identity(path: Path) -> Hashable:
    """Equal for two names of one file; one that is not there yet is known by its folder and name."""
    path = Path(os.path.expanduser(path))
    try:
        about = os.stat(path)
        return about.st_dev, about.st_ino
    except (OSError, ValueError):
        pass
    try:
        path = Path(os.path.realpath(path))
        folder = os.stat(path.parent)
        return folder.st_dev, folder.st_ino, os.path.normcase(path.name)
    except (OSError, ValueError):
        return os.path.normcase(path)


def is_same(one: Path, other: Path) -> bool:
    return identity(one) == identity(other)
