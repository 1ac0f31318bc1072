"""The gate on any device of torch's: the twin of gate.through(), for alphas that stay on a GPU. Pure."""

from __future__ import annotations

import torch
from torch import Tensor

from livebg.core.nearness import FULL
from livebg.core.resize_torch import enlarged


def through(alpha: Tensor, opening: Tensor) -> Tensor:
    """The alpha, float32 (h, w) in 0..1, as the opening, uint8 (2, h', w'), allows it."""
    high, wide = alpha.shape
    gate, core = enlarged(opening.to(torch.float32) * (1 / FULL), (high, wide))
    return torch.maximum(alpha * (2 * gate - 1).clamp(min=0), core)
