"""Question: what do blending, cutting out and smoothing cost per frame, beside the naive ways, and what at start?

    python -m tests.bench.compositing [--rounds 60] [--no-start]

Every way takes its turn in each round, on one thread, on the synthetic scene with an edge about as soft as a real
matte's; CPU is the thread's own time. `written` fills a picture or alpha in memory that is kept, and in fresh memory
while the last four live on, as composites do: the difference is what giving results away costs. Start: the kernels'
`prepare()` in a new process, compiled and then read from disk. Not covered: reading frames, sinks. Last line: JSON.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np

from tests.bench.machine import ROOT, percentiles, print_card

SIZES = ((1280, 720), (1920, 1080))
WARM_UP = 5
START = """
import time
began_s, cpu_s = time.perf_counter(), time.process_time()
import numba
imported_s = time.perf_counter()
from livebg.matting.refine import guided_filter
from livebg.matting.temporal import smoothing
from livebg.scene.compositing import compositor
for each in (compositor, smoothing, guided_filter):
    each.prepare()
print(imported_s - began_s, time.perf_counter() - imported_s, time.process_time() - cpu_s)
"""


def alternate(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, dict[str, float]]:
    """Wall p50, p95, p99 and the median CPU time of each way, ms."""
    wall_ms: dict[str, list[float]] = {way: [] for way in ways}
    cpu_ms: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + WARM_UP):
        for way, function in ways.items():
            began_s, cpu_began_s = time.perf_counter(), time.thread_time()
            function()
            cpu_s, taken_s = time.thread_time() - cpu_began_s, time.perf_counter() - began_s
            if number >= WARM_UP:
                wall_ms[way].append(1000 * taken_s)
                cpu_ms[way].append(1000 * cpu_s)
    return {way: {**percentiles(wall_ms[way]), "cpu": round(float(np.median(cpu_ms[way])), 2)} for way in ways}


def _blended(image: np.ndarray, share: np.ndarray, background: np.ndarray) -> np.ndarray:
    return np.rint(share * image + (1 - share) * background).astype(np.uint8)


def _ways(width: int, height: int) -> dict[str, Callable[[], Any]]:
    from livebg.capture.synthetic.scene import SyntheticScene
    from livebg.core.resize import shrink, small_size
    from livebg.core.settings import Settings
    from livebg.core.types import Alpha, Frame
    from livebg.scene.compositing.compositor import Compositor, cut_out, over
    from tests.chains import Smoothing

    scene, smoother, alive = SyntheticScene(width, height), Smoothing(), collections.deque[Any](maxlen=4)
    frames = [Frame(scene.image(each / 30), each, 0.0, each / 30) for each in range(2)]
    image, background = frames[0].image, np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    alpha = cv2.GaussianBlur(scene.true_alpha(0.0).astype(np.float32), (0, 0), height / 180)
    alpha = ((alpha - 0.5) * 1.1 + 0.5).clip(0, 1).astype(np.float32)
    small = [cv2.resize(scene.true_alpha(each / 30), (256, 144), interpolation=cv2.INTER_AREA) for each in range(2)]
    for frame in frames:
        shrink(frame, 256, 144)
    shrink(frames[0], *small_size(height, width))
    compositor, estimated = Compositor(), Settings()
    lit = Settings(light_wrap=0.5, colour_match=0.5, low_light=0.5)
    kept = {"picture": np.empty_like(image), "alpha": np.empty_like(alpha)}
    turn = iter(range(1 << 40))

    def smooth() -> None:
        number = next(turn)
        frame = Frame(frames[number % 2].image, number, 0.0, number / 30, frames[number % 2].shrunk)
        smoother.apply(Alpha(small[number % 2].astype(np.float32), number), frame, estimated)

    def fresh(like: np.ndarray) -> None:
        result = np.empty_like(like)
        result.fill(1)
        alive.append(result)

    return {
        "over": lambda: over(image, alpha, background),
        "over, colours estimated": lambda: compositor.over(frames[0], alpha, background, estimated),
        "over, with light as well": lambda: compositor.over(frames[0], alpha, background, lit),
        "cv2.blendLinear, whole": lambda: cv2.blendLinear(image, background, alpha, 1 - alpha),
        "numpy float32": lambda: _blended(image, alpha[..., None], background),
        "cut_out": lambda: cut_out(image, alpha),
        "cv2.bitwise_and, masked": lambda: cv2.bitwise_and(image, image, mask=(alpha >= 0.5 / 255).view(np.uint8)),
        "smooth, 256x144": smooth,
        **{f"written, {what}, kept": lambda what=what: kept[what].fill(1) for what in kept},
        **{f"written, {what}, fresh": lambda what=what: fresh(kept[what]) for what in kept},
    }


def _start(folder: str) -> dict[str, float]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": folder, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", START]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return dict(zip(("import_s", "prepare_s", "cpu_s"), (round(float(each), 2) for each in said.split()), strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--no-start", action="store_true", help="only the frames")
    options = parser.parse_args()
    print_card()
    cv2.setNumThreads(1)
    print("\n| size | way | p50 ms | p95 ms | p99 ms | CPU ms |\n|---|---|---:|---:|---:|---:|")
    rows: list[dict[str, Any]] = []
    for width, height in SIZES:
        for way, figures in alternate(_ways(width, height), options.rounds).items():
            rows.append({"size": f"{width}x{height}", "way": way, **figures})
            print("| " + " | ".join(map(str, rows[-1].values())) + " |")
    if not options.no_start:
        with tempfile.TemporaryDirectory() as folder:
            for way in ("start, compiled", "start, from disk"):
                rows.append({"way": way, **_start(folder)})
                print(rows[-1])
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
