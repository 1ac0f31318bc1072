"""Whole frames of a GPU bench: host to host, fast beside plain, and with failures on the way."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import nn

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Background, Frame, Image
from livebg.pipeline.cuda.build import open_host_steps
from livebg.pipeline.cuda.host_steps import HostSteps
from livebg.pipeline.cuda.in_flight import Outputs
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.pipeline.cuda.program import Program
from livebg.scene.backgrounds.blur import BlurBackground
from tests.bench.gpu_card import Bench, Results, Size, line, network_floor_ms, percentiles

SETTINGS = Settings()


class Behind:
    """A background of these pictures, one after the other."""

    is_transparent = False
    needs_matte = False

    def __init__(self, pictures: list[Image]) -> None:
        self._pictures = pictures
        self._shown = 0

    def picture(self, frame: Frame, alpha: object) -> Image:  # noqa: ARG002 - the Protocol's shape
        self._shown += 1
        return self._pictures[self._shown % len(self._pictures)]

    def standby(self, height: int, width: int) -> Image:
        return np.zeros((height, width, 3), np.uint8)

    def close(self) -> None:
        pass


def bare_host_steps() -> HostSteps:
    """The live loop's, without any correction."""
    return open_host_steps(SETTINGS, Stats()).for_noise()


def pictures(size: Size, count: int, seed: int) -> list[Image]:
    """A texture that moves a little from one to the next, with noise."""
    height, width = size
    draw = np.random.default_rng(seed)
    blocks = draw.integers(20, 236, (height // 16 + 1, width // 16 + 1, 3), np.uint8)
    texture = blocks.repeat(16, 0).repeat(16, 1)[:height, :width]
    noise = draw.integers(0, 8, (height, width, 3), np.uint8)
    return [np.roll(texture, 3 * number, axis=1) + np.roll(noise, 17 * number, axis=0) for number in range(count)]


def processor_for(bench: Bench, network: nn.Module, matte: Size, kind: str = "", **rest: Any) -> GpuProcessor:
    outputs = Outputs("i420" if "i420" in kind else "bgr", has_alpha="alpha" in kind)
    precision = rest.pop("precision", "f16" if bench.is_cuda else "f32")
    host = rest.pop("host", None) or open_host_steps(SETTINGS, Stats())
    return GpuProcessor(network, host, bench.device, matte, 0.5, precision, outputs=outputs, reason="bench", **rest)


def measure_frames(bench: Bench, network: nn.Module, size: Size, matte: Size, kind: str) -> Results:
    """Host to host: one at a time, and with one in flight."""
    processor = processor_for(bench, network, matte, kind)
    started_s = time.perf_counter()
    processor.warm_up(*size, lambda text: print(f"  {text}"))
    warm_up_s = time.perf_counter() - started_s
    images = pictures(size, 6, 3)
    shown = pictures(size, 4 if kind == "video" else 1, 4)
    background: Background = BlurBackground(50) if kind == "blur" else Behind(shown)
    count = bench.plan.frames
    frames = [Frame(images[number % len(images)], number, 0.0, number / 30) for number in range(2 * count)]
    in_turn(processor, frames[: 1 + count // 10], background)
    latency_ms, stages = in_turn(processor, frames[:count], background)
    fps = in_flight(processor, frames[count:], background)
    name = f"{size[1]}x{size[0]}, matte {matte[0]}x{matte[1]}, {kind}"
    result: Results = {"processor": processor.description, "warm-up s": round(warm_up_s, 1)}
    processor.close()
    result |= {"latency ms": percentiles(latency_ms), "fps with one in flight": round(fps, 1)}
    result["stages p50 ms"] = {each: round(float(np.median(values)), 3) for each, values in stages.items()}
    result |= frame_floors(bench, size, matte, kind, float(np.median(latency_ms)), fps)
    print(f"frame {name}: {line(latency_ms)}, {fps:.0f} fps; floors {result['floor ms']} ms, {result['floor fps']} fps")
    print("  " + ", ".join(f"{each} {value}" for each, value in result["stages p50 ms"].items()))
    return result


def in_turn(
    processor: GpuProcessor, frames: list[Frame], background: Background
) -> tuple[list[float], dict[str, list[float]]]:
    """ms of each frame, and of its stages on the device's clock."""
    latency_ms: list[float] = []
    stages: dict[str, list[float]] = {}
    for frame in frames:
        started_s = time.perf_counter()
        processor.composite(frame, SETTINGS, background)
        latency_ms.append(1000 * (time.perf_counter() - started_s))
        for name, each in processor.step_ms.items():
            stages.setdefault(name, []).append(each)
    return latency_ms, stages


def in_flight(processor: GpuProcessor, frames: list[Frame], background: Background) -> float:
    """Frames per second where each is begun before the one before it is finished."""
    started_s = time.perf_counter()
    pending = processor.begin(frames[0], SETTINGS, background)
    for frame in frames[1:]:
        following = processor.begin(frame, SETTINGS, background)
        pending.finish()
        pending = following
    pending.finish()
    return len(frames) / (time.perf_counter() - started_s)


def frame_floors(bench: Bench, size: Size, matte: Size, kind: str, latency_ms: float, fps: float) -> Results:
    """One after the other for the latency; the longest of them alone for the rate."""
    pixels = size[0] * size[1]
    up_ms = (6 if kind == "video" else 3) * pixels / bench.up_per_ms
    down_ms = ((1.5 if "i420" in kind else 3) + (4 if "alpha" in kind else 0)) * pixels / bench.down_per_ms
    compute_ms = network_floor_ms(bench, matte) + 9 * pixels / bench.bytes_per_ms
    floor_ms, floor_fps = up_ms + compute_ms + down_ms, 1000 / max(up_ms, compute_ms, down_ms)
    reached = {"latency": round(floor_ms / latency_ms, 3), "rate": round(fps / floor_fps, 3)}
    return {"floor ms": round(floor_ms, 3), "floor fps": round(floor_fps), "reached": reached}


def measure_agreement(bench: Bench, network: nn.Module) -> Results:
    """The fast way beside the plain one in float32, over frames that follow each other."""
    size, matte = bench.plan.agreement
    ways = [
        processor_for(bench, network, matte, "alpha", host=bare_host_steps()),
        processor_for(bench, network, matte, "alpha", host=bare_host_steps(), precision="f32", is_plain=True),
    ]
    background = Behind(pictures(size, 1, 8))
    alphas, levels = [], []
    with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
        for number, image in enumerate(pictures(size, 8 if bench.is_cuda else 2, 7)):
            one, other = (each.composite(Frame(image, number, 0.0, number / 30), SETTINGS, background) for each in ways)
            alphas.append(np.abs(one.alpha - other.alpha))
            levels.append(np.abs(one.image.astype(np.int16) - other.image))
    result = {"ways": [each.description for each in ways]}
    for each in ways:
        each.close()
    result |= {f"alpha {name}": round(float(getattr(np.array(alphas), name)()), 6) for name in ("max", "mean")}
    result |= {f"levels {name}": round(float(getattr(np.array(levels), name)()), 4) for name in ("max", "mean")}
    print(f"\nfast and plain: {result}")
    return result


def exercise_ladder(bench: Bench, network: nn.Module) -> Results:
    """What is left of a processor after each failure; `composite` is whether the frame still got one."""
    size, matte = bench.plan.agreement
    frame, background = Frame(pictures(size, 1, 9)[0], 0, 0.0, 0.0), Behind(pictures(size, 1, 10))
    start, result = Program.start, {}
    for name, failure in (
        ("out of memory", torch.OutOfMemoryError("CUDA out of memory, simulated")),
        ("lost driver", RuntimeError("CUDA error: unspecified launch failure, simulated")),
    ):
        failures = [failure]

        def failing(self: Program, *rest: Any, failures: list[Exception] = failures) -> Any:
            if failures:
                raise failures.pop()
            return start(self, *rest)

        Program.start = failing  # type: ignore[method-assign]
        result[name] = outcome(processor_for(bench, network, matte), frame, background)
        Program.start = start  # type: ignore[method-assign]
    if bench.is_cuda:
        torch.cuda.empty_cache()
        allowed = torch.cuda.memory_reserved() + 600 * 2**20
        torch.cuda.set_per_process_memory_fraction(allowed / torch.cuda.get_device_properties(0).total_memory)
        size, matte = bench.plan.largest
        big = Frame(pictures(size, 1, 9)[0], 0, 0.0, 0.0)
        result["600 MB of memory"] = outcome(processor_for(bench, network, matte), big, Behind(pictures(size, 1, 10)))
        torch.cuda.set_per_process_memory_fraction(1.0)
    for name, each in result.items():
        print(f"ladder, {name}: {each}")
    return result


def outcome(processor: GpuProcessor, frame: Frame, background: Background) -> Results:
    try:
        composite = processor.composite(frame, SETTINGS, background)
        found: Results = {"composite": composite.image.shape == (frame.height, frame.width, 3)}
    except ModelError as failure:
        found = {"composite": False, "told": str(failure)}
    found |= {"then": processor.description, "is spent": processor.is_spent}
    processor.close()
    return found
