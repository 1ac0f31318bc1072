"""The temporal filter of the full-size edge: alpha is averaged over time where it is unknown, and taken at once
elsewhere and where the picture moves. This is the reference; edge_numba.py does the same only where alpha is unknown.

A recursive filter with a dead zone, as in video noise reduction (Dubois and Sabri 1984), but on the signed change:
noise and the jitter of a network cancel out over a cell and its neighbours, a displaced edge does not. What must be
decided once a frame (does the last alpha count at all, and how much) stands in numbers of its own, so that a CUDA graph
can hold the rest. Main thread.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from livebg.core.resize_torch import Matrix, Separable
from livebg.core.types import Matte
from livebg.matting.params import MAX_GAP_S
from livebg.matting.refine.params import UNKNOWN
from livebg.matting.refine.unknown_region_torch import Doubt, work_places
from livebg.matting.temporal.params import EDGE

SCALARS = 6  # numbers that scalars() sends along


class Motion(Protocol):
    """Where the picture moved up to a frame: float32 (h, w) in 0..1 at the edges' work size; whether it is another
    scene; the seconds since the frame before; and how far the whole picture moved since then, work px."""

    @property
    def values(self) -> Matte: ...

    @property
    def is_cut(self) -> bool: ...

    @property
    def elapsed_s(self) -> float: ...

    @property
    def shift_px(self) -> tuple[float, float]: ...


class EdgeFilter:
    """For frames of one size: the filter, and when the last frame was."""

    def __init__(self, full: tuple[int, int], work: tuple[int, int], unknown: Doubt, device: str) -> None:
        self._doubt = unknown
        rows, columns = (_means(*sides) for sides in zip(full, work, strict=True))
        self._mean = Separable(rows, columns, device, torch.float32)
        self._last_s: float | None = None
        self._scale, self._rest_px = full[1] / work[1], (0.0, 0.0)

    def reset(self) -> None:
        """The next alpha is taken as it is."""
        self._last_s = None

    def scalars(self, motion: Motion | None, media_time_s: float) -> Matte:
        """For settle(), float32 (SCALARS,), of the next frame: whether the last alpha says anything about it (1 or 0),
        frames at the reference rate since then, the share taken whatever changed, and that where the new alpha is flat,
        and by how many whole pixels, to the right and down, the last one is moved for a shaken camera.

        It does not after a cut, a gap, a step back in time, and frames that only the motion saw. None: as reset().
        """
        if motion is None:
            self.reset()
            return np.zeros(SCALARS, np.float32)
        last_s, self._last_s = self._last_s, media_time_s
        elapsed_s = 0.0 if last_s is None else media_time_s - last_s
        is_next = 0 < elapsed_s < MAX_GAP_S and math.isclose(elapsed_s, motion.elapsed_s, abs_tol=1e-6)
        if not is_next or motion.is_cut:
            return np.zeros(SCALARS, np.float32)
        rates = (1 - math.exp(-elapsed_s / each) for each in (EDGE.time_s, EDGE.flat_time_s))
        return np.array((1, elapsed_s * EDGE.reference_fps, *rates, *self._whole_px(motion.shift_px)), np.float32)

    def _whole_px(self, shift_px: tuple[float, float]) -> tuple[int, int]:
        """Of the frame; what is left over is remembered while the camera is shaken."""
        if shift_px == (0.0, 0.0):
            self._rest_px = (0.0, 0.0)
        x, y = (self._scale * shift + rest for shift, rest in zip(shift_px, self._rest_px, strict=True))
        self._rest_px = x - round(x), y - round(y)
        return round(x), round(y)

    def settle(self, alpha: Tensor, last: Tensor, states: Tensor, motion: Tensor, scalars: Tensor) -> Tensor:
        """The settled alpha, float32 (H, W); pure.

        alpha, last: float32 (H, W) in 0..1, this frame's and what came of the last one's. states: Doubt.states of the
        small alpha; nothing changes but in doubt. motion: float32 (h, w) in 0..1. scalars: as scalars() says.
        """
        last, is_in_doubt = _moved(last, scalars[4:]), states == UNKNOWN
        change, level = self._mean(torch.stack([alpha - last, alpha]))
        change = torch.where(is_in_doubt, change, 0.0)
        level = torch.where(is_in_doubt, level, states.to(torch.float32))
        shares = self._shares(_around(change).abs(), _around(level), motion, scalars)
        held = torch.where(is_in_doubt & (scalars[0] > 0), 1 - shares, 0.0)[None, None]
        held = functional.interpolate(held, size=alpha.shape, mode="bilinear", align_corners=False)[0, 0]
        held = held * self._doubt.over_picture(is_in_doubt.to(torch.float32))
        kept = held * (last - alpha)
        return alpha + torch.where(kept.abs() >= EDGE.rest, kept, 0.0)

    def _shares(self, change: Tensor, level: Tensor, motion: Tensor, scalars: Tensor) -> Tensor:
        """How much of the new alpha each work pixel takes; change, level: means over it and its neighbours."""
        _, pace, usual, flat = scalars[:4]
        low, high = EDGE.still_low, EDGE.still_high
        is_flat = torch.minimum(level, 1 - level) < EDGE.flat
        moving = torch.where(is_flat, motion.clamp(min=EDGE.flat_motion), motion)
        least = torch.where(is_flat, flat, usual)
        begin = low + moving * (EDGE.moving_low - low)
        reach = high - low + moving * (EDGE.moving_high - EDGE.moving_low - high + low)
        sure = ((change - begin) / reach).clamp(0, 1) * (EDGE.still_share + (1 - EDGE.still_share) * moving)
        shares: Tensor = least + (1 - least) * pace * sure / (1 + (pace - 1) * sure)
        return torch.where(level < EDGE.flat, 1.0, shares)


def _moved(plane: Tensor, by: Tensor) -> Tensor:
    """(H, W) lying so many pixels to the right and down; what comes into the picture is as the border was."""
    right, down = by.to(torch.int64)
    rows, columns = (torch.arange(side, device=plane.device) for side in plane.shape)
    moved = plane.index_select(0, (rows - down).clamp(0, plane.shape[0] - 1))
    return moved.index_select(1, (columns - right).clamp(0, plane.shape[1] - 1))


def _around(plane: Tensor) -> Tensor:
    """Means over 3x3 of (h, w), which goes on beyond its rim as beside it."""
    padded = functional.pad(plane[None, None], (1, 1, 1, 1), mode="replicate")
    return functional.avg_pool2d(padded, 3, stride=1)[0, 0]


def _means(full: int, count: int) -> Matrix:
    """Float64 (count, full): the mean over each work pixel's own pixels."""
    matrix = np.zeros((count, full))
    matrix[work_places(full, count), np.arange(full)] = 1
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True), np.float64)
