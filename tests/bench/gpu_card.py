"""A GPU bench's ground: the card, the clock on it, what the card reaches at all, and the network's floor there.

Needs torch and numpy alone, so that a machine with little else can run it.
"""

from __future__ import annotations

import functools
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from livebg.models.rmbg.network import RmbgNetwork

Size = tuple[int, int]
Results = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. cases: frame size, matte size, what the frame is made with. guided: frame size, short side
    of the matte, px."""

    mattes: tuple[Size, ...]
    cases: tuple[tuple[Size, Size, str], ...]
    guided: tuple[tuple[Size, int], ...]
    agreement: tuple[Size, Size]
    seed: tuple[Size, Size]
    largest: tuple[Size, Size]
    runs: int
    frames: int
    seed_runs: int
    matrix: int
    bytes: int


class Bench:
    """The device, its clock, and what the card reaches at all."""

    def __init__(self, device: str, plan: Plan) -> None:
        self.device, self.plan, self.is_cuda = device, plan, device.startswith("cuda")
        self.half = torch.float16 if self.is_cuda else torch.float32
        self.operations_per_ms = self.bytes_per_ms = self.up_per_ms = self.down_per_ms = 1.0

    def sync(self) -> None:
        if self.is_cuda:
            torch.cuda.synchronize()

    def time(self, call: Callable[[], object], runs: int) -> tuple[list[float], list[float]]:
        """ms of each run on the device's clock and on the host's, one run at a time."""
        device_ms, host_ms = [], []
        for _ in range(runs):
            self.sync()
            started_s = time.perf_counter()
            if self.is_cuda:
                begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                begin.record()
                call()
                end.record()
            else:
                call()
            self.sync()
            host_ms.append(1000 * (time.perf_counter() - started_s))
            device_ms.append(begin.elapsed_time(end) if self.is_cuda else host_ms[-1])
        return device_ms, host_ms

    def best(self, call: Callable[[], object]) -> float:
        call()
        return float(np.median(self.time(call, 10)[0]))

    def measure_ceilings(self) -> Results:
        side, count = self.plan.matrix, self.plan.bytes
        one, other = (torch.randn((side, side), device=self.device).to(self.half) for _ in range(2))
        self.operations_per_ms = 2 * side**3 / self.best(lambda: one @ other)
        source = torch.randint(0, 255, (count,), dtype=torch.uint8, device=self.device)
        target = torch.empty_like(source)
        self.bytes_per_ms = 2 * count / self.best(lambda: target.copy_(source))
        host = torch.empty((count // 8,), dtype=torch.uint8, pin_memory=self.is_cuda)
        part = source[: count // 8]
        self.up_per_ms = part.numel() / self.best(lambda: part.copy_(host, non_blocking=True))
        self.down_per_ms = part.numel() / self.best(lambda: host.copy_(part, non_blocking=True))
        return {
            "matrix TFLOP/s": round(self.operations_per_ms / 1e9, 2),
            "memory GB/s": round(self.bytes_per_ms / 1e6, 1),
            "up GB/s": round(self.up_per_ms / 1e6, 1),
            "down GB/s": round(self.down_per_ms / 1e6, 1),
        }


def card(device: str) -> dict[str, str]:
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
    found = {"processor": processor, "cores": str(os.cpu_count()), "system": platform.platform(terse=True)}
    found["versions"] = f"Python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}"
    if device.startswith("cuda"):
        about = torch.cuda.get_device_properties(device)
        found["gpu"] = f"{about.name}, {about.total_memory / 2**30:.0f} GiB, {about.multi_processor_count} processors"
        found["cuda"] = (
            f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, capability {about.major}.{about.minor}"
        )
    return found


def percentiles(durations_ms: Sequence[float]) -> dict[str, float]:
    return {f"p{each}": round(float(np.percentile(durations_ms, each)), 3) for each in (50, 95, 99)}


def line(durations_ms: Sequence[float]) -> str:
    each = percentiles(durations_ms)
    return f"p50 {each['p50']:8.3f} p95 {each['p95']:8.3f} p99 {each['p99']:8.3f} ms"


def stand_in_network() -> RmbgNetwork:
    """Weights that every machine makes alike, of the size that training would give them."""
    with torch.device("meta"):
        network = RmbgNetwork()
    network = network.to_empty(device="cpu")
    draw = torch.Generator().manual_seed(14)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                fan_in = module.in_channels * module.kernel_size[0] * module.kernel_size[1]
                module.weight.normal_(0, (2 / fan_in) ** 0.5, generator=draw)
                module.bias.normal_(0, 0.01, generator=draw)
            elif isinstance(module, nn.BatchNorm2d):
                module.weight.normal_(1, 0.1, generator=draw)
                module.bias.normal_(0, 0.1, generator=draw)
                module.running_mean.normal_(0, 0.1, generator=draw)
                module.running_var.normal_(0, 0.2, generator=draw).exp_()
                module.num_batches_tracked.zero_()
    return network.eval()


@functools.cache
def layers(size: Size) -> list[tuple[int, int]]:
    """(operations, bytes in half precision) of each convolution that runs at this size; nothing is computed."""
    found: list[tuple[int, int]] = []

    def note(module: nn.Conv2d, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        operations = 2 * output.numel() * module.weight[0].numel()
        found.append((operations, 2 * (inputs[0].numel() + output.numel() + module.weight.numel())))

    with torch.device("meta"):
        network = RmbgNetwork().eval()
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                module.register_forward_hook(note)
        network(torch.empty((1, 3, *size)))
    return found


def network_floor_ms(bench: Bench, size: Size) -> float:
    return sum(max(each / bench.operations_per_ms, count / bench.bytes_per_ms) for each, count in layers(size))
