"""Question: what does a frame cost livebg when it goes to both virtual cameras instead of one?

    LIVEBG_SHARED/pipewire/pw-lab -- python -m tests.bench.virtual_cameras [--frames 600] [--plain] [--device PATH]

Needs a PipeWire session, as pw-lab makes one; its holder is the product's, a process of its own. The other camera is a
file in memory in place of a v4l2loopback device: it takes the same write() of the same bytes, so that the device's own
copy is in the figure. One BGR picture at 720p goes to v4l2loopback alone, PipeWire alone and both in turn, one frame
each, at 30 frames a second. --device: a real v4l2loopback device instead, which nobody reads. --plain: without a
program that reads the PipeWire camera. Not covered: what a reader costs. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.machine import percentiles, print_card

HEIGHT, WIDTH = 720, 1280


class FileCamera:
    """A FrameSink that writes I420 to a file in memory, as v4l2loopback's sink does to its device."""

    name, reads, is_live, is_watched = "file in memory", "i420", True, True

    def __init__(self) -> None:
        self._handle = os.memfd_create("device")

    def write(self, composite: Any) -> None:
        from livebg.sinks.virtual_camera.i420 import as_i420

        os.pwrite(self._handle, as_i420(composite, HEIGHT, WIDTH).reshape(-1).data, 0)

    def close(self) -> None:
        os.close(self._handle)


def measure(frames: int, path: str) -> list[dict[str, Any]]:
    from livebg.core.types import Composite
    from livebg.sinks.virtual_camera.every import VirtualCameras
    from livebg.sinks.virtual_camera.pipewire import PipeWireCamera
    from livebg.sinks.virtual_camera.sink import VirtualCamera

    generator = np.random.default_rng(1)
    pictures = [generator.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(8)]
    device: Any = VirtualCamera(path) if path else FileCamera()
    pipewire = PipeWireCamera()
    ways: dict[str, Any] = {"v4l2loopback": device, "PipeWire": pipewire, "both": VirtualCameras([device, pipewire])}
    wall_ms: dict[str, list[float]] = {name: [] for name in ways}
    cpu_ms: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(frames + 30):
        for name, way in ways.items():
            composite = Composite(pictures[number % len(pictures)])
            began_s, busy_s = time.perf_counter(), time.process_time()
            way.write(composite)
            if number >= 30:
                wall_ms[name].append(1000 * (time.perf_counter() - began_s))
                cpu_ms[name].append(1000 * (time.process_time() - busy_s))
            time.sleep(max(0.0, 1 / 30 - (time.perf_counter() - began_s)))
    for each in (pipewire, device):
        each.close()
    return [
        {"to": name, "write_ms": percentiles(wall_ms[name]), "cpu_ms": round(float(np.median(cpu_ms[name])), 2)}
        for name in ways
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--device", default="")
    arguments = parser.parse_args()
    print_card()
    reader = None
    if not arguments.plain:
        tool = Path(os.environ.get("LIVEBG_SHARED", "/work/shared"), "pipewire", "read.py")
        seconds = str((arguments.frames + 30) * 3 / 30)
        reader = subprocess.Popen(["sh", "-c", f"sleep 1; exec {tool} --seconds {seconds}"], stdout=subprocess.DEVNULL)
    rows = measure(arguments.frames, arguments.device)
    if reader is not None:
        reader.wait()
    print("\n| to | write p50 / p95 / p99 ms | CPU ms, median |\n|---|---:|---:|")
    for row in rows:
        print(f"| {row['to']} | {' / '.join(f'{each:g}' for each in row['write_ms'].values())} | {row['cpu_ms']} |")
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
