"""The fallback levels: the ways to run a network on a device, fastest first; if one fails, livebg tries the next.

Each level avoids something that can fail: CUDA graphs and folding, half precision, the full size. Main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from livebg.core.errors import ModelError
from livebg.models.rmbg import engine
from livebg.models.rmbg.engine import in_grains
from livebg.pipeline.cuda.in_flight import Size
from livebg.pipeline.cuda.network import FARTHEST, difference, fast, plain
from livebg.pipeline.cuda.streams import Streams

PRECISIONS = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}


@dataclass(frozen=True, slots=True)
class Level:
    """share: of the requested matte size; a half needs a quarter of the memory."""

    name: str
    dtype: torch.dtype
    is_fast: bool = False
    is_captured: bool = False
    share: float = 1.0

    def short_px(self, wanted: int) -> int:
        """The short side, px, at which a network that looks at regions would take the whole picture."""
        return round(self.share * wanted)


def fallback_levels(precision: str, streams: Streams, is_plain: bool) -> list[Level]:
    """Fastest first. precision: auto (f16 on CUDA, else f32), f16, bf16 or f32. Raises ModelError."""
    if precision == "auto":
        precision = "f16" if streams.can_capture else "f32"
    if precision not in PRECISIONS:
        raise ModelError(f"--precision {precision} is not for {streams.device}; take {', '.join(PRECISIONS)} or auto")
    dtype = PRECISIONS[precision]
    how = "folded, as a graph" if streams.can_capture else "folded"
    found = [
        Level(f"{precision} {how}", dtype, is_fast=True, is_captured=streams.can_capture),
        Level(f"{precision} plain", dtype),
        Level("f32 plain at half the matte size", torch.float32, share=0.5),
    ]
    return found[1:] if is_plain else found


def prepare(level: Level, network: nn.Module, streams: Streams, size: Size) -> nn.Module:
    """The network in this level's form. size: of a picture for it. Raises torch's exceptions, or RuntimeError if the
    fast network's answer differs from the plain one's."""
    make = fast if level.is_fast else plain
    with streams.computing(), torch.inference_mode():
        made = make(network, streams.device, level.dtype)
        if level.is_fast:
            _check(made, network, streams.device, level.dtype, size)
    return made


def _check(made: nn.Module, network: nn.Module, device: str, dtype: torch.dtype, size: Size) -> None:
    """Gives noise to both; raises RuntimeError if their answers are too far apart."""
    draw = torch.Generator().manual_seed(0)
    pixels = (torch.rand((1, 3, *size), generator=draw) - 0.5).to(device=device, dtype=dtype)
    gap = difference(made, plain(network, device, dtype), pixels)
    if gap > FARTHEST:
        raise RuntimeError(f"the folded network's matte is {gap:.3g} off the plain one's on average")


def matte_size_for(level: Level, height: int, width: int, wanted: Size | int) -> Size:
    """(h, w) for frames of this size: as given, or from the short side by the engine's own rule."""
    size = wanted if isinstance(wanted, tuple) else engine.matte_size_for(height, width, wanted)
    return size if level.share == 1 else (in_grains(size[0] * level.share), in_grains(size[1] * level.share))
