"""How much faster than the seed's way and than plain OpenVINO is rmbg on the CPU, and how near is the CPU's limit?

Run: python -m tests.bench.seed_way [--rounds 3] [--no-seed]

The seed's way, re-made from its description: RMBG-1.4's network in float32 torch on one thread, fed at 720x1280 by
bilinear resize, all six side outputs, the first stretched to its minimum and maximum, PIL's paste. Plain: the same six
outputs at 288x512 on OpenVINO as it comes, in bfloat16 where the processor has it. Ours: the network alone, at 288x512,
as livebg takes it on this machine (tail included), and the whole frame: shrinking, network, smoothing, edges at 720p,
compositing. int8 is rounded everywhere, whatever it does to the alpha, and shows speed alone: with random weights it
does not pass livebg's check. The floor is the network's multiplications over what one convolution of OpenVINO's best
shape reaches in the same minute. Ways take turns. The clock covers no start-up. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pictures

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from stand_in_hub import network_with, stand_in_weights

from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.matting.refine.guided_filter import Refiner
from livebg.models.device import Device
from livebg.models.openvino import import_openvino, the_core
from livebg.models.rmbg.engine import RmbgEngine
from livebg.models.rmbg.network import RmbgNetwork
from livebg.models.rmbg.openvino_cache import from_torch, without_tail
from livebg.models.rmbg.openvino_runtime import OpenVinoRuntime, usual_threads
from livebg.models.rmbg.precision import probe_pixels
from livebg.models.rmbg.quantise import observe, rounded
from livebg.models.rmbg.source import InMemory
from livebg.scene.compositing.compositor import over
from tests.bench.machine import SHARED, card, percentiles
from tests.bench.plain_network import PlainNetwork
from tests.chains import Smoothing

SIZE = (288, 512)
GMACS = 22.5  # of the network with one output at that size
RUNS = 6  # per round and way, the seed's way once

Way = Callable[[], object]


def seeds_way(network: PlainNetwork, picture: np.ndarray, background: np.ndarray) -> Way:
    """One frame, BGR uint8 720x1280 in and out."""
    torch.set_num_threads(1)

    def run() -> object:
        image = Pictures.fromarray(np.ascontiguousarray(picture[:, :, ::-1]))
        with torch.inference_mode():
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
            pixels = torch.nn.functional.interpolate(pixels, size=(720, 1280), mode="bilinear") / 255 - 0.5
            alpha = network(pixels)[0][0, 0]
            alpha = (alpha - alpha.min()) / (alpha.max() - alpha.min())
            mask = Pictures.fromarray((alpha * 255).to(torch.uint8).numpy())
        composite = Pictures.fromarray(background[:, :, ::-1].copy())
        composite.paste(image, (0, 0), mask)
        return np.array(composite)[:, :, ::-1]

    return run


def plain_way(network: PlainNetwork, pixels: np.ndarray, options: dict[str, Any]) -> Way:
    model = from_torch(network)
    model.reshape([1, 3, *SIZE])
    request = the_core().compile_model(model, "CPU", options).create_infer_request()
    return lambda: request.infer({0: pixels}, share_inputs=True, share_outputs=True)


def whole_frame(runtime: OpenVinoRuntime, picture: np.ndarray, background: np.ndarray) -> Way:
    matter = RmbgEngine(runtime, Device("cpu", "float32", "bench"), SIZE[0])
    smoother, refiner = Smoothing(), Refiner()
    number = iter(range(10**6))

    def run() -> object:
        frame = Frame(picture, next(number), time.monotonic(), 0.0)
        steady = smoother.apply(matter.matte(frame), frame, Settings())
        return over(picture, refiner.refine(steady.values, frame), background)

    return run


def int8_way(network: RmbgNetwork, pixels: np.ndarray, options: dict[str, Any]) -> Way:
    """Every part rounded, unchecked."""
    model, _ = without_tail(from_torch(network))
    form = rounded(model, observe(model, probe_pixels(*SIZE, 0.5)))
    form.reshape([1, 3, *SIZE])
    request = the_core().compile_model(form, "CPU", options).create_infer_request()
    return lambda: request.infer({0: pixels}, share_inputs=True, share_outputs=True)


def peak_way(options: dict[str, Any]) -> tuple[Way, float]:
    """Two convolutions 3x3 of 256 channels at 36x64, where OpenVINO is at its best; and their multiplications, 1e9."""
    opset, shape = import_openvino().opset13, (256, 36, 64)
    draw = np.random.default_rng(1)
    pixels = draw.random((1, *shape), dtype=np.float32)
    entry = features = opset.parameter([1, *shape], np.float32)
    for _ in range(2):
        weights = opset.constant(draw.standard_normal((256, 256, 3, 3)).astype(np.float32) * np.float32(0.02))
        features = opset.relu(opset.convolution(features, weights, [1, 1], [1, 1], [1, 1], [1, 1]))
    model = import_openvino().Model([features], [entry], "peak")
    request = the_core().compile_model(model, "CPU", options).create_infer_request()
    return lambda: request.infer({0: pixels}, share_inputs=True), 2 * 9 * 256 * 256 * 36 * 64 / 1e9


def take_turns(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    """Durations in ms by way; each turn's first run warms the caches and does not count, but for the seed's."""
    durations: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            if name != "seed":
                way()
            for _ in range(1 if name == "seed" else RUNS):
                started_s = time.perf_counter()
                way()
                durations[name].append(1000 * (time.perf_counter() - started_s))
    return durations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-seed", action="store_true", help="leave out the slowest peer, 5 s and more per frame")
    arguments = parser.parse_args()
    machine = card()
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    network = network_with(stand_in_weights(SHARED))
    draw = np.random.default_rng(7)
    picture, background = (draw.integers(0, 256, (720, 1280, 3), np.uint8) for _ in range(2))
    pixels = draw.random((1, 3, *SIZE), dtype=np.float32) - np.float32(0.5)
    runtime = OpenVinoRuntime(InMemory(network))
    runtime.warm_up(*SIZE)
    precision = runtime.description.split()[1].rstrip(",")
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": usual_threads(),
        "INFERENCE_PRECISION_HINT": precision,
    }
    peak, peak_gmacs = peak_way(options)
    ways: dict[str, Way] = {
        "seed": seeds_way(PlainNetwork(network), picture, background),
        "plain": plain_way(PlainNetwork(network), pixels, options),
        "network": lambda: runtime.run(pixels),
        "network int8, unchecked": int8_way(network, pixels, options),
        "frame": whole_frame(runtime, picture, background),
        "peak": peak,
    }
    if arguments.no_seed:
        del ways["seed"]
    durations = take_turns(ways, arguments.rounds)
    print(f"ours: {runtime.description}")
    results = {name: percentiles(each) for name, each in durations.items()}
    for name, each in results.items():
        print(f"{name:>24}: p50 {each['p50']:8.1f}  p95 {each['p95']:8.1f}  p99 {each['p99']:8.1f} ms")
    ours = results["network"]["p50"]
    rate = peak_gmacs / min(durations["peak"]) * 1000
    ratios = {f"{name} / network": round(results[name]["p50"] / ours, 2) for name in ways if name in ("seed", "plain")}
    ratios["plain / network int8, unchecked"] = round(
        results["plain"]["p50"] / results["network int8, unchecked"]["p50"], 2
    )
    if "seed" in results:
        ratios["seed / frame"] = round(results["seed"]["p50"] / results["frame"]["p50"], 2)
    floor_ms = GMACS / rate * 1000
    ratios["floor / network"] = round(floor_ms / min(durations["network"]), 2)
    for name, ratio in ratios.items():
        print(f"{name:>34}: {ratio}")
    print(f"peak {rate:.0f} GMAC/s in {precision}: floor {floor_ms:.0f} ms")
    print(json.dumps({"machine": machine, "ours": runtime.description, "ms": results, "ratios": ratios}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
