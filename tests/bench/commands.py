"""A command's cost as its user meets it: time, processor time and memory of all its processes, start-up included."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

SAMPLE_S = 0.2


@dataclass(frozen=True, slots=True)
class Cost:
    """peak_mb: highest sum of all its processes' own share of memory (PSS), sampled; output: of stdout."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Ends the bench with what the command said where it fails."""
    began_s = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env=os.environ | (environment or {}),
    )  # fmt: skip
    over, peak = threading.Event(), [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, over, peak))
    watcher.start()
    before = os.times()
    output = process.communicate()[0]
    wall_s, after = time.perf_counter() - began_s, os.times()
    over.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed ({process.returncode}):\n{output[-3000:]}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall_s, cpu_s, peak[0], output)


def _watch(pid: int, over: threading.Event, peak: list[float]) -> None:
    while not over.wait(SAMPLE_S):
        shares = 0
        with contextlib.suppress(psutil.Error):
            for each in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
                with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                    shares += each.memory_full_info().pss
        peak[0] = max(peak[0], shares / 2**20)
