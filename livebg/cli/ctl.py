"""`livebg ctl`: asks a running livebg to do something, and prints its status."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from livebg.pipeline.live.client import Client


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """The lines to print. Raises LivebgError where no livebg runs, SettingsError for what it refuses."""
    from livebg.pipeline.live.status import Status

    values = _from_anywhere(arguments.action, arguments.values)
    with Client(arguments.pid) as livebg:
        answer = (
            livebg.status() if arguments.action == "status" and not values else livebg.do(arguments.action, *values)
        )
    status = Status(**answer)
    if arguments.json:
        yield json.dumps(answer)
    elif arguments.short or arguments.action != "status":
        yield status.short()
        if arguments.action in ("record", "record-or-stop"):
            yield from status.recording_lines()
    else:
        yield from status.lines()


def _from_anywhere(action: str, values: list[str]) -> list[str]:
    """With whole paths of files: the running livebg has another current folder."""
    if action == "background" and len(values) == 1:
        return [_whole("background", values[0])]
    if action == "set" and len(values) == 2:
        return [values[0], _whole(values[0].removeprefix("--").replace("-", "_"), values[1])]
    if action in ("record", "output-on", "output-off"):
        from livebg.sinks import is_file

        return [str(Path(each).expanduser().absolute()) if is_file(each) else each for each in values]
    return values


def _whole(setting: str, value: str) -> str:
    from livebg.pipeline.preset_saving import with_whole_paths

    return str(with_whole_paths({setting: value}, Path.cwd())[setting])
