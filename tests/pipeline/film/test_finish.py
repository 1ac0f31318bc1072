"""Files get their names when they are whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from films import make_film, open_red

from livebg import models
from livebg.core.errors import SinkError
from livebg.core.settings import Settings
from livebg.media.video.reader import Film
from livebg.pipeline.film import finish as finishing
from livebg.pipeline.film.checkpoint import WorkFolder
from livebg.pipeline.film.finish import finish, partial_name
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.segments import segments
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.film.task import Made, Task, locally


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setattr(models, "open_engine", open_red)
    job = FilmJob(
        make_film(tmp_path / "a.mp4", 10), tmp_path / "b.mp4", Settings(background="#00ff00"), JobOptions(), True
    )
    film = Film(job.source)
    index = film.index()
    plan = segments(index, film.info.time_base, job.job_options)
    return Task(job, job.outputs(), film, plan, WorkFolder(job, len(plan), job.outputs()))


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made()
    list(locally(task, made, threading.Event()))
    task.job.target.write_bytes(b"mine")
    with pytest.raises(SinkError, match="exists already"):
        finish(task, made)
    assert task.job.target.read_bytes() == b"mine"
    task.job.target.unlink()
    monkeypatch.setattr(finishing, "taken", lambda _: AssertionError)
    finished = finish(task, made)
    assert finished.is_whole
    assert finished.paths == (task.job.target,)
    assert not task.folder.path.exists()


def test_nothing_was_made(task: Task) -> None:
    finished = finish(task, Made())
    assert (finished.paths, finished.frames, finished.is_whole) == ((), 0, False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_only_looks_like_a_partial_file_is_kept(task: Task, kind: str) -> None:
    mine = partial_name(task.job.target)
    if kind == "folder":
        mine.mkdir()
        mine = mine / "a.png"
    mine.write_bytes(b"mine")
    made = Made()
    list(locally(task, made, threading.Event()))
    assert finish(task, made).is_whole
    assert mine.read_bytes() == b"mine"


def test_a_run_that_is_cut_off_replaces_no_file_but_its_own(task: Task) -> None:
    made, stopping = Made(), threading.Event()
    for _ in locally(task, made, stopping):
        stopping.set()
    mine = partial_name(task.job.target)
    mine.write_bytes(b"mine")
    with pytest.raises(SinkError, match="not this film, so it is kept"):
        finish(task, made)
    assert mine.read_bytes() == b"mine"
    mine.unlink()
    assert finish(task, made).paths == (mine,)
    assert finish(task, made).paths == (mine,)
    assert task.folder.owns(mine)


def test_the_partial_name_says_so() -> None:
    assert partial_name(Path("a/b.c.mp4")) == Path("a/b.c-partial.mp4")
