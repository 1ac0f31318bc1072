"""Question: what does RMBG-1.4 cost on this CPU at each matte size, on OpenVINO and on torch, and do they agree?

    python -m tests.bench.rmbg_runtime [--sizes 192 256 288 384 512] [--openvino-runs 20] [--torch-runs 3]

16:9 pictures, deterministic weights, which cost what the real ones cost. Each round is some runs of each runtime in
turn, so that what else the machine does falls on all. The clock covers the network alone: not the resize before it,
nor smoothing and edges after. Export, compiling and first runs are not in the percentiles. The difference is that of
the alphas, 0..1, OpenVINO in its own precision and in float32 against torch in float32; deterministic weights make
noisier mattes than real ones, so it is an upper bound. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from stand_in_hub import network_with, stand_in_weights

from livebg.models.device import Device
from livebg.models.rmbg.engine import matte_size_for
from livebg.models.rmbg.openvino_runtime import OpenVinoRuntime
from livebg.models.rmbg.source import InMemory
from livebg.models.rmbg.torch_runtime import Runtime, TorchRuntime
from tests.bench.machine import SHARED, card, percentiles

ROUNDS = 3


def measure(runtimes: dict[str, Runtime], runs: dict[str, int], short_px: int) -> dict[str, Any]:
    """All runtimes at one size: percentiles in ms, start-up in s, differences from torch."""
    height, width = matte_size_for(720, 1280, short_px)
    pixels = np.random.default_rng(short_px).random((1, 3, height, width), dtype=np.float32) - np.float32(0.5)
    result: dict[str, Any] = {"size": f"{height}x{width}"}
    alphas, durations = {}, {name: list[float]() for name in runtimes}
    for name, runtime in runtimes.items():
        started_s = time.perf_counter()
        runtime.warm_up(height, width)
        result[f"{name} warm-up s"] = round(time.perf_counter() - started_s, 2)
        alphas[name] = runtime.run(pixels)
    for _ in range(ROUNDS):
        for name, runtime in runtimes.items():
            for _ in range(-(-runs[name] // ROUNDS)):
                started_s = time.perf_counter()
                runtime.run(pixels)
                durations[name].append(1000 * (time.perf_counter() - started_s))
    for name in runtimes:
        result[f"{name} ms"] = percentiles(durations[name])
        difference = np.abs(alphas[name] - alphas["torch"])
        result[f"{name} difference"] = {
            "max": round(float(difference.max()), 5),
            "mean": round(float(difference.mean()), 6),
        }
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[192, 256, 288, 384, 512])
    parser.add_argument("--openvino-runs", type=int, default=20)
    parser.add_argument("--torch-runs", type=int, default=3)
    arguments = parser.parse_args()
    machine = card()
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    source = InMemory(network_with(stand_in_weights(SHARED)))
    started_s = time.perf_counter()
    best = OpenVinoRuntime(source)
    print(f"export: {time.perf_counter() - started_s:.1f} s")
    runtimes: dict[str, Runtime] = {
        "openvino": best,
        "openvino f32": OpenVinoRuntime(source, precision="f32"),
        "torch": TorchRuntime(source.load(), Device("cpu", "float32", "bench")),
    }
    runs = {
        "openvino": arguments.openvino_runs,
        "openvino f32": arguments.openvino_runs // 2,
        "torch": arguments.torch_runs,
    }
    results = []
    print(
        f"{'size':>10}" + "".join(f"{f'{name} p50/p95 ms':>28}" for name in runtimes) + f"{'max/mean difference':>24}"
    )
    for size in arguments.sizes:
        each = measure(runtimes, runs, size)
        results.append(each)
        times = "".join(f"{each[f'{name} ms']['p50']:>20.0f}/{each[f'{name} ms']['p95']:<7.0f}" for name in runtimes)
        difference = each["openvino difference"]
        print(f"{each['size']:>10}{times}{difference['max']:>15.4f}/{difference['mean']:.5f}")
    print(json.dumps({"machine": machine, "precision": best.description, "results": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
