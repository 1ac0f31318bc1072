"""Frames of people on a GPU, the network guided to them: a part of tests/bench/gpu.py.

The finder is livebg's own, on the CPU, timed on every frame; what it would say of the bench's drawn pictures is not
used: a drawn belief walks through the picture in its place, so that the region moves, and changes its shape.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn

from livebg import models
from livebg.core.engines import MattingEngine
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame, SourceInfo
from livebg.models.guided.gate import opening
from livebg.models.guided.guide import Guide
from livebg.pipeline.cuda.build import open_host_steps
from livebg.pipeline.cuda.in_flight import Outputs
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.pipeline.live.load_control import SIZES_PX
from tests.bench.gpu_card import Bench, Results, Size, line, percentiles
from tests.bench.gpu_frames import SETTINGS, Behind, in_flight, in_turn, pictures

WALK = 40  # frames from one side of the picture to the other


class Walking(Guide):
    """Somebody walks to and fro, and lies down for half of the time. finder_ms: the real finder's time, of each frame;
    host_ms: that of the rest of the host's part before the frame goes up."""

    def __init__(self, finder: MattingEngine) -> None:
        super().__init__(finder)
        self.finder_ms: list[float] = []
        self.host_ms: list[float] = []

    def find(self, frame: Frame) -> Alpha:
        began_s = time.perf_counter()
        found = super().find(frame).values
        self.finder_ms.append(1000 * (time.perf_counter() - began_s))
        belief = np.zeros_like(found)
        height, width = belief.shape
        is_lying = frame.sequence // WALK % 2
        wide, high = (width // 2, height // 4) if is_lying else (width // 5, height * 2 // 3)
        left = int((width - wide) * (0.5 - 0.5 * np.cos(np.pi * frame.sequence / WALK)))
        belief[height - high :, left : left + wide] = 1
        self._time_the_rest(belief)
        return Alpha(belief, frame.sequence)

    def _time_the_rest(self, belief: np.ndarray) -> None:
        began_s = time.perf_counter()
        opening(belief, belief)
        self.host_ms.append(1000 * (time.perf_counter() - began_s))


def open_walking(size: Size) -> Walking:
    finder = models.open_finder(Settings(), SourceInfo("bench", size[1], size[0], 30.0, True))
    assert finder is not None
    return Walking(finder)


def measure_guided(bench: Bench, network: nn.Module, size: Size, matte_px: int) -> Results:
    """Host to host, with the live loop's own steps; the memory of all shapes, and what another size costs once."""
    stats, guide = Stats(), open_walking(size)
    host = open_host_steps(SETTINGS, stats, has_presence=False)
    precision = "f16" if bench.is_cuda else "f32"
    outputs = Outputs("bgr", has_alpha=False)
    processor = GpuProcessor(
        network, host, bench.device, matte_px, 0.5, precision, outputs=outputs, reason="bench", guide=guide
    )
    before = memory_mb(bench)
    started_s = time.perf_counter()
    processor.warm_up(*size, lambda text: print(f"  {text}"))
    result: Results = {"processor": processor.description, "warm-up s": round(time.perf_counter() - started_s, 1)}
    result["memory MB"] = round(memory_mb(bench) - before, 1)
    images, background, count = pictures(size, 6, 3), Behind(pictures(size, 1, 4)), bench.plan.frames
    frames = [Frame(images[number % len(images)], number, 0.0, number / 30) for number in range(2 * count + 2)]
    in_turn(processor, frames[:1], background)
    latency_ms, stages = in_turn(processor, frames[1 : count + 1], background)
    fps = in_flight(processor, frames[count + 1 : -1], background)
    result |= {"latency ms": percentiles(latency_ms), "fps with one in flight": round(fps, 1)}
    result |= {"finder ms": percentiles(guide.finder_ms), "opening ms": percentiles(guide.host_ms)}
    corrections = stats.snapshot().stages
    result["corrections p50 ms"] = {name: round(each.p50_ms, 3) for name, each in corrections.items()}
    result["stages p50 ms"] = {each: round(float(np.median(values)), 3) for each, values in stages.items()}
    result["another size once ms"] = round(first_of_another_size(processor, frames[-1], background, matte_px), 1)
    processor.close()
    print(f"guided {size[1]}x{size[0]}, {matte_px} px: {line(latency_ms)}, {fps:.0f} fps")
    parts = result["stages p50 ms"] | {f"{each} (host)": ms for each, ms in result["corrections p50 ms"].items()}
    parts |= {"finder (host)": result["finder ms"]["p50"], "another size once": result["another size once ms"]}
    print("  " + ", ".join(f"{each} {value}" for each, value in parts.items()))
    return result


def first_of_another_size(processor: GpuProcessor, frame: Frame, background: Behind, matte_px: int) -> float:
    """ms of the frame with which another size begins, load control's next larger one: nobody has prepared it."""
    larger = [each for each in SIZES_PX if each > matte_px]
    processor.resize(larger[-1] if matte_px in SIZES_PX and larger else matte_px + 32)
    return in_turn(processor, [frame], background)[0][0]


def memory_mb(bench: Bench) -> float:
    """What torch holds of the card's memory, graphs included."""
    return torch.cuda.memory_reserved() / 2**20 if bench.is_cuda else 0.0
