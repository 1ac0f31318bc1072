"""Does livebg stay as it was for hours? Memory, threads, descriptors, latency and time stamps, while it is kept busy.

python -m tests.bench.soak --minutes 20: the live loop on the built-in scene at 30 fps, a looping video behind it, the
engine changed every minute, the background in between, outputs that keep nothing. With --size 320x180 --fps 15 hours of
it load a machine little. The first tenth is warm-up.
Exit 1 where memory grows by more than 20 MB an hour beyond its noise, where threads or descriptors grow, where time
stamps drift by more than a frame, or where the latency of the last quarter is more than twice that of the first. A
source that stalls for over a second (a machine that others take whole) begins its time line anew. Not covered: a real
camera, a real virtual camera, a GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tests.bench.machine import percentiles, print_card

SAMPLE_S = 2.0
CHANGES = (
    "engine = 'selfie'\nselfie_model = 'landscape'\nbackground = 'leaf-shadows'\n",
    "engine = 'selfie'\nselfie_model = 'square'\nbackground = 'leaf-shadows'\n",
    "engine = 'selfie'\nselfie_model = 'square'\nbackground = 'bokeh-drift'\n",
    "engine = 'selfie'\nselfie_model = 'landscape'\nbackground = 'bokeh-drift'\n",
)


class Observer:
    """A FrameSink that keeps numbers alone, and changes the settings file in turn."""

    name, is_live, is_watched, reads = "observer", True, True, "image and alpha"

    def __init__(self, settings: Path, change_s: float) -> None:
        self._settings, self._change_s = settings, change_s
        self._process = psutil.Process()
        self._begun_s = self._changed_s = self._sampled_s = time.monotonic()
        self._turn = 0
        self.latencies_ms: list[tuple[float, float]] = []
        self.drifts_s: list[float] = []
        self.samples: list[dict[str, float]] = []
        self.cards = 0

    def write(self, composite: Any) -> None:
        now_s = time.monotonic()
        if composite.alpha is None:
            self.cards += 1
        elif composite.frame is not None:
            frame = composite.frame
            self.latencies_ms.append((now_s - self._begun_s, 1000 * (now_s - frame.captured_at_s)))
            self.drifts_s.append(frame.captured_at_s - frame.media_time_s)
        if now_s - self._sampled_s >= SAMPLE_S:
            self._sampled_s = now_s
            self.samples.append(
                {
                    "at_s": now_s - self._begun_s,
                    "memory_mb": self._process.memory_info().rss / 2**20,
                    "threads": float(threading.active_count()),
                    "descriptors": float(self._process.num_fds()),
                }
            )
        if now_s - self._changed_s >= self._change_s:
            self._changed_s, self._turn = now_s, self._turn + 1
            self._settings.write_text(CHANGES[self._turn % len(CHANGES)])

    def close(self) -> None:
        """Nothing is kept open."""


def measure(minutes: float, size: str, fps: float) -> dict[str, Any]:
    from livebg.core.settings import Settings, change
    from livebg.core.settings_file import SettingsFile, load_file
    from livebg.pipeline.live import run

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.toml"
        path.write_text(CHANGES[0])
        base = Settings(source="synthetic", size=size, fps=fps, seconds=60 * minutes)

        def read() -> Settings:
            return change(base, load_file(path))

        observer = Observer(path, 30.0)
        report = run.run(read(), [observer], file=SettingsFile(path, read, read()))
    return judge(observer, 60 * minutes, report.snapshot.fps, fps)


def judge(observer: Observer, seconds: float, fps: float, wanted_fps: float) -> dict[str, Any]:
    warm = [each for each in observer.samples if each["at_s"] > seconds / 10]
    at_h = np.array([each["at_s"] for each in warm]) / 3600
    memory = np.array([each["memory_mb"] for each in warm])
    (slope, _), covariance = np.polyfit(at_h, memory, 1, cov=True)
    quarters = [[ms for at_s, ms in observer.latencies_ms if low <= 4 * at_s / seconds < low + 1] for low in range(4)]
    half = len(warm) // 2
    drift_s = float(np.median(observer.drifts_s[-300:]) - np.median(observer.drifts_s[300:600]))
    result: dict[str, Any] = {
        "minutes": seconds / 60,
        "fps": round(fps, 2),
        "frames": len(observer.latencies_ms),
        "cards": observer.cards,
        "memory_mb": [round(float(memory[0]), 1), round(float(memory[-1]), 1)],
        "memory_each_tenth_mb": [round(float(each)) for each in memory[:: max(1, len(memory) // 10)]],
        "memory_slope_mb_per_h": round(float(slope), 2),
        "slope_error_mb_per_h": round(float(np.sqrt(covariance[0, 0])), 2),
        "drift_frames": round(drift_s * wanted_fps, 3),
        "latency_ms": [percentiles(each) for each in quarters if each],
    }
    for what in ("threads", "descriptors"):
        result[what] = [statistics.median(each[what] for each in part) for part in (warm[:half], warm[half:])]
    p95 = [each["p95"] for each in result["latency_ms"]]
    result["faults"] = [
        *(["memory grows"] if slope > 20 + 3 * result["slope_error_mb_per_h"] else []),
        *(f"{what} grow" for what in ("threads", "descriptors") if result[what][1] > result[what][0]),
        *(["time stamps drift"] if abs(result["drift_frames"]) > 1 else []),
        *(["latency grows"] if p95[-1] > 2 * p95[0] else []),
    ]
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=float, default=30.0)
    arguments = parser.parse_args()
    print_card()
    result = measure(arguments.minutes, arguments.size, arguments.fps)
    print(json.dumps(result))
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
