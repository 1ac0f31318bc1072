"""`livebg ctl`: asks a running livebg to do something, and prints its status."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from livebg.core.errors import LivebgError, SettingsError
from livebg.pipeline.live.remote import running

WAIT_S = 15.0


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """The lines to print. Raises LivebgError where no livebg runs, SettingsError for what it refuses."""
    from livebg.pipeline.live.actions import Status

    values = arguments.values
    if arguments.action == "background":  # the running livebg has another current folder
        values = [str(Path(each).resolve()) if Path(each).is_file() else each for each in values]
    answer = ask(arguments.action, values, arguments.pid)
    status = Status(**{**answer, "outputs": tuple(answer["outputs"])})
    if arguments.json:
        yield json.dumps(answer)
    elif arguments.short or arguments.action != "status":
        yield status.short()
    else:
        yield from status.lines()


def ask(action: str, values: list[str], pid: int | None = None) -> dict[str, Any]:
    """The status of a running livebg after this action. Raises as run()."""
    runs = {number: file for number, file in running().items() if pid in (None, number)}
    answers: dict[int, tuple[int, dict[str, Any]]] = {}
    if len(runs) > 1:  # one that was killed leaves its file
        runs = {number: file for number, file in runs.items() if _said(file, "status", []) is not None}
    if len(runs) > 1:
        raise LivebgError(f"livebg runs {len(runs)} times here; say which: {' or '.join(f'--pid {n}' for n in runs)}")
    for number, file in runs.items():
        said = _said(file, action, values)
        if said is not None:
            answers[number] = said
    if not answers:
        raise LivebgError(f"no livebg runs here{f' as process {pid}' if pid else ''}; start one: livebg run")
    ((code, answer),) = answers.values()
    if code != http.client.OK:
        raise (SettingsError if code == http.client.BAD_REQUEST else LivebgError)(str(answer.get("error")))
    return answer


def _said(file: Path, action: str, values: list[str]) -> tuple[int, dict[str, Any]] | None:
    """The HTTP status and the answer; None where nobody answers any more."""
    try:
        where = json.loads(file.read_text())
        connection = http.client.HTTPConnection("127.0.0.1", int(where["port"]), timeout=WAIT_S)
        with contextlib.closing(connection):
            headers = {"Authorization": f"Bearer {where['token']}", "Content-Type": "application/json"}
            connection.request("POST", f"/{action}", json.dumps(values), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
    except ConnectionRefusedError:
        file.unlink(missing_ok=True)
        return None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as cause:
        raise LivebgError(f"livebg does not answer: {cause}; is it stopped? End it and start it again") from cause
