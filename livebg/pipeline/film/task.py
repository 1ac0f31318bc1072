"""The work left on a film, for the code that makes its parts: here (locally), or on other machines (ray.py)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from livebg.media.video.types import FilmInfo, Ticks
from livebg.pipeline.film.checkpoint import WorkFolder
from livebg.pipeline.film.segments import Segment
from livebg.pipeline.film.spec import FilmJob, Output

if TYPE_CHECKING:
    from livebg.media.video.reader import Film


@dataclass(frozen=True, slots=True)
class Task:
    """An analysed film: its plan, and the folder for its parts."""

    job: FilmJob
    outputs: Sequence[Output]
    film: Film
    segments: Sequence[Segment]
    folder: WorkFolder

    @property
    def info(self) -> FilmInfo:
        return self.film.info

    def left(self) -> list[Segment]:
        return [each for each in self.segments if self.folder.finished(each.number) is None]


@dataclass(slots=True)
class Made:
    """The workers' report: the engine, frames made in this run, those without a valid matte; and of an interrupted
    segment its number and the ticks in its parts."""

    engine: str = ""
    frames: int = 0
    unmatted: int = 0
    cut_off: tuple[int, Ticks] | None = None
    notes: list[str] = field(default_factory=list)


SegmentWorkers = Callable[[Task, Made, threading.Event], Iterator[None]]


def locally(task: Task, made: Made, stopping: threading.Event) -> Iterator[None]:
    """Makes the parts here, one segment after another; a step as soon as the engine is open, and after each frame."""
    from livebg.pipeline.film.worker import SegmentWorker

    with closing(SegmentWorker(task.film, task.job, task.outputs)) as worker:
        made.engine = worker.open()
        yield
        for segment in task.left():
            ticks: list[int] = []
            with closing(worker.make(segment, task.folder.parts(segment.number), ticks)) as frames:
                for _ in frames:
                    made.frames, made.unmatted = made.frames + 1, worker.unmatted
                    yield
                    if stopping.is_set():
                        break
            if stopping.is_set():
                made.cut_off = segment.number, np.array(ticks, np.int64)
                return
            task.folder.finish(segment.number, np.array(ticks, np.int64))
