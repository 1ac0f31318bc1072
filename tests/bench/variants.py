"""Several settings on the same frames in one process, turn by turn, judged by the instrument of LIVEBG_SHARED/cases.

Each variant is a whole `app.run` in a thread of its own, given one frame at a time and waited for: only one ever works.
So nothing but the public parts is used, and each variant's network, stages and memory are its own. For benches only.
"""

from __future__ import annotations

import queue
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from unittest import mock

import cv2
import numpy as np

from livebg import models
from livebg.core.engines import MattingEngine
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Composite, EndOfSource, Frame, Image, Matte, Reads, SourceInfo
from livebg.pipeline.live import run
from tests.bench.cases import Case, Row, instrument
from tests.bench.teeth import Ring
from tests.bench.tremor import Tremor

WARM_FRAMES = 10  # fed but not counted, as evaluate.py does
TEETH_EVERY = 5  # frames
PATIENCE_S = 180.0  # the very first start of all compiles every loop
NOT_AFTER_NETWORK = ("matte", "output")
OFF: dict[str, dict[str, Any]] = {
    "closer_look off": {"closer_look": False},
    "presence off": {"presence": False},
    "plate off": {"plate": "off"},
    "smoothing 0": {"smoothing": 0.0},
    "colours off": {"colours": False},
    "settle off": {"settle": False},
    "edges plain": {"edges": "plain"},
    "foreground plain": {"foreground": "plain"},
    "still gate off": {"still_gate": False},
}
ALL_OFF: dict[str, Any] = {name: value for each in OFF.values() for name, value in each.items()}


class Clock(Stats):
    """Stats that keep, frame by frame, what each stage took: wall time, and CPU time of the loop's thread, ms.

    On a machine that others use too, the CPU time is the one to compare: stages run on that one thread.
    """

    def __init__(self) -> None:
        self.wall: list[Row] = []
        self.cpu: list[Row] = []
        self._wall: Row = {}
        self._cpu: Row = {}
        super().__init__()

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        began_s = time.thread_time()
        with super().time(stage):
            yield
        self._cpu[stage] = self._cpu.get(stage, 0.0) + 1000 * (time.thread_time() - began_s)

    def add(self, stage: str, duration_s: float) -> None:
        super().add(stage, duration_s)
        if stage == "frame":
            self.cpu.append(self._cpu)
            self.wall.append(self._wall)
            self._wall, self._cpu = {}, {}
        elif stage != "latency":
            self._wall[stage] = self._wall.get(stage, 0.0) + 1000 * duration_s


def after_network_ms(rows: Sequence[Row]) -> float:
    """p50 over the frames that count of all stages after the network together; rows: of a Clock."""
    sums = [sum(ms for stage, ms in row.items() if stage not in NOT_AFTER_NETWORK) for row in _counted(rows)]
    return statistics.median(sums)


def stages_ms(rows: Sequence[Row]) -> Row:
    """p50 of each stage."""
    names = dict.fromkeys(name for row in _counted(rows) for name in row)
    return {name: statistics.median(row.get(name, 0.0) for row in _counted(rows)) for name in names}


def _counted(rows: Sequence[Row]) -> Sequence[Row]:
    return rows[min(WARM_FRAMES, len(rows) - 1) :]


class Engine(Protocol):
    """A MattingEngine for one variant; all variants of a clip are to answer a frame with the same alpha."""

    def __call__(self, settings: Settings, info: SourceInfo) -> MattingEngine: ...


class Variant:
    """One live loop, one frame at a time: its own FrameSource and FrameSink. A context manager; raises what it raised.

    engine: instead of the one that the settings name.
    """

    is_live, is_watched, reads, dropped = False, True, "image and alpha", 0

    def __init__(self, name: str, settings: Settings, info: SourceInfo, engine: Engine | None = None) -> None:
        self.name, self.info, self.clock = name, info, Clock()
        self.reads: Reads
        self._settings = settings
        cv2.setNumThreads(1)  # as livebg keeps it, whoever imported it first: or the loop's CPU time would not be all
        self._frames: queue.Queue[Frame | None] = queue.Queue()
        self._answers: queue.Queue[Composite | BaseException] = queue.Queue()
        self._is_open = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)
        with mock.patch.object(models, "open_engine", engine or models.open_engine):
            self._thread.start()
            self._is_open.wait(PATIENCE_S)

    def show(self, frame: Frame) -> Composite:
        """The composite of this frame; the frame is a value of the variant's own, so that none pays for another."""
        self._frames.put(Frame(frame.image, frame.sequence, frame.captured_at_s, frame.media_time_s))
        answer = self._answers.get(timeout=PATIENCE_S)
        if isinstance(answer, BaseException):
            raise answer
        while len(self.clock.wall) < frame.sequence + 1 and self._thread.is_alive():
            threading.Event().wait(0.0002)  # the loop has written, and is counting
        return answer

    def _run(self) -> None:
        try:
            run.run(self._settings, [self], self, self.clock)
        except BaseException as failure:  # noqa: BLE001 - handed to the bench's thread, which raises it
            self._answers.put(failure)
        self._is_open.set()

    def rest(self, is_resting: bool) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        self._is_open.set()
        try:
            frame = self._frames.get(timeout=timeout_s or None) if timeout_s else self._frames.get_nowait()
        except queue.Empty:
            return None
        if frame is None:
            raise EndOfSource
        return frame

    def write(self, composite: Composite) -> None:
        self._answers.put(composite)

    def close(self) -> None:
        """Called as a source and as a sink; nothing to give back."""

    def __enter__(self) -> Variant:
        return self

    def __exit__(self, *_: object) -> None:
        self._frames.put(None)
        self._thread.join(PATIENCE_S)


