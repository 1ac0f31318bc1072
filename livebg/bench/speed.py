"""One pass of the live loop over a recording, measured from inside: rate, times, CPU, memory, start.

Runs in a child process (child.py), so that memory and CPU time are livebg's alone; main thread.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from typing import Any

from livebg.bench.recording import Loop, Recording
from livebg.capture.playback import play
from livebg.capture.wrapped import WrappedSource
from livebg.core.errors import LivebgError, ModelError
from livebg.core.machine import cores, memory_bytes
from livebg.core.settings import Settings, change
from livebg.core.stats import Snapshot, Stats, Timing
from livebg.core.types import Composite, EndOfSource, Frame, FrameSource, Reads
from livebg.pipeline.live import run
from livebg.sinks.null import NullSink

log = logging.getLogger(__name__)

WARM_S = 2.0  # caches fill, load control settles; not counted
LOOK_S = 0.5  # between two readings of the memory


def measure(settings: Settings, recording: Recording, pace: str, seconds: float, began_s: float) -> dict[str, Any]:
    """One pass of `seconds` at this pace ('own': a camera's; 'every-frame': flat out), after WARM_S of warm-up.

    began_s: monotonic clock at this process's start. Raises LivebgError.
    """
    loop, stats = Loop(recording), Stats()
    metered = Metered(play(loop, pace), loop, stats, seconds)
    sink = FirstLook(stats, metered.memory)
    report = run.run(change(settings, {"pace": pace, "seconds": 0.0, "to": ()}), [sink], metered, stats)
    snapshot = report.snapshot
    if not metered.elapsed_s:
        raise LivebgError("stopped before the time was up")
    if snapshot.frames == 0:
        raise ModelError(f"no frame came out within {WARM_S + seconds:g} s; try more --seconds or --engine selfie")
    if snapshot.standby_frames == snapshot.frames:
        raise ModelError(f"no frame had a valid matte ({report.engine}); run livebg with --verbose to see why")
    frames, elapsed_s = snapshot.frames, metered.elapsed_s
    cpu_ms = 1000 * metered.cpu_s / frames
    return {
        "description": report.engine,
        "source": report.source.name,
        "size": f"{recording.width}x{recording.height}",
        "seconds": round(elapsed_s, 2),
        "frames": frames,
        "fps": round(frames / elapsed_s, 2),
        "dropped": snapshot.dropped,
        "cpu_ms_per_frame": round(cpu_ms, 2),
        "cpu_share": round(cpu_ms * recording.fps / 1000 / cores(), 3),
        "memory_mb": round(metered.memory_now / 2**20),
        "memory_peak_mb": round(metered.memory_peak / 2**20),
        "start_s": None if sink.first_s is None else round(sink.first_s - began_s, 2),
        "counts": counts(snapshot),
        **times(snapshot),
    }


def times(snapshot: Snapshot) -> dict[str, Any]:
    """Percentiles in ms: the whole frame in the loop, capture to last output, and each stage."""
    stages = {name: _percentiles(timing) for name, timing in snapshot.stages.items()}
    frame, latency = stages.pop("frame", None), stages.pop("latency", None)
    return {"frame_ms": frame, "latency_ms": latency, "stages": stages}


def counts(snapshot: Snapshot) -> dict[str, int]:
    """The loop's other counters (key frames, propagated mattes), by name; none that stayed 0."""
    elsewhere = ("frames", "dropped")
    pairs = ((each.name, getattr(snapshot, each.name)) for each in dataclasses.fields(snapshot))
    return {name: value for name, value in pairs if isinstance(value, int) and value and name not in elsewhere}


def _percentiles(timing: Timing) -> dict[str, float]:
    return {name: round(getattr(timing, f"{name}_ms"), 2) for name in ("p50", "p95", "p99")}


class FirstLook(NullSink):
    """A null sink that calls `seen` once, when the first composite with a matte comes."""

    reads: Reads = "image"  # what a window or a recording reads

    def __init__(self, stats: Stats, seen: Callable[[], None]) -> None:
        super().__init__()
        self._stats, self._seen = stats, seen
        self._standby_before = 0
        self.first_s: float | None = None

    def write(self, composite: Composite) -> None:
        super().write(composite)
        if self.first_s is not None or composite.frame is None:
            return
        if self._stats.standby_frames == self._standby_before:
            self.first_s = time.monotonic()
            self._seen()
        self._standby_before = self._stats.standby_frames


class Metered(WrappedSource):
    """A FrameSource around another: lets WARM_S pass, then starts the counting, and ends the source after the time."""

    def __init__(self, source: FrameSource, loop: Loop, stats: Stats, seconds: float) -> None:
        super().__init__(source)
        self._loop, self._stats, self._seconds = loop, stats, seconds
        self._begun_s = self._counting_s = self._looked_s = 0.0
        self._dropped_before = 0
        self.elapsed_s = self.cpu_s = 0.0
        self.memory_now = self.memory_peak = 0

    @property
    def dropped(self) -> int:
        """Since the counting began."""
        return super().dropped - self._dropped_before

    def read(self, timeout_s: float) -> Frame | None:
        now_s = time.monotonic()
        self._begun_s = self._begun_s or now_s
        if not self._counting_s and now_s - self._begun_s >= WARM_S:
            self._start(now_s)
        elif self._counting_s and now_s - self._counting_s >= self._seconds:
            self._finish(now_s)
            raise EndOfSource
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self.memory()
        return super().read(timeout_s)

    def memory(self) -> None:
        """Reads the resident memory, bytes, less the recording's pictures; the first reading sees what came before."""
        now, highest = memory_bytes()
        self.memory_now = now - self._loop.shown_bytes
        first = highest - self._loop.shown_bytes if not self.memory_peak else 0
        self.memory_peak = max(self.memory_peak, self.memory_now, first)

    def _start(self, now_s: float) -> None:
        self._counting_s, self._dropped_before = now_s, super().dropped
        self._stats.restart_clock()
        self.cpu_s = -time.process_time()

    def _finish(self, now_s: float) -> None:
        self.cpu_s += time.process_time()
        self.elapsed_s = now_s - self._counting_s
        self.memory()
