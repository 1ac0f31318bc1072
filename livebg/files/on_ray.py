"""The same parts, made by a Ray cluster: each segment is a task of its own, and one whose worker is lost is done again.

A worker reads the film where it finds it at the same place (a shared disk), else it is sent once, through Ray's
object store. Parts come back as bytes, in any order; they are joined here as always.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livebg.errors import LivebgError
from livebg.files.order import Order, Output
from livebg.files.plan import Segment
from livebg.files.task import Made, Makers, Task
from livebg.film_vocabulary import Ticks

if TYPE_CHECKING:
    from livebg.capture.film_index import PacketIndex

log = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 2**20
WAIT_S = 0.5
MOST_CPUS = 4  # of a segment: decoding, matting and encoding overlap
TRIES = 4  # a worker that is lost is no fault of the segment's; one that is lost four times may be


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a worker needs besides the film's bytes: its order and outputs, what was found out by going through all of
    it, and what tells it from another film."""

    order: Order
    outputs: tuple[Output, ...]
    known: PacketIndex
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What comes back: the segment's ticks, each output's bytes, frames without a valid matte, the engine."""

    ticks: Ticks
    files: tuple[bytes, ...]
    unmatted: int
    engine: str


@contextmanager
def cluster(address: str) -> Iterator[Makers]:
    """address: of the cluster's head, 'auto' for the one that this machine belongs to, 'local' for one of its own.

    Raises LivebgError: Ray is not installed, or no cluster answers.
    """
    try:
        import ray
    except ImportError as cause:
        raise LivebgError("--ray needs the library Ray: pip install 'livebg[ray]'") from cause
    try:
        ray.init(None if address == "local" else address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as cause:
        raise LivebgError(
            f"--ray {address}: no cluster answers ({' '.join(str(cause).split())[:200]}); start one with "
            "'ray start --head', or give --ray local for one on this machine alone"
        ) from cause
    try:
        yield functools.partial(_make, ray)
    finally:
        ray.shutdown()


def _make(ray: Any, task: Task, made: Made, stopping: threading.Event) -> Iterator[None]:
    """task.Makers: a step for each segment that has come back, and now and then between."""
    about = task.order.source.stat()
    parcel = ray.put(Parcel(task.order, tuple(task.outputs), task.film.known(), about.st_size, about.st_mtime_ns))
    nodes = [each["Resources"].get("CPU", 1) for each in ray.nodes() if each["Alive"]]
    remote = ray.remote(max_retries=TRIES - 1, num_cpus=min(MOST_CPUS, *nodes))(_made_there)
    film: list[Any] = []
    waiting = {remote.remote(parcel, film, each): each for each in task.left()}
    made.engine = f"on Ray, {len(waiting)} segments for {sum(nodes):g} processors"
    engines: set[str] = set()
    yield
    try:
        while waiting and not stopping.is_set():
            for each in ray.wait(list(waiting), timeout=WAIT_S)[0]:
                segment, part = waiting.pop(each), _fetched(ray, each, task.order)
                if part is None:
                    film = film or _sent(ray, task.order.source)
                    waiting[remote.remote(parcel, film, segment)] = segment
                    continue
                _keep(task, segment, part)
                engines.add(part.engine)
                made.frames, made.unmatted = made.frames + len(part.ticks), made.unmatted + part.unmatted
            yield
    finally:
        for each in waiting:
            ray.cancel(each, force=True)
    if len(engines) > 1:
        made.notes.append(
            f"made by different engines, say which by --engine and --device: {'; '.join(sorted(engines))}"
        )


def _fetched(ray: Any, reference: Any, order: Order) -> Part | None:
    try:
        part: Part | None = ray.get(reference)
    except ray.exceptions.RayTaskError as failure:
        if isinstance(failure.cause, LivebgError):
            raise failure.cause from None
        raise
    except ray.exceptions.RayError as cause:
        told = " ".join(str(cause).split())[:200]
        raise LivebgError(f"{order.source.name}: a segment was lost {TRIES} times on the cluster: {told}") from cause
    return part


def _keep(task: Task, segment: Segment, part: Part) -> None:
    for path, content in zip(task.folder.parts(segment.number), part.files, strict=True):
        path.write_bytes(content)
    task.folder.finish(segment.number, part.ticks)


def _sent(ray: Any, source: Path) -> list[Any]:
    """The film's bytes in the object store, in pieces that are fetched only where they are needed."""
    with source.open("rb") as stream:
        return [ray.put(chunk) for chunk in iter(lambda: stream.read(CHUNK_BYTES), b"")]


def _made_there(parcel: Parcel, film: Sequence[Any], segment: Segment) -> Part | None:
    """On a worker; None: the film is to be sent."""
    from livebg.capture.film import Film
    from livebg.files.maker import Maker
    from livebg.opencv import load_opencv

    load_opencv()
    source = _found(parcel, film)
    if source is None:
        return None
    order, ticks = replace(parcel.order, source=source), list[int]()
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="livebg-")))
        reader = opened.enter_context(closing(Film(source, parcel.known)))
        maker = opened.enter_context(closing(Maker(reader, order, parcel.outputs)))
        paths = [folder / f"{each}.part" for each in range(len(parcel.outputs))]
        for _ in maker.make(segment, paths, ticks):
            pass
        files = tuple(each.read_bytes() for each in paths)
        return Part(np.array(ticks, np.int64), files, maker.unmatted, maker.open())


def _found(parcel: Parcel, film: Sequence[Any]) -> Path | None:
    """The film on this machine: at its own place where it is the same file, else a copy, made once."""
    import ray

    source = parcel.order.source
    try:
        about = source.stat()
    except OSError:
        about = None
    if about is not None and (about.st_size, about.st_mtime_ns) == (parcel.size, parcel.modified_ns):
        return source
    name = hashlib.sha256(f"{source.absolute()} {parcel.size} {parcel.modified_ns}".encode()).hexdigest()[:16]
    copy = Path(tempfile.gettempdir()) / f"livebg-{name}{source.suffix}"
    if not copy.exists() or copy.stat().st_size != parcel.size:
        if not film:
            return None
        half = copy.with_suffix(f".{ray.get_runtime_context().get_worker_id()}")
        with half.open("wb") as stream:
            for each in film:
                stream.write(ray.get(each))
        half.replace(copy)
    return copy
