"""Who hides stays hidden when livebg dies and something starts it again: a mark beside the address of each run.

It goes with `show`, and with a regular end. Main thread.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no types of its own

from livebg.core.private_files import is_own, make_runtime_folder, new_file
from livebg.core.user_folders import runtime_folder

PREFIX = "hidden-"
CLOCKS_S = 2.0  # by which the time of a file and that of a process may differ


def take_left_mark() -> bool:
    """Whether a livebg died while its user was hidden; removes that mark."""
    was_hidden = False
    with suppress(OSError):
        for each in runtime_folder().glob(f"{PREFIX}*") if is_own(runtime_folder()) else ():
            number = each.name.removeprefix(PREFIX)
            if number.isdecimal() and _is_left(each, int(number)):
                each.unlink()
                was_hidden = True
    return was_hidden


def _is_left(mark: Path, process: int) -> bool:
    """Whether the livebg that set it is gone. A later process may have its number, in a container nearly always.

    Raises OSError."""
    try:
        there = psutil.Process(process)
        is_dead = there.status() == psutil.STATUS_ZOMBIE  # nobody has taken note of its end
        return is_dead or bool(there.create_time() > mark.stat().st_mtime + CLOCKS_S)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


class HiddenMark:
    """This process's mark."""

    def __init__(self) -> None:
        self._is_set = False

    def follow(self, is_hidden: bool) -> None:
        """Sets or removes it where that has changed; where no mark can be set, a restart shows the user."""
        if is_hidden == self._is_set:
            return
        self._is_set = is_hidden
        file = runtime_folder() / f"{PREFIX}{os.getpid()}"
        with suppress(OSError):
            if is_hidden:
                make_runtime_folder()
                new_file(file)
            else:
                file.unlink()
