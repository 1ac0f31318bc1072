"""What is left of a film, and made here step by step."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from films import make_film, open_red

from livebg import matting
from livebg.capture.film import Film
from livebg.files import plan
from livebg.files.order import Order
from livebg.files.task import Made, Task, locally
from livebg.files.wish import Wish
from livebg.files.work_folder import WorkFolder
from livebg.settings import Settings


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setattr(matting, "open_matter", open_red)
    monkeypatch.setattr(plan, "SEGMENT_S", 0.9)
    order = Order(make_film(tmp_path / "a.mp4"), tmp_path / "b.mp4", Settings(background="#00ff00"), Wish(), True)
    film = Film(order.source)
    index = film.index()
    segments = plan.segments(index, film.info.time_base, order.wish)
    return Task(order, order.outputs(), film, segments, WorkFolder(order, len(segments), order.outputs()))


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
