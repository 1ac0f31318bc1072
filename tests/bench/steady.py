"""Question: does the live loop hold its rate and latency for minutes, and while other programs take every core?

    python -m tests.bench.steady [--engine rmbg] [--minutes 5] [--load-from 60 --load-to 90] [--size 1280x720]

The real loop (app.run) on 3 s of a clip played from memory at 30 fps, into a sink that keeps nothing. rmbg has
deterministic weights, which cost what the real ones cost. From --load-from to --load-to seconds one busy program per
core runs beside it, at equal priority. One row for every 5 s: fps, capture-to-output latency, standby pictures, key
frames and their time, memory, and what load control said. Decoding, encoding and the virtual camera are not covered.
Last line: JSON, with the whole time but the load, the load, and how long until a second at full rate after it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Composite
from livebg.pipeline.live import run
from livebg.sinks.null import NullSink
from tests.bench.loop import _deterministic_weights
from tests.bench.machine import SHARED, print_card

WARM_S, ROW_S = 5.0, 5.0


class Seen(NullSink):
    """Notes when each composite came and how late; begins and ends the load; prints a row now and then."""

    def __init__(self, arguments: argparse.Namespace, stats: Stats) -> None:
        super().__init__(is_live=True)
        self._arguments, self._stats = arguments, stats
        self.rows: list[tuple[float, float, bool]] = []  # s since the first, latency s, is standby
        self._begun_s = self._row_s = 0.0
        self._busy: list[subprocess.Popen[bytes]] = []
        self._key_frames = 0

    def write(self, composite: Composite) -> None:
        super().write(composite)
        if composite.frame is None:
            return
        now_s = time.monotonic()
        self._begun_s = self._begun_s or now_s
        at_s = now_s - self._begun_s
        self.rows.append((at_s, now_s - composite.frame.captured_at_s, composite.alpha is None))
        if self._arguments.load_from <= at_s < self._arguments.load_to and not self._busy:
            busy = [sys.executable, "-c", "while True: pass"]
            self._busy = [subprocess.Popen(busy) for _ in range(len(os.sched_getaffinity(0)))]
        if at_s >= self._arguments.load_to:
            self.end_load()
        if at_s - self._row_s >= ROW_S:
            self._print_row(at_s)
            self._row_s = at_s

    def end_load(self) -> None:
        while self._busy:
            one = self._busy.pop()
            one.kill()
            one.wait()

    def _print_row(self, at_s: float) -> None:
        snapshot = self._stats.snapshot()
        part = summary([row for row in self.rows if row[0] > self._row_s], at_s - self._row_s)
        keys, self._key_frames = snapshot.key_frames - self._key_frames, snapshot.key_frames
        memory = psutil.Process().memory_info().rss / 2**20
        print(f"{at_s:6.0f} s  {part}  key frames {keys / ROW_S:.1f}/s  {memory:.0f} MB", flush=True)


def summary(rows: list[tuple[float, float, bool]], seconds: float) -> dict[str, float]:
    late_ms = [1000 * late_s for _, late_s, _ in rows]
    p50, p95, p99 = (round(float(np.percentile(late_ms, each)), 1) for each in (50, 95, 99))
    standby = sum(is_standby for _, _, is_standby in rows)
    return {"fps": round(len(rows) / seconds, 1), "p50": p50, "p95": p95, "p99": p99, "standby": standby}


def recovery_s(rows: list[tuple[float, float, bool]], load_to: float, rate: float) -> float | None:
    """Seconds after the load until a second with 95 % of the rate begins, in steps of 0.1 s."""
    times = np.array([at_s for at_s, _, _ in rows])
    for start in np.arange(load_to, times[-1] - 1, 0.1):
        if np.count_nonzero((times >= start) & (times < start + 1)) >= 0.95 * rate:
            return round(float(start - load_to), 1)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="rmbg", choices=("rmbg", "selfie"))
    parser.add_argument("--clip", default=str(SHARED / "cases" / "clips" / "d01_sway_longhair.mp4"))
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--load-from", type=float, default=float("inf"))
    parser.add_argument("--load-to", type=float, default=float("inf"))
    parser.add_argument("--matte-size", type=int, default=0)
    parser.add_argument("--latency", default="lowest")
    arguments = parser.parse_args()
    load_opencv()  # before what follows imports it: livebg keeps it to one thread
    from livebg.bench.recording import Loop, record
    from livebg.capture.playback import play

    print_card()
    logging.basicConfig(format="          %(message)s", level=logging.INFO, stream=sys.stdout)
    with tempfile.TemporaryDirectory() as folder:
        weights = _deterministic_weights(Path(folder)) if arguments.engine == "rmbg" else ""
        settings = Settings(
            source=arguments.clip,
            engine=arguments.engine,
            weights=weights,
            matte_size=arguments.matte_size,
            latency=arguments.latency,
            seconds=60 * arguments.minutes,
        )
        recording, stats = record(settings, Path(folder)), Stats()
        sink = Seen(arguments, stats)
        try:
            report = run.run(settings, [sink], play(Loop(recording), "own"), stats)
        finally:
            sink.end_load()
    print(json.dumps(result(sink.rows, arguments, report.engine, recording.fps)))
    return 0


def result(
    rows: list[tuple[float, float, bool]], arguments: argparse.Namespace, engine: str, rate: float
) -> dict[str, Any]:
    end = rows[-1][0]
    load_from, load_to = min(arguments.load_from, end), min(arguments.load_to, end)
    quiet = [row for row in rows if row[0] > WARM_S and not load_from <= row[0] < load_to + 2]
    quiet_s = end - WARM_S - (min(load_to + 2, end) - load_from if load_from < end else 0)
    told: dict[str, Any] = {"engine": engine, "seconds": round(end), "quiet": summary(quiet, quiet_s)}
    if load_from < end:
        loaded = [row for row in rows if load_from <= row[0] < load_to]
        told |= {"loaded": summary(loaded, load_to - load_from), "recovery_s": recovery_s(rows, load_to, rate)}
    return told


if __name__ == "__main__":
    sys.exit(main())
