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

    values = arguments.values
    if arguments.action == "background":  # the running livebg has another current folder
        values = [str(Path(each).resolve()) if Path(each).is_file() else each for each in values]
    elif arguments.action in ("record", "output-on", "output-off"):
        from livebg.sinks import is_file

        values = [str(Path(each).expanduser().absolute()) if is_file(each) else each for each in values]
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
