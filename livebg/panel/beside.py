"""`livebg run --panel`: the panel beside a live loop, in a process of its own. Main thread of the live loop."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from livebg.core.own_module import own_environment, own_module

ENDING_S = 5.0


@contextmanager
def panel_beside(options: Sequence[str]) -> Iterator[None]:
    """Runs within the context. options: of `livebg panel`. Its messages go where this process' go."""
    command = own_module("livebg", "panel", f"--pid={os.getpid()}", *options)
    panel = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=own_environment())
    try:
        yield
    finally:
        panel.terminate()
        try:
            panel.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            panel.kill()
            panel.wait()
