"""The extremes of a full-size alpha by which support.py allows its composite. This is the reference; support.py finds
the same in a compiled loop. Pure.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livebg.matting.params import SUPPORT
from livebg.matting.refine.unknown_region_torch import work_places

Extremes = NDArray[np.int32]  # (4,), see judge() in matting/support.py

MAGNITUDE = 0x7FFFFFFF  # of a float's bits, without its sign


class Judging:
    """For pictures of one size, (H, W), in so many cells. Keeps nothing of a frame."""

    def __init__(self, size: tuple[int, int], cells: tuple[int, int], device: str) -> None:
        places = (work_places(side, count) for side, count in zip(size, cells, strict=True))
        self._rows, self._columns = (torch.from_numpy(each).to(device) for each in places)

    def __call__(self, full: Tensor, unsupported: Tensor) -> Tensor:
        """int32 (4,): Extremes of an alpha float32 (H, W). unsupported: uint8 (rows, columns), see support.py."""
        bits = full.view(torch.int32)
        kinds = unsupported.index_select(0, self._rows).index_select(1, self._columns)
        astray, faint = (
            torch.where(kinds == kind, bits, 0).max() for kind in (SUPPORT.nothing_near, SUPPORT.faint_near)
        )
        return torch.stack([bits.max(), astray, torch.where(bits < 0, bits & MAGNITUDE, 0).max(), faint])
