"""Whether two names mean one file: a link, another spelling, a name below another mount.

livebg never writes to a file that it reads: an output that is also an input ends the run before it begins. Any thread.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from pathlib import Path

from livebg.core.errors import SettingsError
from livebg.core.settings import Settings, option_name

READ = ("source", "background", "standby", "plate", "weights")  # settings that may name a file
UNREAL = ("synthetic", "auto", "off", "none", "blur")


def identity(path: Path) -> Hashable:
    """Equal for two names of one file; a file that does not exist yet is known by its folder and name."""
    try:
        path = Path(os.path.expanduser(path))
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


def check_inputs_kept(outputs: Sequence[Path], settings: Settings, more: Sequence[tuple[str, Path]] = ()) -> None:
    """Raises SettingsError if an output is also an input. more: further input files, with the words for them."""
    named = [(f"the {name}" if name == "source" else option_name(name), getattr(settings, name)) for name in READ]
    read = [(what, Path(text)) for what, text in named if text and text not in UNREAL and "://" not in text]
    identities = {identity(path): what for what, path in [*read, *more]}
    for each in outputs:
        what = identities.get(identity(each))
        if what is not None:
            raise SettingsError(f"{each} is {what} itself, which livebg never overwrites; give the output another name")
