"""What is left of a film, and made here step by step."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from films import make_film, open_red

from livebg import models
from livebg.core.settings import Settings
from livebg.media.video.reader import Film
from livebg.pipeline.film import segments as plan
from livebg.pipeline.film.checkpoint import WorkFolder
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.film.task import Made, Task, locally


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setattr(models, "open_engine", open_red)
    job_options = JobOptions(segment_s=0.9)
    job = FilmJob(make_film(tmp_path / "a.mp4"), tmp_path / "b.mp4", Settings(background="#00ff00"), job_options, True)
    film = Film(job.source)
    index = film.index()
    segments = plan.segments(index, film.info.time_base, job.job_options)
    return Task(job, job.outputs(), film, segments, WorkFolder(job, len(segments), job.outputs()))


@pytest.mark.slow
def test_all_that_is_left(task: Task) -> None:
    assert [each.number for each in task.left()] == [0, 1, 2]
    task.folder.parts(1)[0].touch()
    task.folder.finish(1, np.arange(24, dtype=np.int64))
    assert [each.number for each in task.left()] == [0, 2]
    made = Made()
    steps = len(list(locally(task, made, threading.Event())))
    assert made.engine.startswith("red is foreground")
    assert made.frames == 51
    assert steps == 52  # the first when the engine is open
    assert not task.left()
    assert made.cut_off is None


@pytest.mark.slow
def test_cut_off_in_the_middle_of_a_segment(task: Task) -> None:
    made, stopping = Made(), threading.Event()
    for _ in locally(task, made, stopping):
        if made.frames == 30:
            stopping.set()
    assert [each.number for each in task.left()] == [1, 2]
    assert made.cut_off is not None
    number, ticks = made.cut_off
    assert number == 1
    assert ticks.tolist() == task.film.index().ticks[24:30].tolist()
