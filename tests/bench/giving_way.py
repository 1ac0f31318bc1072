"""How should the network run beside the picture's own thread: on how many threads, and at which priority?

Run: python -m tests.bench.giving_way [--seconds 6]

A loop of 30 pictures per second with 8 ms of work each, beside the network at 288x512 in a thread of its own, over and
over, in each of these ways in turn, two rounds. Lateness is when a picture's work ended, less when it would have ended
undisturbed. Threads that give way are started by a thread that does (livebg.core.threads). Every way has a process
of its own, since OpenVINO's helpers keep the priority they were started with. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from small_network import CountingSource

from livebg.core.threads import Worker, give_way
from livebg.models.rmbg.openvino_runtime import OpenVinoRuntime
from tests.bench.machine import ROOT, SHARED, card, percentiles

SIZE, FPS, WORK_S = (288, 512), 30, 0.008
WAYS = {  # threads, levels of priority given up
    "1 thread": (1, 0),
    "2 threads": (2, 0),
    "2 threads, 5 lower": (2, 5),
    "2 threads, 10 lower": (2, 10),
    "2 threads, 15 lower": (2, 15),
}


def measure(threads: int, step: int, seconds: float, cache: Path) -> dict[str, dict[str, float]]:
    """In this process: the loop's lateness and the network's durations, ms."""
    from stand_in_hub import network_with, stand_in_weights

    source = CountingSource(network_with(stand_in_weights(SHARED)), "stand-in")
    runtime = OpenVinoRuntime(source, cache, threads=threads)
    ready, network_ms, late_ms = threading.Event(), list[float](), list[float]()
    pixels = np.zeros((1, 3, *SIZE), np.float32)

    def infer(stopping: threading.Event) -> None:
        if step:
            give_way(step)
        runtime.warm_up(*SIZE)
        ready.set()
        while not stopping.is_set():
            started_s = time.perf_counter()
            runtime.run(pixels)
            network_ms.append(1000 * (time.perf_counter() - started_s))

    worker = Worker("network", infer)
    ready.wait()
    band = np.random.default_rng(1).integers(0, 256, (90, 1280, 3), np.uint8)
    began_s = time.perf_counter()
    for number in range(int(seconds * FPS)):
        due_s = began_s + number / FPS
        time.sleep(max(0.0, due_s - time.perf_counter()))
        ends_s = time.thread_time() + WORK_S
        while time.thread_time() < ends_s:
            cv2.GaussianBlur(band, (3, 3), 0)
        late_ms.append(1000 * (time.perf_counter() - due_s - WORK_S))
    worker.stop(10)
    return {"late": percentiles(late_ms), "network": percentiles(network_ms)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.way:
        print(json.dumps(measure(*WAYS[arguments.way], arguments.seconds, arguments.cache)))
        return 0
    machine = card()
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    results = []
    with tempfile.TemporaryDirectory() as cache:
        for name in [*WAYS, *WAYS]:
            command = [sys.executable, "-m", "tests.bench.giving_way", "--way", name, "--cache", cache]
            command += ["--seconds", str(arguments.seconds)]
            said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
            each = json.loads(said.splitlines()[-1])
            results.append({"way": name, **each})
            late, network = each["late"], each["network"]
            print(f"{name:>20}: late p50 {late['p50']:5.1f} p95 {late['p95']:5.1f} p99 {late['p99']:5.1f} ms", end="")
            print(f", network p50 {network['p50']:5.0f} p95 {network['p95']:5.0f} ms", flush=True)
    print(json.dumps({"machine": machine, "results": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
