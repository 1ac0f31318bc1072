"""The person's own colours at soft edges: blur fusion in two passes (Forte, "Approximate Fast Foreground Colour
Estimation", ICIP 2021). This is the reference; foreground.py says why livebg needs it, and foreground_numba.py does the
same in compiled loops. All in float32. Pure.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from livebg.core.resize import small_size
from livebg.core.resize_torch import enlarged, resizer
from livebg.scene.compositing.over_torch import finite
from livebg.scene.compositing.params import FOREGROUND

CELL, FAINT, COARSE = FOREGROUND.cell, FOREGROUND.faint, FOREGROUND.coarse
TRUST, PERSON_FROM, PUSHED = FOREGROUND.trust, FOREGROUND.person_from, FOREGROUND.pushed


class Foreground:
    """For frames of one size. Keeps nothing of a frame."""

    def __init__(self, height: int, width: int, device: str, dtype: torch.dtype) -> None:
        """dtype: of the frame's planes."""
        self._size, self._small = (height, width), small_size(height, width)[::-1]
        self._shrink = resizer(self._size, self._small, device, dtype)
        ones = torch.ones((1, *self._small), device=device)
        self._cell_px = _cells(ones)
        self._average = resizer(self._size, self._small, device)
        self._levels = [self._small]
        while max(self._levels[-1]) > 1:
            self._levels.append((-(-self._levels[-1][0] // 2), -(-self._levels[-1][1] // 2)))
        self._halve = [resizer(*each, device) for each in pairwise(self._levels)]

    def __call__(self, planes: Tensor, alpha: Tensor, room: Tensor | None = None, is_cut_out: bool = False) -> Tensor:
        """Whole levels 0..255, (3, H, W) like the planes: the person's colours where alpha is soft, the picture's where
        it is 1. planes: BGR (3, H, W) in 0..255; alpha: float32 (H, W) in 0..1; room: the empty room, as planes.
        is_cut_out: use the colours of sure pixels only.
        """
        alpha = finite(alpha)
        small = self._shrink(planes).to(torch.float32).round()
        if is_cut_out:
            shares = self._average(alpha)[None].clamp(0, 1)
        else:
            shares = functional.interpolate(alpha[None, None], size=self._small, mode="bilinear")[0]
        person, behind = self._colours(small, shares)
        if is_cut_out:
            person = self._spread_sure(small, shares)
        gain = alpha if room is None else alpha / (alpha * alpha + TRUST * (1 - alpha))
        found = []
        for channel in range(3):  # one at a time: a large picture's planes in float32 need much memory
            mean = enlarged(person[channel, None], self._size)[0]
            seen = planes[channel].to(torch.float32)
            under = enlarged(behind[channel, None], self._size)[0] if room is None else room[channel].to(torch.float32)
            found.append(mean + gain * (seen - alpha * mean - (1 - alpha) * under))
        return torch.stack([torch.floor(each.clamp(0, 255) + 0.5).to(planes.dtype) for each in found])

    def _colours(self, small: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """The person's and the room's colours, float32 (3, h, w) in 0..255 each.

        small: colours float32 (3, h, w) in whole levels; shares: alpha float32 (1, h, w).
        """
        wide, wide_room = (_per_pixel(each) for each in self._wide_pass(small, shares))
        fused = (wide + shares * (small - shares * wide - (1 - shares) * wide_room)).clamp(0, 255)
        person = (_around(shares * fused) + COARSE * wide) / (_around(shares) + COARSE)
        rest = 1 - shares
        behind = (_around(rest * wide_room) + COARSE * wide_room) / (_around(rest) + COARSE)
        return person, behind

    def _spread_sure(self, small: Tensor, shares: Tensor) -> Tensor:
        """The colours of sure pixels, spread over the whole picture, float32 (3, h, w)."""
        weights = ((shares - PERSON_FROM) / (1 - PERSON_FROM)).clamp(min=0)
        levels = [torch.cat([small * weights, weights])]
        for halve in self._halve:
            levels.append(halve(levels[-1]))
        colours = levels[-1][:3] / levels[-1][3:].clamp(min=1e-9)
        for level in reversed(levels[:-1]):
            wide = enlarged(colours, (level.shape[1], level.shape[2]))
            colours = (level[:3] + PUSHED * wide) / (level[3:] + PUSHED)
        return colours

    def _wide_pass(self, small: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Means of person and room around each cell, float32 (3, h / CELL, w / CELL) each."""
        seen, everything, weight = shares * small, small, _cells(shares)
        person_px, all_px = shares.sum(), float(shares.numel())
        mean = everything.mean((1, 2), keepdim=True)
        total, whole = seen.sum((1, 2), keepdim=True), everything.sum((1, 2), keepdim=True)
        person_mean = (total + FAINT * mean) / (person_px + FAINT)
        room_mean = (whole - total + FAINT * mean) / (all_px - person_px + FAINT)
        person = (_cells(seen) + FAINT * person_mean) / (weight + FAINT)
        rest = (self._cell_px - weight).clamp(min=0)
        return person, (_cells(everything - seen) + FAINT * room_mean) / (rest + FAINT)


def _around(planes: Tensor) -> Tensor:
    """Sums over 3 x 3 of (C, h, w), zeros beyond the rim."""
    return 9 * functional.avg_pool2d(planes, 3, stride=1, padding=1)


def _cells(planes: Tensor) -> Tensor:
    """Sums over 3 x 3 cells of (C, h, w): (C, h / CELL, w / CELL)."""
    return _around(CELL * CELL * functional.avg_pool2d(planes, CELL))


def _per_pixel(cells: Tensor) -> Tensor:
    return cells.repeat_interleave(CELL, 1).repeat_interleave(CELL, 2)
