"""Question: what does bringing the small alpha to full size cost, and what does keeping scratch memory save?

    python -m tests.bench.edges [--rounds 60]

Plain (bilinear), guided with a Refiner that is kept, and guided with a new one for every frame (fresh memory each
time) take turns on the same frames of the synthetic scene. What fresh memory costs depends on what else the process
holds, so tests/bench/loop.py is the judge of that; here little of it shows. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests.bench.machine import card, percentiles

SIZES = ((1280, 720), (1920, 1080))


def main() -> int:
    from livebg.capture.synthetic import SyntheticScene
    from livebg.matting.edges import Refiner, enlarge
    from livebg.stages import Frame

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    for key, value in card().items():
        print(f"{key:<10} {value}")
    print("\n| size | way | p50 ms | p95 ms | p99 ms |\n|---|---|---:|---:|---:|")
    rows = []
    for width, height in SIZES:
        scene, kept = SyntheticScene(width, height), Refiner()
        frames = [Frame(scene.image(each / 30), each, 0.0, each / 30) for each in range(4)]
        small = cv2.resize(scene.true_alpha(0.0), (256, 144), interpolation=cv2.INTER_AREA).astype(np.float32)
        ways = {
            "plain": enlarge,
            "guided, scratch kept": kept.refine,
            "guided, scratch anew": lambda values, frame: Refiner().refine(values, frame),
        }
        durations_ms: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(rounds + 5):
            for way, function in ways.items():
                began_s = time.perf_counter()
                function(small, frames[number % len(frames)])
                if number >= 5:
                    durations_ms[way].append(1000 * (time.perf_counter() - began_s))
        for way, taken_ms in durations_ms.items():
            rows.append({"size": f"{width}x{height}", "way": way, **percentiles(taken_ms)})
            print("| " + " | ".join(map(str, rows[-1].values())) + " |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
