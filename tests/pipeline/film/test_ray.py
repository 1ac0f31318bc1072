"""On a cluster of two workers, one of them killed, the film is the same as on one machine."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from films import make_film, pictures_of, times_of

from livebg.core import private_files
from livebg.core.errors import LivebgError
from livebg.core.settings import Settings
from livebg.media.video.reader import Film
from livebg.pipeline.film import ray as on_ray
from livebg.pipeline.film import segments
from livebg.pipeline.film.job import make_film as do
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.progress import Ended, Event, Progress

# Not imported before livebg does: it looks at the environment then.
if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install 'livebg[ray]'", allow_module_level=True)
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # warnings: Ray's own


@pytest.fixture(scope="module")
def make() -> Iterator[Any]:
    with on_ray.cluster("local") as make:
        yield make


def _order(film: Path, target: str, **job_options: object) -> FilmJob:
    settings = Settings(background="#00ff00", engine="selfie")
    return FilmJob(
        film, film.with_name(target), settings, JobOptions(codec="ffv1", encoder="software", **job_options), True
    )  # type: ignore[arg-type]


def _busy_workers() -> list[psutil.Process]:
    found = []
    for each in psutil.Process().children(recursive=True):
        try:
            found += [each] if "_made_there" in " ".join(each.cmdline()) else []
        except psutil.Error:
            continue
    return found


def test_one_of_two_workers_is_killed(make: Any, tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mp4", 150)
    stopping, killed, events = threading.Event(), list[int](), list[Event]()
    for event in do(_order(film, "there.mkv", segment_s=0.9), stopping, make):
        events.append(event)
        if not killed and (busy := _busy_workers()):
            os.kill(busy[0].pid, signal.SIGKILL)
            killed.append(busy[0].pid)
    assert killed
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert ended.is_whole
    assert [each.done for each in events if isinstance(each, Progress)][-1] == 150
    list(do(_order(film, "here.mkv", segment_s=0.9), stopping))
    here, there = film.with_name("here.mkv"), film.with_name("there.mkv")
    assert times_of(here) == times_of(there) == times_of(film)
    for ours, theirs in zip(pictures_of(here), pictures_of(there), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.usefixtures("make")
def test_a_film_that_a_worker_does_not_have_is_sent(tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mp4", 10)
    about = film.stat()
    order = _order(film, "b.mkv")
    segment = segments.Segment(0, 0, 0, 9, 9)
    known = Film(film).known()
    elsewhere = on_ray.Parcel(
        order, tuple(order.outputs()), known, about.st_size, about.st_mtime_ns + 1
    )  # no file here is that
    import ray

    remote = ray.remote(on_ray._made_there)
    assert ray.get(remote.remote(elsewhere, None, segment)) is None
    part = ray.get(remote.remote(elsewhere, on_ray._sent(ray, film), segment))
    assert part.ticks.tolist() == known.index.ticks.tolist()
    (tmp_path / "part").write_bytes(part.files[0])
    assert part.sha256 == (hashlib.sha256(part.files[0]).hexdigest(),)
    assert len(pictures_of(tmp_path / "part")) == 10
    on_ray._tidy(ray)
    assert not list(Path(tempfile.gettempdir()).glob(f"{private_files.PREFIX}*/film*"))


class _Store:
    """Ray's object store, as far as a worker asks it."""

    @staticmethod
    def get(reference: bytes) -> bytes:
        return reference


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder of a worker."""
    monkeypatch.setitem(sys.modules, "ray", _Store)  # type: ignore[arg-type]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(on_ray, "_copies", {})
    return tmp_path


def test_a_copy_is_its_owners_alone_and_may_go_between_two_tasks(worker: Path) -> None:
    film = on_ray.Sent((b"raw", b"room"), hashlib.sha256(b"rawroom").hexdigest())
    before = os.umask(0o022)
    try:
        with on_ray._copied(film, ".mp4") as first:
            assert first.read_bytes() == b"rawroom"
            assert (first.stat().st_mode & 0o777, first.parent.stat().st_mode & 0o777) == (0o600, 0o700)
            private_files.sweep()
            assert first.exists()
    finally:
        os.umask(before)
    with on_ray._copied(film, ".mp4") as second:
        assert second == first
    private_files.sweep()
    assert list(worker.iterdir()) == []
    with on_ray._copied(film, ".mp4") as third:
        assert third.read_bytes() == b"rawroom"
    private_files.sweep()


def test_a_film_that_is_damaged_on_its_way_is_not_taken(worker: Path) -> None:
    film = on_ray.Sent((b"raw", b"rOom"), hashlib.sha256(b"rawroom").hexdigest())
    with pytest.raises(LivebgError, match="damaged on its way"), on_ray._copied(film, ".mp4"):
        pass
    assert list(worker.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_film_that_another_user_laid_there_is_not_taken(tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mp4", 2)
    about = film.stat()
    parcel = on_ray.Parcel(_order(film, "b.mkv"), (), Film(film).known(), about.st_size, about.st_mtime_ns)
    assert on_ray._is_here(parcel)
    os.chown(film, 54321, 54321)
    assert not on_ray._is_here(parcel)


OWN = """
import os, sys, subprocess, time, psutil
from livebg.pipeline.film.ray import cluster
with cluster("local"):
    import ray
    address = ray.get_runtime_context().gcs_address
    for each in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        for one in each.net_connections("inet"):
            if one.status == "LISTEN":
                print("listens on", one.laddr.ip)
    code = "import sys, ray; ray.init(sys.argv[1], logging_level=40); print(sys.argv[2], 'got in', flush=True)"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH_")}
    wrong = plain | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}
    start = lambda who, env: subprocess.Popen([sys.executable, "-c", code, address, who], env=env)
    others, began_s = [start("nobody", plain), start("a stranger", wrong)], time.monotonic()
    start("the owner", os.environ).wait()
    most_s = began_s + 2 * (time.monotonic() - began_s)
    for each in others:
        try:
            each.wait(most_s - time.monotonic())
        except subprocess.TimeoutExpired:
            each.kill()  # it still asks
            each.wait()
