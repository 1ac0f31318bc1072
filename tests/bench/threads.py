"""Question: what do more threads buy the light engine and OpenCV's operations in the loop, and what do they cost?

    python -m tests.bench.threads [--rounds 6]

The selfie network on LiteRT and on OpenCV, and the operations that a 720p frame passes in OpenCV, each with one thread
and with two, the two taking turns in one process. Calls follow each other without a pause, so what idle threads spin
away between frames is not covered (tests/bench/common_way.py covers it, paced at 30 fps). Needs the models in the
cache: livebg models fetch selfie. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np

from tests.bench.machine import percentiles, print_card

CALLS = 25
Operation = Callable[[], Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    arguments = parser.parse_args()
    print_card()
    print("\n| operation | wall p50 ms, 1 thread | 2 threads | ratio | CPU ms, 1 thread | 2 threads | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    rows = []
    for name, by_threads in operations().items():
        row: dict[str, Any] = {"operation": name, **measure(by_threads, arguments.rounds)}
        rows.append(row)
        cells = [row["wall_ms"][0], row["wall_ms"][1], round(row["wall_ms"][1] / row["wall_ms"][0], 2)]
        cells += [row["cpu_ms"][0], row["cpu_ms"][1], round(row["cpu_ms"][1] / row["cpu_ms"][0], 2)]
        print(f"| {name} | " + " | ".join(map(str, cells)) + " |", flush=True)
    print(json.dumps(rows))
    return 0


def measure(by_threads: tuple[Operation, Operation], rounds: int) -> dict[str, list[float]]:
    """Median wall time and mean CPU time of a call with one thread and with two."""
    walls: tuple[list[float], list[float]] = ([], [])
    cpus: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for which, operation in enumerate(by_threads):
            cv2.setNumThreads(which + 1)
            for _ in range(3):
                operation()
            cpu_s = time.process_time()
            for _ in range(CALLS):
                started_s = time.perf_counter()
                operation()
                walls[which].append(1000 * (time.perf_counter() - started_s))
            cpus[which].append(1000 * (time.process_time() - cpu_s) / CALLS)
    return {
        "wall_ms": [percentiles(each)["p50"] for each in walls],
        "cpu_ms": [round(float(np.median(each)), 2) for each in cpus],
    }


def operations() -> dict[str, tuple[Operation, Operation]]:
    """By name: the call where one thread is set, and where two are."""
    numbers = np.random.default_rng(0)
    frame, other = (numbers.integers(0, 256, (720, 1280, 3), np.uint8) for _ in range(2))
    small = numbers.random((144, 256), np.float32)
    alpha = cv2.resize(small, (1280, 720))
    grey = [cv2.cvtColor(cv2.resize(each, (256, 144)), cv2.COLOR_BGR2GRAY) for each in (frame, other)]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    opencv: dict[str, Operation] = {
        "selfie network, OpenCV": _opencv_network(numbers),
        "resize to 256x144, area": lambda: cv2.resize(frame, (256, 144), interpolation=cv2.INTER_AREA),
        "resize to 1920x1080": lambda: cv2.resize(frame, (1920, 1080)),
        "resize alpha to 1280x720": lambda: cv2.resize(small, (1280, 720)),
        "BGR to RGB": lambda: cv2.cvtColor(frame, cv2.COLOR_BGR2RGB),
        "BGR to I420": lambda: cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420),
        "Gaussian 7x7 of alpha": lambda: cv2.GaussianBlur(alpha, (7, 7), 0),
        "box 31x31 of the picture": lambda: cv2.blur(frame, (31, 31)),
        "blendLinear": lambda: cv2.blendLinear(frame, other, alpha, alpha),
        "DIS flow at 256x144": lambda: flow.calc(grey[0], grey[1], None),
    }
    litert = _litert_network(numbers, 1), _litert_network(numbers, 2)
    return {"selfie network, LiteRT": litert, **{name: (each, each) for name, each in opencv.items()}}


def _litert_network(numbers: np.random.Generator, threads: int) -> Operation:
    from ai_edge_litert.interpreter import Interpreter

    from livebg.models.selfie import model_file

    interpreter = Interpreter(str(model_file.model_file("landscape")), num_threads=threads)
    interpreter.allocate_tensors()
    taken = interpreter.get_input_details()[0]["index"]
    interpreter.set_tensor(taken, numbers.random((1, 144, 256, 3), np.float32))
    return partial(interpreter.invoke)


def _opencv_network(numbers: np.random.Generator) -> Operation:
    from livebg.models.selfie import model_file

    network = cv2.dnn.readNetFromTFLite(str(model_file.model_file("landscape")))
    blob = numbers.random((1, 3, 144, 256), np.float32)

    def answer() -> None:
        network.setInput(blob)
        network.forward()

    return answer


if __name__ == "__main__":
    sys.exit(main())
