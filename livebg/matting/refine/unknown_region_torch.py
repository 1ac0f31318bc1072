"""The unknown region: where a small alpha is neither surely background nor surely foreground, and around there. This is
the reference; unknown_region.py finds the same as runs of cells, for loops that skip the rest. Pure.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from livebg.core.resize_torch import Places
from livebg.matting.refine.params import UNKNOWN_REGION

BLOCK, TALL = UNKNOWN_REGION.block, UNKNOWN_REGION.tall
WIDE, REACH = UNKNOWN_REGION.applied_within
BACKGROUND_BELOW, FOREGROUND_ABOVE = UNKNOWN_REGION.background_below, UNKNOWN_REGION.foreground_above


class UnknownRegion:
    """For pictures of one size and their alphas at work size. Keeps nothing of a frame."""

    def __init__(self, full: tuple[int, int], work: tuple[int, int], device: str) -> None:
        """full: (H, W) of the picture; work: (h, w), neither side longer."""
        cells = (BLOCK * TALL, BLOCK * WIDE)
        self._in_cells = [_index(np.arange(side) // cell, device) for side, cell in zip(work, cells, strict=True)]
        self._in_work = [_index(work_places(*sides), device) for sides in zip(full, work, strict=True)]

    def states(self, alpha: Tensor) -> Tensor:
        """alpha: float32 (h, w) in 0..1. Returns uint8 (h, w): 0 or 1 where alpha around is surely that, or UNKNOWN."""
        top = functional.max_pool2d(alpha[None, None], BLOCK, ceil_mode=True)
        low = -functional.max_pool2d(-alpha[None, None], BLOCK, ceil_mode=True)
        marks = torch.cat([top > BACKGROUND_BELOW, low < FOREGROUND_ABOVE], 1).to(torch.float32)
        around = functional.max_pool2d(marks, 2 * REACH + 1, stride=1, padding=REACH)
        above, below = functional.max_pool2d(around, (TALL, WIDE), ceil_mode=True)[0]
        states = (above * (1 + below)).to(torch.uint8)
        return _spread(states, self._in_cells)

    def over_picture(self, plane: Tensor) -> Tensor:
        """(h, w) → (H, W): each pixel of the picture gets the value of its work pixel."""
        return _spread(plane, self._in_work)


def work_places(full: int, count: int) -> Places:
    """For each of `full` pixels, the index of its work pixel, intp (full,) in 0..count-1, as in guided_filter.py."""
    return np.searchsorted(np.arange(1, count + 1) * full // count, np.arange(full), side="right")


def _index(places: Places, device: str) -> Tensor:
    return torch.from_numpy(places).to(device)


def _spread(plane: Tensor, places: list[Tensor]) -> Tensor:
    return plane.index_select(0, places[0]).index_select(1, places[1])
