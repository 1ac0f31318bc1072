"""Makes the same parts on a Ray cluster: each segment is a task, and if its worker is lost, Ray does it again.

A worker reads the film at the same path (a shared disk) if it is there; else livebg sends it once, through Ray's object
store, and the worker's disk keeps it during the job, where nobody else can read it. Parts come back as bytes, in any
order; livebg joins them here as always. SHA-256 checks all data that goes from one machine to another.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livebg.core.errors import LivebgError, described
from livebg.core.private_files import Folder, new_file, sweep, temporary_folder
from livebg.media.files import unwritable
from livebg.media.video.types import Ticks
from livebg.pipeline.film.segments import Segment
from livebg.pipeline.film.spec import FilmJob, Output
from livebg.pipeline.film.task import Made, SegmentWorkers, Task

if TYPE_CHECKING:
    from livebg.media.video.index import PacketIndex

log = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 2**20
WAIT_S = 0.5
TIDY_S = 10.0
# For Ray, CLUSTER "0" means: on this machine alone, by its loopback address, on any system.
OWN_CLUSTER = {"RAY_AUTH_MODE": "token", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
MOST_CPUS = 4  # of a segment: decoding, matting and encoding overlap
TRIES = 4  # a lost worker is not the segment's fault; after four losses it may be


@dataclass(frozen=True, slots=True)
class Parcel:
    """A worker's input besides the film's bytes: job and outputs, the index from going through the whole film, and the
    film's identity."""

    job: FilmJob
    outputs: tuple[Output, ...]
    known: PacketIndex
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A film in the object store: references to its pieces, and the SHA-256 of all."""

    chunks: tuple[Any, ...]
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A worker's answer: the segment's ticks, each output's bytes and their SHA-256, frames without a valid matte, the
    engine."""

    ticks: Ticks
    files: tuple[bytes, ...]
    sha256: tuple[str, ...]
    unmatted: int
    engine: str


@contextmanager
def cluster(address: str) -> Iterator[SegmentWorkers]:
    """address: of the cluster's head, 'auto' for this machine's cluster, 'local' for one of livebg's own.

    Raises LivebgError: Ray is not installed, or no cluster answers.
    """
    with ExitStack() as opened:
        options: dict[str, Any] = {"address": address}
        try:
            if address == "local":
                options = _own_cluster(opened)
            import ray
        except ImportError as cause:
            raise LivebgError("--ray needs the library Ray: pip install 'livebg[ray]'") from cause
        opened.callback(ray.shutdown)
        try:
            ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
        except Exception as cause:
            raise LivebgError(
                f"--ray {address}: no cluster answers ({_line(cause)}); start one with "
                "'ray start --head', or give --ray local for one on this machine alone"
            ) from cause
        yield functools.partial(_make, ray)


def _own_cluster(opened: ExitStack) -> dict[str, Any]:
    """For a cluster on this machine alone: it listens on the loopback address, requires a secret of this run, and
    spills to the disk in a folder that only this user can read. Call it before Ray loads and reads the environment; if
    the program has loaded Ray before, its values stay."""
    if "ray" not in sys.modules:
        for name, value in {**OWN_CLUSTER, "RAY_AUTH_TOKEN": secrets.token_hex(32)}.items():
            opened.callback(_set_environment, name, os.environ.get(name))
            _set_environment(name, value)
    folder = opened.enter_context(temporary_folder())
    return {"_node_ip_address": "127.0.0.1", "include_dashboard": False, "_temp_dir": str(folder)}


