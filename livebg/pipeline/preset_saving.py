"""A preset of what a running livebg has now, with what viewers see as its thumbnail. Caller's thread."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livebg.core.settings import TYPES
from livebg.pipeline.live.client import Client
from livebg.pipeline.presets import THUMBNAIL_PX, Preset, save_preset, to_keep

PATHS = ("source", "model", "weights", "plate", "background", "background_folder", "standby")  # may name files


def save_running(livebg: Client, name: str, force: bool = False) -> Preset:
    """Keeps what to_keep() says. Raises LivebgError.

    The thumbnail is the composite where the user is live, else the background: never the standby image.
    """
    settings = {each: value["value"] for each, value in livebg.settings().items() if each in TYPES}
    kept = with_whole_paths(to_keep(settings), _folder_of(livebg.pid))
    picture = livebg.preview("composite", THUMBNAIL_PX[0])
    is_live = picture is not None and picture.state == "live"
    return save_preset(name, kept, picture.content if picture is not None and is_live else b"", force)


def _folder_of(pid: int) -> Path:
    """The current folder of a process, from which its paths lead; this one's where the system does not say."""
    import psutil  # type: ignore[import-untyped]  # it has no types of its own

    with contextlib.suppress(psutil.Error, OSError):
        return Path(psutil.Process(pid).cwd())
    return Path.cwd()


def with_whole_paths(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The same, with files named so that any current folder finds them. folder: from which they lead."""
    whole = dict(values)
    for each in PATHS:
        text = os.path.expanduser(whole.get(each, ""))
        is_there = (folder / text).is_file() if each == "background" else (folder / text).exists()
        if text and is_there:
            whole[each] = str((folder / text).resolve())
    return whole
