"""Makes several films: one after another here, or some at a time in processes of their own. A failure stops only one.

Each process makes one film with job.py and sends its events; a shared event stops it. Main thread.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import signal
import threading
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any

from livebg.core.errors import LivebgError
from livebg.core.one_heap import use_one_heap
from livebg.core.opencv import load_opencv
from livebg.pipeline.film.job import make_film
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.film.task import SegmentWorkers, locally
from livebg.pipeline.progress import Event, Failed
from livebg.pipeline.signals import ENDING

WAIT_S = 0.2
_KILLED = -getattr(signal, "SIGKILL", 9)  # Windows has no such signal

End = Any  # of a pipe: Connection, except on Windows: PipeConnection, another class


def one_after_another(
    film_jobs: Sequence[FilmJob], stopping: threading.Event, make: SegmentWorkers = locally
) -> Iterator[Event]:
    """The events of all; after a failure the next film begins."""
    load_opencv()
    for film_job in film_jobs:
        if stopping.is_set():
            return
        try:
            yield from make_film(film_job, stopping, make)
        except LivebgError as failure:
            yield Failed(film_job.source.name, failure)


def side_by_side(film_jobs: Sequence[FilmJob], jobs: int, stopping: threading.Event) -> Iterator[Event]:
    """The events of all, mixed; `jobs` films at a time."""
    context = multiprocessing.get_context("spawn")
    their_stopping = context.Event()
    waiting, running = list(film_jobs), dict[End, tuple[FilmJob, Any]]()
    try:
        while waiting or running:
            if stopping.is_set():
                their_stopping.set()
                waiting.clear()
            while waiting and len(running) < jobs:
                ours, theirs = context.Pipe(duplex=False)
                film_job = waiting.pop(0)
                process = context.Process(
                    target=_work, args=(film_job, theirs, their_stopping), name=f"livebg {film_job.source.name}"
                )
                process.start()
                theirs.close()
                running[ours] = film_job, process
            for ready in wait(list(running), WAIT_S):
                yield from _received(ready, running)
    finally:
        their_stopping.set()
        for _, process in running.values():
            process.join()


def _received(ready: End, running: dict[End, tuple[FilmJob, Any]]) -> Iterator[Event]:
    """The next event of this process; if there is none, it has ended, normally or not."""
    film_job, process = running[ready]
    try:
        yield ready.recv()
    except EOFError:
        process.join()
        del running[ready]
        ready.close()
        if process.exitcode:
            ended = f"its process ended with {process.exitcode}"
            hint = "out of memory? try fewer --jobs" if process.exitcode == _KILLED else "run it alone"
            yield Failed(film_job.source.name, LivebgError(f"{film_job.source.name}: {ended}; {hint}"))


def _work(film_job: FilmJob, events: End, stopping: Any) -> None:
    """In a process of its own. Ctrl-C and the like may reach it too, but the first process asks it to stop."""
    use_one_heap()
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    logging.basicConfig(format="livebg: %(message)s", level=logging.WARNING)
    with contextlib.suppress(BrokenPipeError):
        for event in one_after_another([film_job], stopping):
            events.send(event)
