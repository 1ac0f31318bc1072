"""The gate on any device of torch's: the twin of gate.through(), for alphas that stay on a GPU. Pure."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from livebg.core.nearness import FULL, square
from livebg.core.resize_torch import enlarged
from livebg.models.guided.gate import FINDERS, LACKING


def through(alpha: Tensor, opening: Tensor) -> Tensor:
    """The alpha, float32 (h, w) in 0..1, as the opening, uint8 (2, h', w'), allows it."""
    high, wide = alpha.shape
    gate, people = enlarged(opening.to(torch.float32) * (1 / FULL), (high, wide))
    return _whole(alpha * (2 * gate - 1).clamp(min=0), people)


def _whole(fine: Tensor, coarse: Tensor) -> Tensor:
    """gate.whole() with FINDERS, float32 (h, w) in 0..1 both."""
    sure, inside = FINDERS
    reach = inside * max(fine.shape)
    core = -_largest(-(coarse > sure).to(torch.float32), reach)
    around = _largest(core * (fine < LACKING), 2 * reach)
    side = square(reach).shape[0]
    padded = functional.pad(around[None, None], [side // 2] * 4, mode="replicate")
    share = (functional.avg_pool2d(padded, side, 1)[0, 0] * FULL).round() * (1 / FULL)
    return torch.maximum(fine, coarse * share)


def _largest(values: Tensor, reach_px: float) -> Tensor:
    """The largest value up to reach_px to every side of each of (h, w)."""
    side = square(reach_px).shape[0]
    return functional.max_pool2d(values[None, None], side, 1, side // 2)[0, 0]
