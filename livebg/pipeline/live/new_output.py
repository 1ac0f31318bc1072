"""Which outputs may be switched on beside those that are on, and the name of a recording without one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from livebg.core.errors import SettingsError
from livebg.core.same_file import check_inputs_kept, identity
from livebg.core.settings import Settings
from livebg.core.user_folders import videos_folder
from livebg.sinks import VIRTUAL_CAMERA, is_file, is_virtual_camera
from livebg.sinks.streaming.address import is_stream, shown

MOST_A_SECOND = 100


def check_new(where: str, on: Sequence[str], settings: Settings) -> None:
    """where, on: as in `--to`. Raises SettingsError if one output cannot be beside the others, or may never be."""
    if any(is_same(each, where) for each in on):
        raise SettingsError(f"output {shown(where)}: is on already")
    cameras = [each for each in on if is_virtual_camera(each)]
    if is_virtual_camera(where) and cameras and VIRTUAL_CAMERA in (where, *cameras):  # that one is all of them
        raise SettingsError(f"output {where}: {cameras[0]} is on; switch that off first")
    if settings.show_camera and (is_file(where) or is_stream(where)):
        raise SettingsError(
            f"output {shown(where)}: --show-camera shows the room, which livebg never records or streams"
        )
    if is_file(where):
        check_inputs_kept([Path(where)], settings)
        if Path(where).is_file():
            raise SettingsError(
                f"output {where}: exists already, and livebg overwrites no file while it runs; choose another name"
            )


def is_same(one: str, other: str) -> bool:
    """Whether two outputs are one."""
    if one == other:  # first: a file that appears between two looks at it would seem to be two
        return True
    return is_file(one) and is_file(other) and identity(Path(one)) == identity(Path(other))


def dated_file(suffix: str) -> Path:
    """A name that is free now, in the user's folder of videos. Raises LivebgError."""
    name = time.strftime("livebg-%Y-%m-%d-%H%M%S")
    paths = (videos_folder() / f"{name}{_again(number)}{suffix}" for number in range(1, MOST_A_SECOND))
    return next(each for each in paths if not each.exists())


def _again(number: int) -> str:
    return "" if number == 1 else f"-{number}"
