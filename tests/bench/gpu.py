"""Question: what does the frame cost on this GPU, network alone and host to host, and how near is that to its floor?

    python -m tests.bench.gpu [--quick] [--device cuda|cpu] [--budget-s 500] [--json FILE]

Needs torch, numpy and pillow, no network and no weights: deterministic ones cost what the real ones cost. The host's
corrections between a frame's halves are measured where OpenCV and numba are there. --device cpu is a dry run at tiny
sizes. Measured in this order: what the card reaches at all (matrix product, memory, copies to and fro), the network at
three sizes in every form, how far the fast way is from the plain one, the seed's way and ours in turn, frames with the
network guided to people, frames seen whole, the ladder under failures, and, as long as the budget lasts, torch.compile
in a process of its own.

Floors: each convolution takes at least its operations over the measured matrix rate, or its bytes (inputs, outputs,
weights) over the measured memory bandwidth; a frame adds its copies over theirs. `reached` is floor over measured. The
clock of a frame begins with the picture in ordinary host memory and ends with the composite there; camera and sinks
are not in it. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from livebg.core.errors import ModelError
from livebg.pipeline.cuda.graphs import GraphedStep
from livebg.pipeline.cuda.network import fast, plain
from livebg.pipeline.cuda.streams import open_streams
from tests.bench.gpu_card import (
    Bench,
    Plan,
    Results,
    Size,
    card,
    layers,
    line,
    network_floor_ms,
    percentiles,
    stand_in_network,
)
from tests.bench.gpu_frames import (
    exercise_ladder,
    measure_agreement,
    measure_frames,
)
from tests.bench.gpu_guided import measure_guided
from tests.bench.gpu_seed import measure_seed

ROOT = Path(__file__).resolve().parent.parent.parent
NETWORK_TARGETS_MS = {(288, 512): 0.8, (576, 1024): 2.0, (1024, 1024): 3.5}
SEED_SIZE = (720, 1280)
HD, FULL_HD, UHD = (720, 1280), (1080, 1920), (2160, 3840)
SMALL, MIDDLE, LARGE = NETWORK_TARGETS_MS
CASES = (
    (HD, SMALL, "still"),
    (FULL_HD, MIDDLE, "still"),
    (FULL_HD, MIDDLE, "still, i420"),
    (FULL_HD, MIDDLE, "still, alpha down"),
    (FULL_HD, MIDDLE, "video"),
    (FULL_HD, MIDDLE, "blur"),
    (UHD, MIDDLE, "still"),
    (UHD, LARGE, "still"),
    (UHD, MIDDLE, "still, i420"),
)
GUIDED = ((HD, 288), (HD, 512), (FULL_HD, 384), (FULL_HD, 512))
FULL = Plan(
    (SMALL, MIDDLE, LARGE),
    CASES,
    GUIDED,
    (HD, SMALL),
    (SEED_SIZE, SMALL),
    (UHD, LARGE),
    200,
    300,
    30,
    8192,
    2**31,
)
QUICK = Plan(
    (SMALL, MIDDLE),
    (CASES[0], CASES[1], CASES[6]),
    GUIDED[:2],
    (HD, SMALL),
    (SEED_SIZE, SMALL),
    (UHD, LARGE),
    60,
    90,
    10,
    8192,
    2**30,
)
TINY, TINY_MATTE = (48, 80), (32, 64)
DRY = Plan((TINY_MATTE,), ((TINY, TINY_MATTE, "video"),), ((TINY, 32),), *[(TINY, TINY_MATTE)] * 3, 3, 2, 1, 128, 2**20)


def measure_network(bench: Bench, network: nn.Module, size: Size) -> Results:
    """Every form of the network at this size, in turn."""
    streams, half = open_streams(bench.device), bench.half
    draw = torch.Generator().manual_seed(1)
    pixels = {
        dtype: (torch.rand((1, 3, *size), generator=draw) - 0.5).to(bench.device, dtype)
        for dtype in {half, torch.float32}
    }
    word = str(half).removeprefix("torch.")
    folded = fast(network, bench.device, half)
    bench.sync()
    forms: dict[str, Callable[[], object]] = {}
    for dtype in (torch.float32, half):
        module = plain(network, bench.device, dtype)
        forms[f"plain {str(dtype).removeprefix('torch.')}"] = lambda module=module, given=pixels[dtype]: module(given)
    forms[f"folded {word}"] = lambda: folded(pixels[half])
    captured = GraphedStep(lambda given: (folded(given),), streams, streams.can_capture)
    with streams.computing(), torch.inference_mode():
        exact = plain(network, bench.device, torch.float32)(pixels[torch.float32])
        gap = (captured(pixels[half])[0].float() - exact).abs()
    if streams.can_capture:
        forms[f"folded {word}, graph"] = lambda: captured(pixels[half])
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in forms}
    for turn in range(4):
        for name, call in forms.items():
            with torch.inference_mode():
                measured = bench.time(call, max(1, bench.plan.runs // 3))
            if turn:
                times[name][0].extend(measured[0])
                times[name][1].extend(measured[1])
    floor_ms, operations = network_floor_ms(bench, size), sum(each for each, _ in layers(size))
    result: Results = {
        "size": f"{size[0]}x{size[1]}",
        "GFLOP": round(operations / 1e9, 1),
        "floor ms": round(floor_ms, 4),
    }
    result["difference"] = {"max": round(float(gap.max()), 5), "mean": round(float(gap.mean()), 6)}
    result["target ms"] = NETWORK_TARGETS_MS.get(size)
    print(
        f"\nnetwork {result['size']}: {result['GFLOP']} GFLOP, floor {floor_ms:.3f} ms, target {result['target ms']} ms"
    )
    for name, (device_ms, host_ms) in times.items():
        result[name] = {"device ms": percentiles(device_ms), "host ms": percentiles(host_ms)}
        reached = result[name]["reached"] = round(floor_ms / float(np.median(device_ms)), 3)
        print(f"  {name:24} device {line(device_ms)}   host {line(host_ms)}   {100 * reached:.0f} % of the floor")
    return result


def compiled_apart(arguments: argparse.Namespace, left_s: float) -> Results:
    """torch.compile can take longer than everything else together, so it gets a process that can be ended."""
    command = [sys.executable, "-m", "tests.bench.gpu", "--compiled", "--device", arguments.device]
    try:
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=left_s, check=True)
    except subprocess.TimeoutExpired:
        return {"none": f"not done within {left_s:.0f} s"}
    except subprocess.CalledProcessError as failure:
        return {"none": (failure.stderr.strip().splitlines() or ["failed"])[-1]}
    found: Results = json.loads(finished.stdout.splitlines()[-1])
    return found


def measure_compiled(bench: Bench, size: Size) -> Results:
    """The folded network through torch.compile, then captured."""
    streams = open_streams(bench.device)
    started_s = time.perf_counter()
    with streams.computing(), torch.inference_mode():
        pixels = torch.rand((1, 3, *size), device=bench.device).to(bench.half) - 0.5
        network = torch.compile(fast(stand_in_network(), bench.device, bench.half), mode="max-autotune-no-cudagraphs")
        captured = GraphedStep(lambda given: (network(given),), streams, streams.can_capture)
        captured(pixels)
        compile_s = time.perf_counter() - started_s
    with torch.inference_mode():
        bench.time(lambda: captured(pixels), 20)
        device_ms, host_ms = bench.time(lambda: captured(pixels), bench.plan.runs)
    times = {"device ms": percentiles(device_ms), "host ms": percentiles(host_ms)}
    return {"size": f"{size[0]}x{size[1]}", "compile s": round(compile_s, 1), **times}


class Report:
    """The results so far; a part that fails is told and the others go on. Kept in a file, too, where one is named."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.results: Results = {}
        self.has_failed = False

    def add(self, name: str, measure: Callable[[], Any]) -> None:
        try:
            self.results[name] = measure()
        except (RuntimeError, ModelError) as failure:
            self.has_failed = True
            self.results[name] = {"failed": f"{type(failure).__name__}: {failure}"}
            print(f"{name}: {self.results[name]}")
        sys.stdout.flush()
        if self._path:
            Path(self._path).write_text(json.dumps(self.results))


