"""On a cluster of two workers, one of them killed, the film is the same as on one machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from films import make_film, pictures_of, times_of

from livebg.capture.film import Film
from livebg.errors import LivebgError
from livebg.files import on_ray, plan
from livebg.files.events import Ended, Event, Progress
from livebg.files.film_job import make_film as do
from livebg.files.order import Order
from livebg.files.wish import Wish
from livebg.settings import Settings

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'livebg[ray]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own


@pytest.fixture(scope="module")
def make(light_engine: None) -> Iterator[Any]:  # noqa: ARG001 - must be there
    root = str(Path(__file__).resolve().parent.parent.parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]))
        with on_ray.cluster("local") as make:
            yield make


def _order(film: Path, target: str, **wish: object) -> Order:
    settings = Settings(background="#00ff00", engine="selfie")
    return Order(film, film.with_name(target), settings, Wish(codec="ffv1", encoder="software", **wish), True)  # type: ignore[arg-type]


def _busy_workers() -> list[psutil.Process]:
    found = []
    for each in psutil.Process().children(recursive=True):
        try:
            found += [each] if "_made_there" in " ".join(each.cmdline()) else []
        except psutil.Error:
            continue
    return found


def test_one_of_two_workers_is_killed(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SEGMENT_S", 0.9)
    film = make_film(tmp_path / "a.mp4", 150)
    stopping, killed, events = threading.Event(), list[int](), list[Event]()
    for event in do(_order(film, "there.mkv"), stopping, make):
        events.append(event)
        if not killed and (busy := _busy_workers()):
            os.kill(busy[0].pid, signal.SIGKILL)
            killed.append(busy[0].pid)
    assert killed
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert ended.is_whole
    assert [each.done for each in events if isinstance(each, Progress)][-1] == 150
    list(do(_order(film, "here.mkv"), stopping))
    here, there = film.with_name("here.mkv"), film.with_name("there.mkv")
    assert times_of(here) == times_of(there) == times_of(film)
    for ours, theirs in zip(pictures_of(here), pictures_of(there), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.usefixtures("make")
def test_a_film_that_a_worker_does_not_have_is_sent(tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mp4", 10)
    about = film.stat()
    order = _order(film, "b.mkv")
    segment = plan.Segment(0, 0, 0, 9, 9)
    known = Film(film).known()
    elsewhere = on_ray.Parcel(
        order, tuple(order.outputs()), known, about.st_size, about.st_mtime_ns + 1
    )  # no file here is that
    remote = ray.remote(on_ray._made_there)
    assert ray.get(remote.remote(elsewhere, [], segment)) is None
    part = ray.get(remote.remote(elsewhere, on_ray._sent(ray, film), segment))
    assert part.ticks.tolist() == known.index.ticks.tolist()
    (tmp_path / "part").write_bytes(part.files[0])
    assert len(pictures_of(tmp_path / "part")) == 10


def test_a_failure_there_is_told_as_here(make: Any, tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mp4", 10)
    order = _order(film, "b.mkv")
    bad = Order(film, order.target, Settings(background="no-such-background"), order.wish, True)
    with pytest.raises(LivebgError, match="no-such-background"):
        list(do(bad, threading.Event(), make))


def test_no_cluster_at_that_address() -> None:
    with pytest.raises(LivebgError, match=r"--ray 127\.0\.0\.1:1: no cluster answers"), on_ray.cluster("127.0.0.1:1"):
        pass
