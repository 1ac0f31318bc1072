"""Several films: one failure stops no other, here or in processes of their own; and all can be cut off."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from films import make_film, open_red, pictures_of

from livebg import models
from livebg.core.settings import Settings
from livebg.pipeline.film import parallel
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.progress import Ended, Failed, Progress


def _orders(folder: Path, **job_options: object) -> list[FilmJob]:
    make_film(folder / "one.mp4", 10)
    (folder / "two.mp4").write_text("a text\n" * 50)
    make_film(folder / "three.mp4", 10)
    settings = Settings(background="#00ff00", engine="selfie")
    names = ("one", "two", "three")
    return [
        FilmJob(folder / f"{n}.mp4", folder / f"{n}-out.mp4", settings, JobOptions(**job_options), True) for n in names
    ]  # type: ignore[arg-type]


def test_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", open_red)
    events = list(parallel.one_after_another(_orders(tmp_path), threading.Event()))
    assert [each.name for each in events if isinstance(each, Ended)] == ["one.mp4", "three.mp4"]
    (failed,) = [each for each in events if isinstance(each, Failed)]
    assert (failed.name, failed.failure.exit_code) == ("two.mp4", 3)
    assert len(pictures_of(tmp_path / "three-out.mp4")) == 10


def test_stopped_between_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", open_red)
    stopping = threading.Event()
    events = []
    for event in parallel.one_after_another(_orders(tmp_path), stopping):
        events.append(event)
        if isinstance(event, Ended):
            stopping.set()
    assert [each.name for each in events if isinstance(each, Ended | Failed)] == ["one.mp4"]


@pytest.mark.slow
def test_side_by_side(tmp_path: Path) -> None:
    events = list(parallel.side_by_side(_orders(tmp_path), 2, threading.Event()))
    assert {each.name for each in events if isinstance(each, Ended)} == {"one.mp4", "three.mp4"}
    (failed,) = [each for each in events if isinstance(each, Failed)]
    assert failed.name == "two.mp4"
    assert max(each.done for each in events if isinstance(each, Progress)) == 10
    assert len(pictures_of(tmp_path / "one-out.mp4")) == 10


@pytest.mark.slow
def test_side_by_side_can_be_cut_off(tmp_path: Path) -> None:
    film = make_film(tmp_path / "long.mp4", 500)
    settings = Settings(background="#00ff00", engine="selfie")
    orders = [FilmJob(film, tmp_path / f"{n}.mp4", settings, JobOptions(), True) for n in range(2)]
    stopping, ended = threading.Event(), list[Ended]()
    for event in parallel.side_by_side(orders, 1, stopping):
        if isinstance(event, Progress):
            stopping.set()
        if isinstance(event, Ended):
            ended.append(event)
    (only,) = ended
    assert not only.is_whole
    assert len(pictures_of(only.outputs[0])) == only.frames < 500
    assert not (tmp_path / "1.mp4").exists()


@pytest.mark.slow
def test_a_process_that_dies_is_one_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = _orders(tmp_path)[0]
    monkeypatch.setattr(parallel, "_work", _die)
    (event,) = parallel.side_by_side([job], 2, threading.Event())
    assert isinstance(event, Failed)
    assert "its process ended with 9" in str(event.failure)


def _die(*_: object) -> None:
    import os

    os._exit(9)
