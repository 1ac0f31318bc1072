"""Question: what does it cost a frame to keep the right person, and nobody where nobody is?

    python -m tests.bench.subject [--rounds 200]

Drawn alphas at 180x320, each played as a stream through a Subject of its own, on one thread, taking turns: a person
alone, a person with islands, a person with a chair that the network half believes in, an empty room with that chair,
two people in one region of whom one is chosen; and the same person with everything off. The clock covers the stage
alone, with its memory of the frames before; it does not cover the small picture that `people one` shares with others.
Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests.bench.machine import card, percentiles

HEIGHT, WIDTH, WARM_UP, FPS = 180, 320, 20, 30.0


def _oval(alpha: np.ndarray, x: int, y: int, across: int, down: int, value: float = 1.0) -> None:
    drawn = cv2.ellipse(np.zeros_like(alpha), (x, y), (across, down), 0, 0, 360, value, cv2.FILLED)
    np.maximum(alpha, drawn, out=alpha)


def person(x: int) -> np.ndarray:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    _oval(alpha, x, 70, 28, 38)
    _oval(alpha, x, 190, 70, 90)
    return alpha


def scenes() -> dict[str, list[np.ndarray]]:
    """What each stream shows, some frames that repeat: alphas float32 (HEIGHT, WIDTH), with soft edges."""
    random = np.random.default_rng(0)
    shown: dict[str, list[np.ndarray]] = {name: [] for name in NAMES}
    for step in range(16):
        x = 130 + round(8 * np.sin(step * np.pi / 8))
        islands, chair, empty, two = person(x), person(x), np.zeros((HEIGHT, WIDTH), np.float32), person(x)
        for _ in range(8):
            _oval(islands, int(random.integers(210, 320)), int(random.integers(0, 60)), 2, 2, 0.7)
        for each in (chair, empty):
            _oval(each, 270, 150, 30, 40, 0.8)
        np.maximum(two, person(x + (110 if step % 8 else 145)), out=two)
        alphas = (person(x), person(x), islands, chair, empty, two)
        for name, alpha in zip(NAMES, alphas, strict=True):
            shown[name].append(np.asarray(cv2.GaussianBlur(alpha, (5, 5), 0), np.float32))
    return shown


NAMES = ("off", "person", "person, islands", "person, chair", "empty, chair", "one of two")


def main() -> int:
    from livebg.core.resize import shrink, small_size
    from livebg.core.settings import Settings
    from livebg.core.types import Alpha, Frame
    from livebg.matting.subject.selection import Subject, prepare

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    for key, value in card().items():
        print(f"{key:<10} {value}")
    cv2.setNumThreads(1)
    prepare()
    streams = scenes()
    settings = {name: Settings(people="one" if name == "one of two" else "all") for name in NAMES}
    settings["off"] = Settings(people="all", presence=False)
    subjects = {name: Subject() for name in NAMES}
    taken_ms: dict[str, list[float]] = {name: [] for name in NAMES}
    image = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    for index in range(WARM_UP + rounds):
        frame = Frame(image, index, index / FPS, index / FPS)
        shrink(frame, *small_size(frame.height, frame.width))
        for name in NAMES:
            alpha = Alpha(streams[name][index % len(streams[name])], index)
            start_s = time.perf_counter()
            subjects[name].apply(alpha, frame, settings[name])
            if index >= WARM_UP:
                taken_ms[name].append(1e3 * (time.perf_counter() - start_s))
    rows: list[dict[str, Any]] = [{"scene": name, **percentiles(taken_ms[name])} for name in NAMES]
    print("\n| scene | p50 ms | p95 ms | p99 ms |\n|---|---:|---:|---:|")
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
