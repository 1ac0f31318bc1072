"""The gate on any device of torch's, for alphas that stay on a GPU: the twins of gate.through() and whole(). Pure."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from livebg.core.nearness import FULL, square
from livebg.core.resize_torch import enlarged
from livebg.models.guided.gate import DOUBT, FEW_PX, FINDERS, GROWN, HIGH, LACKING


def through(alpha: Tensor, opening: Tensor, seen_px: int) -> Tensor:
    """The alpha, float32 (h, w) in 0..1, as the opening, uint8 (3, h', w'), allows it. seen_px: see gate.gated()."""
    high, wide = alpha.shape
    gate, people, edge = enlarged(opening.to(torch.float32) * (1 / FULL), (high, wide))
    counts = whole(alpha * (2 * gate - 1).clamp(min=0), people, FINDERS, edge)
    return counts if seen_px >= FEW_PX else _pooled(counts, people)


def _pooled(one: Tensor, other: Tensor) -> Tensor:
    """gate.pooled(), float32 (h, w) in 0..1."""
    doubt = float(DOUBT)
    for_it = ((one + doubt) * (other + doubt)).sqrt() - doubt
    against = ((1 - one + doubt) * (1 - other + doubt)).sqrt() - doubt
    return for_it / (for_it + against)


def whole(fine: Tensor, coarse: Tensor, sure_inside: tuple[float, float], edge: Tensor | None = None) -> Tensor:
    """gate.whole(), float32 in 0..1: (h, w) and (h', w'), at most as large; an edge as large as the fine one."""
    sure, inside = sure_inside
    long_side = max(fine.shape)
    if coarse.shape != fine.shape:
        (coarse,) = enlarged(coarse[None], (fine.shape[0], fine.shape[1]))
    core = -_largest(-(coarse > sure).to(torch.float32), inside * long_side)
    around = _largest(core * (fine < LACKING), 2 * inside * long_side)
    if edge is not None:
        lacking = ((edge > HIGH) & (fine < LACKING)).to(torch.float32)
        around = _grown(around, lacking, inside * long_side)
    filled = torch.maximum(fine, _softened(core, inside / 2 * long_side))
    return torch.maximum(filled, (coarse if edge is None else edge) * _softened(around, inside * long_side))


def _grown(around: Tensor, lacking: Tensor, reach_px: float) -> Tensor:
    """gate._grown(), float32 (h, w) of 0 and 1."""
    pieces = _largest(-_largest(-lacking, reach_px), reach_px)
    grown = torch.minimum(around, pieces)
    for _ in range(GROWN):
        grown = torch.minimum(_largest(grown, 2 * reach_px), pieces)
    return torch.maximum(around, _largest(grown, reach_px))


def _largest(values: Tensor, reach_px: float) -> Tensor:
    """The largest value up to reach_px to every side of each of (h, w): down, then across, which is the same sooner."""
    side = square(reach_px).shape[0]
    down = functional.max_pool2d(values[None, None], (side, 1), 1, (side // 2, 0))
    return functional.max_pool2d(down, (1, side), 1, (0, side // 2))[0, 0]


def _softened(mask: Tensor, reach_px: float) -> Tensor:
    """nearness.softened() of a mask, float32 (h, w) of 0 and 1: in 0..1, of 256 levels."""
    side = square(reach_px).shape[0]
    padded = functional.pad(mask[None, None], [side // 2] * 4, mode="replicate")
    return (functional.avg_pool2d(padded, side, 1)[0, 0] * FULL).round() * (1 / FULL)
