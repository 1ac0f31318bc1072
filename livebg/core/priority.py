"""How a thread steps back behind the others. Knows nothing about what it does. Runs on the thread that steps back."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from livebg.core.threads import Latest, Worker

T = TypeVar("T")

STEP = 2  # nice levels: more starves the network where other programs are busy, see give_way


def give_way(step: int = STEP) -> None:
    """Lower the calling thread's priority, and that of every thread it starts from now on.

    Few levels, because beside other busy programs each costs: with both of 2 cores taken by them, at 10 levels key
    frames took a second and a third of the mattes were too old, at 4 a few, at 2 none, with latency's p95 at 41 ms
    (tests/bench/steady.py). On an idle machine 10 levels would be better: a loop of 30 pictures per second with 8 ms of
    work each is late by 9.4 ms (p95) beside an equal, by 4.9 ms then (tests/bench/giving_way.py).
    Linux alone has priorities of threads; elsewhere this does nothing.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + step))


def below(task: Callable[[], T]) -> T:
    """Run the task in a thread that gives way, and wait for it: the threads it leaves behind give way too.

    OpenVINO's helpers are started by the first inference and keep that thread's priority. Raises what the task raises.
    """
    done: Latest[tuple[T]] = Latest()

    def body(_: threading.Event) -> None:
        give_way()
        done.put((task(),))

    worker = Worker("livebg-prepare", body, on_failure=done.close)
    while (result := done.get(60.0)) is None:
        pass
    worker.stop()
    return result[0]
