"""Makes one film, from its job to its finished files: look → plan → parts → finish; reports events meanwhile.

Parts stay in a work folder until all are there, so nothing unfinished ever has the final name, and an interrupted run
leaves a file that plays, and can continue later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing

from livebg.media.files import taken
from livebg.media.free_space import check_free_space
from livebg.media.output_lock import writing
from livebg.media.video.types import FilmInfo
from livebg.pipeline.film.checkpoint import WorkFolder, folder_of
from livebg.pipeline.film.segments import segments
from livebg.pipeline.film.spec import FilmJob, Output
from livebg.pipeline.film.subject import with_subject
from livebg.pipeline.film.task import Made, SegmentWorkers, Task, locally
from livebg.pipeline.input_files import Input
from livebg.pipeline.output_files import OR_ELSE, make_ready
from livebg.pipeline.progress import Began, Ended, Event, Progress


def make_film(job: FilmJob, stopping: threading.Event, make: SegmentWorkers = locally) -> Iterator[Event]:
    """All its events, in order. stopping: set it to interrupt. make: makes the missing parts. Raises LivebgError;
    finished segments stay for --resume then.
    """
    from livebg.media.video.reader import Film
    from livebg.pipeline.film.finish import finish

    began_s, outputs, name = time.monotonic(), job.outputs(), job.source.name
    if (
        job.job_options.resumes
        and all(each.target.exists() for each in outputs)
        and not folder_of(outputs[0].target).exists()
    ):
        yield Ended(name, tuple(each.target for each in outputs), 0, 0.0, 0.0, 0, ("was finished before",))
        return
    with ExitStack() as opened:
        film = opened.enter_context(closing(Film(job.source)))
        plan = segments(film.index(), film.info.time_base, job.job_options)
        job, said = with_subject(job, film, plan)
        _check(job, outputs)
        opened.enter_context(writing(*(each.target for each in outputs)))
        folder = WorkFolder(job, len(plan), outputs)
        opened.callback(folder.tidy)
        task, made = Task(job, outputs, film, plan, folder), Made()
        yield from _made(task, made, make(task, made, stopping), said)
        result = finish(task, made)
    took_s = time.monotonic() - began_s
    yield Ended(name, result.paths, result.frames, result.seconds, took_s, made.unmatted, result.notes, result.is_whole)


def _check(job: FilmJob, outputs: Sequence[Output]) -> None:
    for each in outputs:
        if each.form.picture_name and each.target.is_dir():
            if not job.settings.force:
                raise taken(each.target, OR_ELSE)
        else:
            make_ready(Input(job.source), each.target, job.settings.force)
        check_free_space(each.target)


def _made(task: Task, made: Made, steps: Iterator[None], said: Sequence[str]) -> Iterator[Event]:
    """The segment workers' steps as events; the first step comes when the engine is open. said: more notes."""
    name, frames = task.job.source.name, sum(each.count for each in task.segments)
    before = frames - sum(each.count for each in task.left())
    began_s = 0.0
    for _ in steps:
        if not began_s:
            began_s = time.monotonic()
            of_outputs = (note for each in task.outputs for note in (*each.form.notes, *_size_note(each, task.info)))
            yield Began(name, frames, before, made.engine, (*said, *task.info.notes, *of_outputs))
        elif made.frames:
            took_s = time.monotonic() - began_s
            yield Progress(name, before + made.frames, frames, made.frames / took_s if took_s > 0 else 0.0)


def _size_note(output: Output, info: FilmInfo) -> Iterator[str]:
    from livebg.media.video.layers import even

    height, width = even(info.height), even(info.width)
    if output.form.needs_even_size and (height, width) != (info.height, info.width):
        yield f"{output.target.name}: {width}x{height} instead of {info.width}x{info.height}, as it needs even sides"