def bytes_of(alpha: Matte | None, shape: tuple[int, ...]) -> Image:
    """The alpha as a recording holds it: uint8 (H, W); no matte counts as nobody."""
    return np.zeros(shape, np.uint8) if alpha is None else np.rint(alpha * 255).astype(np.uint8)


def measure(
    case: Case,
    settings: Mapping[str, Settings],
    most_frames: int = 0,
    engine: Engine | None = None,
    before: Callable[[Frame, Image | None], None] = lambda _frame, _truth: None,
) -> dict[str, Any]:
    """{variant: measures} of one clip: the instrument's keys, teeth, tremor, ms, cpu_ms, and stages_ms (CPU) of each.

    engine: instead of the settings' own; before: called with each frame and its truth before the variants get it.
    """
    shared = instrument().Shared()
    judges = {name: Judge() for name in settings}
    running: list[Variant] = []
    with ExitStack() as parts:
        for number, (frame, truth, valid) in enumerate(case.frames()):
            if most_frames and number == most_frames:
                break
            if not running:
                info = SourceInfo(case.name, frame.width, frame.height, 30.0, False)
                for name, each in settings.items():
                    running.append(parts.enter_context(Variant(name, each, info, engine)))
            shared.add(frame.image, truth, valid)
            before(frame, truth)
            silver = case.silver_of(number)
            is_looked_at = truth is not None and truth.any() and number >= WARM_FRAMES and number % TEETH_EVERY == 0
            ring = Ring(truth, valid) if is_looked_at else None
            first = number % len(running)  # none always comes right after the same one
            for variant in (*running[first:], *running[:first]):
                matte = bytes_of(variant.show(frame).alpha, frame.image.shape[:2])
                judges[variant.name].look(shared, matte, ring, silver)
    return {each.name: {**judges[each.name].result(), **times_of(each.clock)} for each in running}


class Judge:
    """Of one variant's mattes, uint8 (H, W)."""

    def __init__(self) -> None:
        self._metrics = instrument()
        self._clip = self._metrics.ClipMetrics(slow_every=10**6, warm=WARM_FRAMES)
        self._silvers, self._teeth, self._tremor, self._frames = list[Row](), list[float](), Tremor(), 0

    def look(self, shared: Any, matte: Image, ring: Ring | None, silver: Image | None) -> None:
        """shared: the instrument's, of this frame. ring, silver: None where they say nothing of this frame."""
        self._clip.step(shared, matte)
        if self._frames >= WARM_FRAMES:
            self._tremor.add(shared, matte)
        self._frames += 1
        if ring is not None:
            self._teeth.append(ring.teeth(matte))
        if silver is not None:
            self._silvers.append(self._metrics.frame_metrics(matte, silver, slow=False))

    def result(self) -> dict[str, Any]:
        """The instrument's measures, silver_*, teeth and tremor."""
        measured: dict[str, Any] = self._clip.result()
        for key in self._silvers[0] if self._silvers else ():
            measured[f"silver_{key}"] = statistics.mean(each[key] for each in self._silvers)
        if self._teeth:
            measured["teeth"] = float(np.nanmean(self._teeth))
        measured["tremor"] = self._tremor.result()
        return measured


def times_of(clock: Clock) -> dict[str, Any]:
    return {
        "ms": after_network_ms(clock.wall),
        "cpu_ms": after_network_ms(clock.cpu),
        "stages_ms": stages_ms(clock.cpu),
    }


class Given:
    """A MattingEngine whose next alpha is laid before it, and the Engine that answers with it."""

    description = "given"

    def __init__(self) -> None:
        self.values = np.zeros((1, 1), np.float32)

    def __call__(self, settings: Settings, info: SourceInfo) -> Given:
        del settings, info
        return self

    def matte(self, frame: Frame) -> Alpha:
        return Alpha(self.values.copy(), frame.sequence)

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing to give back."""
