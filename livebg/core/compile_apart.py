"""Compiles kernels in processes of their own, several at once; this process then only loads them.

So two cores take half the time, and the memory that compiling needs goes with those processes. Also their side:
`python -m livebg.core.compile_apart now FOLDER MODULE:NAME ...`, which needs numba alone. Any thread.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from livebg.core.own_module import own_environment, own_module
from livebg.core.threads import give_way

LOOK_S = 0.1
GRACE_S = 2.0
HASTE = ("later", "now")
UNUSED = ("cv2", "psutil")  # the kernels' modules import them, no kernel uses them


def compile_apart(
    kernels: Sequence[str],
    folder: Path,
    processes: int,
    look: Callable[[], None] = lambda: None,
    environment: Mapping[str, str] | None = None,
    is_urgent: bool = True,
) -> str:
    """Compiles kernels, "module:name" each, into files in the folder. Returns why a process failed, '' if none did.

    look: called about ten times a second; what it raises ends the processes, and this raises it. environment: theirs.
    is_urgent: else they give way to other programs.
    """
    count = max(1, min(processes, len(kernels)))
    with contextlib.ExitStack() as ends:
        said = ends.enter_context(tempfile.TemporaryFile())
        running = []
        for first in range(count):
            running.append(_started([HASTE[is_urgent], str(folder), *kernels[first::count]], said, environment))
            ends.callback(_end, running[-1])
        while waiting := [each for each in running if each.poll() is None]:
            look()
            with contextlib.suppress(subprocess.TimeoutExpired):
                waiting[0].wait(LOOK_S)
        if not any(each.returncode for each in running):
            return ""
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit codes {[each.returncode for each in running]}"


def _started(
    arguments: Sequence[str], said: IO[bytes], environment: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C reaches only this process, which then ends it."""
    command, silent, own = own_module(__name__, *arguments), subprocess.DEVNULL, own_environment(environment)
    return subprocess.Popen(command, stdin=silent, stdout=silent, stderr=said, start_new_session=True, env=own)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Absent(ModuleType):
    """In place of an UNUSED library, where a wheel is built."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return 0


def main(arguments: Sequence[str]) -> None:
    """Compiles one process's share into the folder."""
    for each in UNUSED:
        if importlib.util.find_spec(each) is None:
            sys.modules[each] = _Absent(each)
    haste, folder, *kernels = arguments
    parent = os.getppid()
    if haste == HASTE[False]:
        give_way()
    for each in kernels:
        if os.getppid() != parent:  # livebg was killed; the next start compiles what is missing
            return
        module, _, name = each.partition(":")
        getattr(importlib.import_module(module), name).compile_into(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