def measure_all(bench: Bench, arguments: argparse.Namespace) -> Report:
    started_s, plan, report = time.perf_counter(), bench.plan, Report(arguments.json)
    print("\n".join(f"{name}: {value}" for name, value in card(bench.device).items()), flush=True)
    report.add("machine", lambda: card(bench.device))
    report.add("ceilings", bench.measure_ceilings)
    print(f"ceilings: {report.results['ceilings']}", flush=True)
    network = stand_in_network()
    for size in plan.mattes:
        report.add(f"network {size[0]}x{size[1]}", lambda size=size: measure_network(bench, network, size))
    print()
    report.add("agreement", lambda: measure_agreement(bench, network))
    report.add("seed", lambda: measure_seed(bench, network))
    for size, matte_px in plan.guided:  # what most users have: before the whole pictures
        name = f"guided {size[1]}x{size[0]}, {matte_px} px"
        report.add(name, lambda case=(size, matte_px): measure_guided(bench, network, *case))
    for size, matte, kind in plan.cases:
        if time.perf_counter() - started_s < 0.7 * arguments.budget_s:
            name = f"frame {size[1]}x{size[0]}, matte {matte[0]}x{matte[1]}, {kind}"
            report.add(name, lambda case=(size, matte, kind): measure_frames(bench, network, *case))
    report.add("ladder", lambda: exercise_ladder(bench, network))
    left_s = arguments.budget_s - (time.perf_counter() - started_s)
    if bench.is_cuda and left_s > 60:
        report.add("compiled", lambda: compiled_apart(arguments, left_s))
        print(f"torch.compile: {report.results['compiled']}")
    report.add("seconds", lambda: round(time.perf_counter() - started_s, 1))
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs, sizes and cases")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--budget-s", type=float, default=500.0, help="torch.compile gets what the rest leaves of this")
    parser.add_argument("--json", default="", metavar="FILE", help="keep the results here after each part")
    parser.add_argument("--compiled", action="store_true", help="only torch.compile, which the bench starts by itself")
    arguments = parser.parse_args()
    is_cuda = arguments.device.startswith("cuda")
    if is_cuda and not torch.cuda.is_available():
        print(
            f"torch {torch.__version__} finds no CUDA device; --device cpu is a dry run at tiny sizes", file=sys.stderr
        )
        return 1
    plan = (QUICK if arguments.quick else FULL) if is_cuda else DRY
    torch.backends.cudnn.benchmark = True
    bench = Bench(arguments.device, plan)
    if arguments.compiled:
        print(json.dumps(measure_compiled(bench, MIDDLE)))
        return 0
    report = measure_all(bench, arguments)
    print(json.dumps(report.results))
    return 1 if report.has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
