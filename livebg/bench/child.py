"""A measurement in a child process: the parent's side, and the child's (`python -m livebg.bench.child`).

The task goes to it as JSON on the command line, the answer comes back as the last line of stdout; messages to
people go to stderr as usual. Imports nothing heavy before the child's clock starts to matter.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from livebg.core.errors import LivebgError
from livebg.core.own_module import own_environment, own_module
from livebg.core.settings import Settings
from livebg.pipeline.signals import interrupted_later

if TYPE_CHECKING:
    from livebg.bench.recording import Recording

GRACE_S = 3.0  # the longest time for a child to end by itself


def measure_speed(settings: Settings, recording: Recording, pace: str, seconds: float) -> dict[str, Any]:
    """Runs speed.measure in a child. Raises what that raises, and KeyboardInterrupt after the child has ended."""
    task = {"recording": asdict(recording), "pace": pace, "seconds": seconds, "began_s": time.monotonic()}
    return _ask({"settings": asdict(settings), **task})


def _ask(task: Mapping[str, Any]) -> dict[str, Any]:
    command = own_module("livebg.bench.child", json.dumps(task))
    with contextlib.ExitStack() as ends:
        with interrupted_later():  # a signal in the middle of Popen would leave a child that nobody ends
            # In a session of its own, so that Ctrl-C reaches only the parent, which then ends the child.
            process = ends.enter_context(
                subprocess.Popen(
                    command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=own_environment()
                )
            )
            ends.push(partial(_end, process))
        output, _ = process.communicate()
    lines = output.splitlines()
    try:
        answer: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        is_killed = process.returncode < 0
        ended = f"by {signal.Signals(-process.returncode).name}" if is_killed else f"code {process.returncode}"
        cure = "is there enough memory?" if is_killed else "what it said stands above"
        raise LivebgError(f"the measuring process ended without an answer ({ended}); {cure}") from None
    if "error" in answer:
        kinds = [each for each in LivebgError.__subclasses__() if each.exit_code == answer["exit_code"]]
        raise (kinds or [LivebgError])[0](answer["error"])
    return answer


def _end(process: subprocess.Popen[str], failure: type[BaseException] | None, *_: object) -> None:
    """After a failure: asks the child and all its processes to end, then forces them."""
    if failure is None:
        return
    try:
        _signal(process, signal.SIGTERM)
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """The measurement of the task, or {"error": sentence, "exit_code": number}."""
    from livebg.core.opencv import load_opencv

    settings = Settings(**task["settings"])
    try:
        load_opencv()
        from livebg.bench import speed
        from livebg.bench.recording import Recording

        recording = Recording(**task["recording"])
        return speed.measure(settings, recording, task["pace"], task["seconds"], task["began_s"])
    except LivebgError as failure:
        return {"error": str(failure), "exit_code": failure.exit_code}


def main() -> None:
    logging.basicConfig(format="livebg: %(message)s", level=logging.WARNING, stream=sys.stderr)
    print(json.dumps(answer(json.loads(sys.argv[1]))), flush=True)


if __name__ == "__main__":
    main()
