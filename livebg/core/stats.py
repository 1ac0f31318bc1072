"""How long each stage takes, how many frames came and went. Any thread."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from livebg.core.errors import counted

WINDOW = 900  # frames per stage for the percentiles: 30 s at 30 fps


@dataclass(frozen=True, slots=True)
class Timing:
    """Percentiles of one stage over the window, ms."""

    p50_ms: float
    p95_ms: float
    p99_ms: float

    def line(self) -> str:
        return f"p50 {self.p50_ms:.1f} ms, p95 {self.p95_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All statistics at one moment; plain numbers, safe for another thread."""

    frames: int
    standby_frames: int
    dropped: int
    seconds: float
    fps: float
    stages: dict[str, Timing]
    key_frames: int = 0
    propagated: int = 0
    still: int = 0
    unwritten: int = 0

    def line(self) -> str:
        """One line for people."""
        text = f"{counted(self.frames, 'frame')} in {self.seconds:.1f} s, {self.fps:.1f} fps, {self.dropped} dropped"
        latency = self.stages.get("latency")
        if latency is not None:
            text += f", latency p50 {latency.p50_ms:.0f} ms p95 {latency.p95_ms:.0f} ms"
        if self.propagated or self.still:
            text += f", {counted(self.key_frames, 'key frame')}, {counted(self.propagated, 'matte')} propagated"
            text += f", {self.still} kept (still)"
        if self.standby_frames:
            text += f", {self.standby_frames} without a valid matte (standby shown)"
        if self.unwritten:
            text += f", {self.unwritten} could not be recorded"
        return text


@dataclass(frozen=True, slots=True)
class MatteTotals:
    """Where the frames' mattes came from: the engine, propagation from key frames, or a static picture's last one."""

    key_frames: int = 0
    propagated: int = 0
    still: int = 0


class Stats:
    """Counts frames and keeps the newest durations of every stage. `latency` is capture to last output."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # the processing thread adds while the loop's thread takes a snapshot
        self.frames = 0
        self.standby_frames = 0
        self.dropped = 0
        self.unwritten = 0  # frames that recordings left out
        self.failures: list[Exception] = []  # of outputs that failed and got no more frames
        self._totals = self._totals_before = MatteTotals()
        self._durations_s: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=WINDOW))
        self._frame_ends_s: deque[float] = deque(maxlen=WINDOW)
        self._started_s = time.monotonic()

    def restart_clock(self) -> None:
        """Counts from now on: once everything is open, before the first frame; the bench calls it after its warm-up."""
        with self._lock:
            self.frames = self.standby_frames = self.dropped = 0
            self._durations_s.clear()
            self._frame_ends_s.clear()
            self._totals_before = self._totals
            self._started_s = time.monotonic()

    def time(self, stage: str) -> _Stopwatch:
        """Adds the time that its `with` block takes, if that ends without an exception."""
        return _Stopwatch(self, stage)

    def add(self, stage: str, duration_s: float) -> None:
        with self._lock:
            self._durations_s[stage].append(duration_s)

    def newest_s(self, stage: str, count: int) -> list[float]:
        """The newest durations of a stage, at most so many."""
        with self._lock:
            return list(islice(reversed(self._durations_s.get(stage, ())), count))

    def count_mattes(self, totals: MatteTotals) -> None:
        """totals: the matting engine's counts since it was opened."""
        self._totals = totals

    def frame_done(self, captured_at_s: float, busy_s: float) -> None:
        """captured_at_s: monotonic clock; busy_s: this frame's time from its begin to the last output."""
        now_s = time.monotonic()
        self.add("frame", busy_s)
        self.add("latency", now_s - captured_at_s)
        with self._lock:
            self.frames += 1
            self._frame_ends_s.append(now_s)

    def snapshot(self) -> Snapshot:
        with self._lock:
            ends = list(self._frame_ends_s)
            durations_s = {stage: list(each) for stage, each in self._durations_s.items()}
        span_s = ends[-1] - ends[0] if len(ends) > 1 else 0.0
        return Snapshot(
            frames=self.frames,
            standby_frames=self.standby_frames,
            dropped=self.dropped,
            seconds=time.monotonic() - self._started_s,
            fps=(len(ends) - 1) / span_s if span_s > 0 else 0.0,
            stages={stage: timing(sorted(each)) for stage, each in durations_s.items()},
            key_frames=self._totals.key_frames - self._totals_before.key_frames,
            propagated=self._totals.propagated - self._totals_before.propagated,
            still=self._totals.still - self._totals_before.still,
            unwritten=self.unwritten,
        )


class _Stopwatch:
    __slots__ = ("_stage", "_started_s", "_stats")

    def __init__(self, stats: Stats, stage: str) -> None:
        self._stats, self._stage = stats, stage

    def __enter__(self) -> None:
        self._started_s = time.perf_counter()

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is None:
            self._stats.add(self._stage, time.perf_counter() - self._started_s)


def timing(durations_s: Sequence[float]) -> Timing:
    """Percentiles (nearest rank) of sorted durations, s → ms."""

    def at(share: float) -> float:
        return 1000 * durations_s[min(len(durations_s) - 1, int(share * len(durations_s)))]

    return Timing(at(0.50), at(0.95), at(0.99))
