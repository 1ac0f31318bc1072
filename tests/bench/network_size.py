"""Question: what does the size at which the network looks at the picture do to quality, flicker and time?

    python -m tests.bench.network_size [--heights 192 ... 512] [--only ID ...] [--frames N] [--runs 8]
                                       [--picture network_size.png] [--jobs 1]

For each engine that can be run: the light engine's two networks (each has one size) and its closer look, whose network
sees the person larger; quality and CPU time are measured. rmbg: real weights cannot be had everywhere, so its time is
that of stand-in weights, which cost the same. What quality its sizes allow is shown on the true matte: made small (no
network of this size can do better), and degraded as degraded.py does it, the edge wrong by about a pixel of the matte.
All through the whole journey with the default stages. `after`: CPU time of the stages after the network, which grows
with the matte too. Clips with truth; columns as in LIVEBG_SHARED/cases/README.md. Draws the curves. Last line: JSON.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from livebg import models
from livebg.core.engines import MattingEngine
from livebg.core.settings import Settings, change
from livebg.core.types import Frame, Image, Matte, SourceInfo
from tests.bench import cases, variants
from tests.bench.degraded import Degrader
from tests.bench.machine import card
from tests.bench.stages import BASE

ONLY = ("d01_sway_longhair", "d03_fast", "d07_headset", "d08_afro_busy")
HEIGHTS = (192, 224, 256, 288, 320, 384, 448, 512)
LIGHT: dict[str, tuple[int, dict[str, Any]]] = {  # short side px, settings
    "selfie landscape": (144, {"selfie_model": "landscape", "closer_look": False}),
    "selfie square": (256, {"selfie_model": "square", "closer_look": False}),
    "selfie, closer look": (256, {"selfie_model": "landscape", "closer_look": True}),
}
MADE_SMALL, DEGRADED, STAND_IN = "true matte, made small", "true matte, degraded", "rmbg, stand-in weights"
PANELS = (
    ("mad_edge", "Edge of the matte", "edgeMAD x1000, lower is better"),
    ("flicker_true", "Flicker", "flick x1000, lower is better"),
    ("dtssd", "Steadiness", "dtSSD x100, lower is better"),
    ("network_cpu_ms", "Cost of the network", "CPU time of all its threads, p50, ms"),
)
COLUMNS = (
    ("mad_edge", "edgeMAD", 0),
    ("bf", "BF", 3),
    ("flicker_true", "flick", 1),
    ("dtssd", "dtSSD", 2),
    ("network_cpu_ms", "network, CPU ms", 1),
    ("cpu_ms", "after, CPU ms", 2),
)

Point = dict[str, Any]


class Each:
    """The Engine of all heights on one clip: every variant gets its own alpha of the same truth.

    ways: by height, what makes an alpha, float32 (h, w), of the true one, uint8 (H, W).
    """

    def __init__(self, ways: Mapping[int, Callable[[Image], Matte]]) -> None:
        self._ways = ways
        self._givens = {height: variants.Given() for height in ways}

    def __call__(self, settings: Settings, info: SourceInfo) -> MattingEngine:
        del info
        return self._givens[settings.matte_size]

    def lay(self, _frame: Frame, truth: Image | None) -> None:
        assert truth is not None
        for height, way in self._ways.items():
            self._givens[height].values = way(truth)


def made_small(truth: Image, height: int) -> Matte:
    width = round(truth.shape[1] * height / truth.shape[0])
    small = cv2.resize(truth, (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255)


def work(case: cases.Case, heights: Sequence[int], frames: int) -> dict[str, Any]:
    """{engine and size: measures} of one clip."""
    base = change(Settings(), {**BASE, "closer_look": False})
    light = {name: change(base, changes) for name, (_, changes) in LIGHT.items()}
    seed, found = zlib.crc32(case.name.encode()), variants.measure(case, light, frames)
    all_ways: dict[str, dict[int, Callable[[Image], Matte]]] = {
        MADE_SMALL: {height: functools.partial(made_small, height=height) for height in heights},
        DEGRADED: {height: Degrader(height, seed).degrade for height in heights},
    }
    for name, ways in all_ways.items():
        each = Each(ways)
        sizes = {f"{name} {height}": change(base, {"matte_size": height}) for height in heights}
        found |= variants.measure(case, sizes, frames, engine=each, before=each.lay)
    return found


def points_of(done: Mapping[str, Mapping[str, Any]], clips: Sequence[cases.Case]) -> list[Point]:
    """One for each engine and size, averaged over the clips."""
    rows = cases.averages(done, clips, parts=["clips"])
    found: list[Point] = []
    for name, row in rows.items():
        engine, _, size = (name, "", LIGHT[name][0]) if name in LIGHT else name.rpartition(" ")
        point: Point = {"engine": engine, "height": int(size), **row}
        if name in LIGHT:
            point["network_cpu_ms"] = statistics.mean(clip[name]["stages_ms"]["matte"] for clip in done.values())
        found.append(point)
    return found


def stand_in_times(heights: Sequence[int], runs: int) -> list[Point]:
    """rmbg's p50 on a 720p picture at each size, CPU time, with weights that cost what the real ones cost."""
    from tests.bench.loop import _deterministic_weights

    image = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    info, found = SourceInfo("noise", 1280, 720, 30.0, False), list[Point]()
    with tempfile.TemporaryDirectory() as folder:
        weights = _deterministic_weights(Path(folder))
        for height in heights:
            settings = Settings(engine="rmbg", weights=weights, matte_size=height, pace="every-frame")
            matter, taken_ms = models.open_engine(settings, info), []
            for number in range(runs + 2):
                frame, began_s = Frame(image, number, 0.0, number / 30), time.process_time()
                matter.matte(frame)
                taken_ms.append(1000 * (time.process_time() - began_s))
            matter.close()
            found.append({"engine": STAND_IN, "height": height, "network_cpu_ms": statistics.median(taken_ms[2:])})
            print(f"rmbg {height} px: {found[-1]['network_cpu_ms']:.0f} ms", file=sys.stderr, flush=True)
    return found