def _set_environment(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _make(ray: Any, task: Task, made: Made, stopping: threading.Event) -> Iterator[None]:
    """task.SegmentWorkers: a step for each segment that comes back, and now and then between."""
    about = task.job.source.stat()
    parcel = ray.put(Parcel(task.job, tuple(task.outputs), task.film.known(), about.st_size, about.st_mtime_ns))
    nodes = [each["Resources"].get("CPU", 1) for each in ray.nodes() if each["Alive"]]
    remote = ray.remote(max_retries=TRIES - 1, num_cpus=min(MOST_CPUS, *nodes))(_made_there)
    film: Sent | None = None
    waiting = {remote.remote(parcel, film, each): each for each in task.left()}
    made.engine = f"on Ray, {len(waiting)} segments for {sum(nodes):g} processors"
    engines: set[str] = set()
    yield
    try:
        while waiting and not stopping.is_set():
            for each in ray.wait(list(waiting), timeout=WAIT_S)[0]:
                segment, part = waiting.pop(each), _fetched(ray, each, task.job)
                if part is None:
                    film = film or _sent(ray, task.job.source)
                    waiting[remote.remote(parcel, film, segment)] = segment
                    continue
                _keep(task, segment, part)
                engines.add(part.engine)
                made.frames, made.unmatted = made.frames + len(part.ticks), made.unmatted + part.unmatted
            yield
    finally:
        for each in waiting:
            ray.cancel(each, force=True)
        if film is not None:
            _tidy(ray)
    if len(engines) > 1:
        made.notes.append(
            f"made by different engines, say which by --engine and --device: {'; '.join(sorted(engines))}"
        )


def _tidy(ray: Any) -> None:
    """Removes the film's copies from all machines; from one that does not answer, when livebg next starts there."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    remote = ray.remote(num_cpus=0)(sweep)
    alive = [each["NodeID"] for each in ray.nodes() if each["Alive"]]
    swept = [
        remote.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=each, soft=False)).remote()
        for each in alive
    ]
    ray.wait(swept, num_returns=len(swept), timeout=TIDY_S)


def _fetched(ray: Any, reference: Any, job: FilmJob) -> Part | None:
    try:
        part: Part | None = ray.get(reference)
    except ray.exceptions.RayTaskError as failure:
        if isinstance(failure.cause, LivebgError):
            raise failure.cause from None
        log.debug("a worker's failure", exc_info=failure)
        raise LivebgError(
            f"{job.source.name}: a worker of the cluster failed ({_line(failure.cause)}); every machine there "
            "needs the same livebg and the same packages"
        ) from failure
    except ray.exceptions.RayError as cause:
        raise LivebgError(
            f"{job.source.name}: a segment was lost {TRIES} times on the cluster: {_line(cause)}"
        ) from cause
    return part


def _line(cause: Exception) -> str:
    return described(cause)[:200]


def _keep(task: Task, segment: Segment, part: Part) -> None:
    if part.sha256 != tuple(hashlib.sha256(each).hexdigest() for each in part.files):
        raise LivebgError(f"{task.job.source.name}: a segment was damaged on its way from the cluster; try --resume")
    for path, content, output in zip(task.folder.parts(segment.number), part.files, task.outputs, strict=True):
        try:
            new_file(path).write_bytes(content)
        except OSError as cause:
            raise unwritable(output.target, cause) from cause
    task.folder.finish(segment.number, part.ticks)


def _sent(ray: Any, source: Path) -> Sent:
    """The film's bytes in the object store, in pieces; workers fetch them only if they need them."""
    content, chunks = hashlib.sha256(), list[Any]()
    with source.open("rb") as stream:
        for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""):
            content.update(chunk)
            chunks.append(ray.put(chunk))
    return Sent(tuple(chunks), content.hexdigest())


def _made_there(parcel: Parcel, film: Sent | None, segment: Segment) -> Part | None:
    """Runs on a worker; None: send the film first."""
    from livebg.core.opencv import load_opencv
    from livebg.media.video.reader import Film
    from livebg.pipeline.film.worker import SegmentWorker

    load_opencv()
    with ExitStack() as opened:
        source = parcel.job.source
        if not _is_here(parcel):
            if film is None:
                return None
            source = opened.enter_context(_copied(film, source.suffix))
        job, ticks = replace(parcel.job, source=source), list[int]()
        folder = opened.enter_context(temporary_folder())
        reader = opened.enter_context(closing(Film(source, parcel.known)))
        worker = opened.enter_context(closing(SegmentWorker(reader, job, parcel.outputs)))
        paths = [folder / f"{each}.part" for each in range(len(parcel.outputs))]
        for _ in worker.make(segment, paths, ticks):
            pass
        files = tuple(each.read_bytes() for each in paths)
        hashes = tuple(hashlib.sha256(each).hexdigest() for each in files)
        return Part(np.array(ticks, np.int64), files, hashes, worker.unmatted, worker.open())


def _is_here(parcel: Parcel) -> bool:
    """Whether this machine has the film at its own path: the same file, which no other user can have put there."""
    try:
        about = parcel.job.source.stat()
    except OSError:
        return False
    owners = {0, getattr(os, "geteuid", lambda: about.st_uid)()}
    return (about.st_size, about.st_mtime_ns) == (parcel.size, parcel.modified_ns) and about.st_uid in owners


_copies: dict[str, Folder] = {}  # of a worker's process: the copy that its last task used, by SHA-256


@contextmanager
def _copied(film: Sent, suffix: str) -> Iterator[Path]:
    """A copy of the sent film. Between two tasks livebg may remove it, as it does when the job ends."""
    folder = _copies.pop(film.sha256, None)
    if folder is None or not folder.take():
        folder = Folder()
    try:
        copy = folder.path / f"film{suffix}"
        if not copy.exists():
            _copy(film, copy)
        _copies[film.sha256] = folder
        yield copy
    finally:
        if film.sha256 in _copies:
            folder.leave()
        else:
            folder.remove()


def _copy(film: Sent, copy: Path) -> None:
    import ray

    content = hashlib.sha256()
    with new_file(copy).open("wb") as stream:
        for each in film.chunks:
            chunk = ray.get(each)
            content.update(chunk)
            stream.write(chunk)
    if content.hexdigest() != film.sha256:
        raise LivebgError(f"{copy.name}: the film was damaged on its way to a worker; try --resume")