print("left", os.environ.get("RAY_AUTH_TOKEN"), os.listdir(os.environ["TMPDIR"]))
"""


def test_an_own_cluster_listens_to_this_machine_and_this_run_alone() -> None:
    """Whoever has all but the run's secret is outside when its owner could have come in twice."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="lb") as folder:  # a socket's path may not be long
        plain = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}  # another test's
        environment = {**plain, "TMPDIR": folder}
        finished = subprocess.run(
            [sys.executable, "-c", OWN], env=environment, capture_output=True, text=True, timeout=300
        )
    lines = finished.stdout.splitlines()
    listening = {each for each in lines if each.startswith("listens")}
    assert listening
    assert listening <= {"listens on 127.0.0.1", "listens on ::ffff:127.0.0.1", "listens on ::1"}
    assert [each for each in lines if "got in" in each] == ["the owner got in"], finished.stderr
    assert lines[-1] == "left None []"


def test_a_failure_there_is_told_as_here(make: Any, tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mp4", 10)
    order = _order(film, "b.mkv")
    bad = FilmJob(film, order.target, Settings(background="no-such-background"), order.job_options, True)
    with pytest.raises(LivebgError, match="no-such-background"):
        list(do(bad, threading.Event(), make))


@pytest.mark.usefixtures("make")
def test_a_foreign_failure_there_is_one_line(tmp_path: Path) -> None:
    import ray

    def fail() -> None:
        raise OSError("no\nspace left")

    with pytest.raises(LivebgError, match=r"film\.mp4: a worker of the cluster failed \(OSError: no space left\)"):
        on_ray._fetched(ray, ray.remote(fail).remote(), _order(tmp_path / "film.mp4", "out.mkv"))


def test_no_cluster_at_that_address() -> None:
    with pytest.raises(LivebgError, match=r"--ray 127\.0\.0\.1:1: no cluster answers"), on_ray.cluster("127.0.0.1:1"):
        pass
