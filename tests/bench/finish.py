"""Question: what do grow, feather and levels cost per frame, by how much they are turned, beside OpenCV's ways?

    python -m tests.bench.finish [--rounds 40]

On the synthetic scene's true alpha, with an edge about as soft as a real matte's. Every way takes its turn in each
round, on one thread; CPU is the thread's own time. OpenCV's answers are not quite the same: its dilation is square and
of whole pixels, its blur a box. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from livebg.capture.synthetic.scene import SyntheticScene
from livebg.core.settings import Settings
from livebg.matting.refine.adjust import finish, prepare
from tests.bench.compositing import alternate
from tests.bench.machine import card

CHOICES: tuple[dict[str, float], ...] = (
    {},
    *({"grow": each} for each in (1, 2.5, -3, 5, 10, 20)),
    *({"feather": each} for each in (2, 5, 10, 20, 50)),
    {"level_low": 0.1, "level_high": 0.9},
    {"gamma": 0.7},
    {"grow": -2, "feather": 6, "level_low": 0.1, "gamma": 1.3},
)
DILATED_PX, BLURRED_PX = (1, 5, 20), (5, 21)


def _ways(width: int, height: int) -> dict[str, Callable[[], Any]]:
    alpha = cv2.GaussianBlur(SyntheticScene(width, height).true_alpha(0.0).astype(np.float32), (0, 0), height / 360)
    alpha = ((alpha - 0.5) * 1.1 + 0.5).clip(0, 1).astype(np.float32)
    ways: dict[str, Callable[[], Any]] = {}
    for each in CHOICES:
        chosen = Settings(**each)  # type: ignore[arg-type]
        name = ", ".join(f"{key} {value:g}" for key, value in each.items()) or "nothing"
        ways[name] = lambda chosen=chosen: finish(alpha, chosen)
    for size in DILATED_PX:
        ways[f"cv2.dilate {size}"] = lambda size=size: cv2.dilate(alpha, np.ones((2 * size + 1,) * 2, np.uint8))
    for size in BLURRED_PX:
        ways[f"cv2.blur {size}"] = lambda size=size: cv2.blur(alpha, (size, size))
    return ways


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    for key, value in card().items():
        print(f"{key:<10} {value}")
    cv2.setNumThreads(1)
    prepare()
    rows: list[dict[str, Any]] = []
    print("\n| size | way | p50 ms | p95 ms | p99 ms | CPU ms |\n|---|---|---:|---:|---:|---:|")
    for way, figures in alternate(_ways(1280, 720), options.rounds).items():
        rows.append({"size": "1280x720", "way": way, **figures})
        print("| " + " | ".join(map(str, rows[-1].values())) + " |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
