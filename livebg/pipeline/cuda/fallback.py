"""The ways a network can be run on a device, fastest first, each a rung that the journey steps down to where one fails.

A rung differs from the one above it in what can fail: graphs and folding, half precision, the size. Main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from livebg.core.errors import ModelError
from livebg.pipeline.cuda.in_flight import Outputs, Size
from livebg.pipeline.cuda.network import FARTHEST, difference, fast, plain
from livebg.pipeline.cuda.program import Program
from livebg.pipeline.cuda.streams import Lanes

PRECISIONS = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}
GRAIN_PX = 32
LONGEST = 4


@dataclass(frozen=True, slots=True)
class Rung:
    """share: of the matte size asked for; a half needs a quarter of the memory."""

    name: str
    dtype: torch.dtype
    is_fast: bool = False
    is_captured: bool = False
    share: float = 1.0


def rungs(precision: str, lanes: Lanes, is_plain: bool) -> list[Rung]:
    """Fastest first. precision: auto (f16 on CUDA, else f32), f16, bf16 or f32. Raises ModelError."""
    if precision == "auto":
        precision = "f16" if lanes.can_capture else "f32"
    if precision not in PRECISIONS:
        raise ModelError(f"--precision {precision} is not for {lanes.device}; take {', '.join(PRECISIONS)} or auto")
    dtype = PRECISIONS[precision]
    how = "folded, as a graph" if lanes.can_capture else "folded"
    found = [
        Rung(f"{precision} {how}", dtype, is_fast=True, is_captured=lanes.can_capture),
        Rung(f"{precision} plain", dtype),
        Rung("f32 plain at half the matte size", torch.float32, share=0.5),
    ]
    return found[1:] if is_plain else found


def build(
    rung: Rung,
    network: nn.Module,
    lanes: Lanes,
    frame_size: Size,
    matte_size: Size,
    input_mean: float,
    outputs: Outputs,
) -> Program:
    """The program of this rung for these sizes. Raises what torch raises, or RuntimeError where the fast network's
    answer is not the plain one's."""
    size = matte_size if rung.share == 1 else _rounded(matte_size[0] * rung.share, matte_size[1] * rung.share)
    make = fast if rung.is_fast else plain
    with lanes.computing(), torch.inference_mode():
        made = make(network, lanes.device, rung.dtype)
        if rung.is_fast:
            _check(made, network, lanes.device, rung.dtype, size)
    return Program(made, lanes, frame_size, size, input_mean, rung.dtype, outputs, rung.is_captured)


def _check(made: nn.Module, network: nn.Module, device: str, dtype: torch.dtype, size: Size) -> None:
    """Noise through both; raises RuntimeError where they are too far apart."""
    draw = torch.Generator().manual_seed(0)
    pixels = (torch.rand((1, 3, *size), generator=draw) - 0.5).to(device=device, dtype=dtype)
    gap = difference(made, plain(network, device, dtype), pixels)
    if gap > FARTHEST:
        raise RuntimeError(f"the folded network's matte is {gap:.3g} off the plain one's on average")


def matte_size_for(height: int, width: int, wanted: Size | int) -> Size:
    """(h, w) for frames of this size: as given, or from the short side by the rule of matting/rmbg_engine.py."""
    if isinstance(wanted, tuple):
        return wanted
    scale, limit = wanted / min(height, width), LONGEST * wanted
    return _rounded(min(height * scale, limit), min(width * scale, limit))


def _rounded(height: float, width: float) -> Size:
    high, wide = (max(GRAIN_PX, round(side / GRAIN_PX) * GRAIN_PX) for side in (height, width))
    return high, wide