def table(points: Sequence[Point]) -> str:
    lines = ["| engine | short side px | " + " | ".join(each[1] for each in COLUMNS) + " |"]
    lines.append("|---|---:|" + "---:|" * len(COLUMNS))
    for point in points:
        cells = [f"{point[key]:.{digits}f}" if key in point else "" for key, _, digits in COLUMNS]
        lines.append(f"| {point['engine']} | {point['height']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def label(point: Point, key: str) -> str:
    return f"{point[key]:.0f} ms" if key.endswith("_ms") else str(point["height"])


def draw(points: Sequence[Point], path: Path) -> None:
    """Four panels over the matte's short side; an engine with one size is a point."""
    from tests.bench.chart import Canvas, Series, scatter

    wide, high, margin = 640, 400, 36
    canvas = Canvas(2 * (wide + margin) + margin, 2 * high + margin)
    for number, (key, title, axis) in enumerate(PANELS):
        left, top = margin + number % 2 * (wide + margin), 16 + number // 2 * high
        seen = [each for each in points if key in each]
        series = [
            Series(name, [(each["height"], each[key], label(each, key)) for each in seen if each["engine"] == name])
            for name in dict.fromkeys(each["engine"] for each in seen)
        ]
        box = (left, top, left + wide, top + high - 16)
        if series:
            scatter(canvas, box, title, ("short side of the matte, px (log scale)", axis), series)
    canvas.save(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heights", type=int, nargs="*", default=list(HEIGHTS))
    parser.add_argument("--only", nargs="*", default=list(ONLY))
    parser.add_argument("--frames", type=int, default=0, help="of each clip; 0: all")
    parser.add_argument("--runs", type=int, default=8, help="of rmbg at each size; 0: no rmbg")
    parser.add_argument("--picture", type=Path, default=Path("network_size.png"))
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    print("\n".join(f"{key:<10} {value}" for key, value in card().items()))
    clips = cases.find_cases(arguments.only, ["clips"])
    do = functools.partial(work, heights=arguments.heights, frames=arguments.frames)
    points = points_of(cases.measure_all(do, clips, arguments.jobs), clips)
    points += stand_in_times(arguments.heights, arguments.runs) if arguments.runs else []
    print(f"\n{table(points)}\n")
    draw(points, arguments.picture)
    print(f"curves: {arguments.picture}")
    print(json.dumps(points))
    return 0


if __name__ == "__main__":
    sys.exit(main())
