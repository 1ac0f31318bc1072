"""The temporal filter of the full-size edge: it averages alpha over time where it is unknown, and takes the new alpha
elsewhere and where the picture moves. This is the reference; edge_numba.py does the same only where alpha is unknown.

A recursive filter with a dead zone, as in video noise reduction (Dubois and Sabri 1984), but on the signed change:
noise and the jitter of a network cancel out over a cell and its neighbours, a displaced edge does not. The decisions
made once a frame (does the last alpha count at all, and how much) are in scalars(), so that a CUDA graph can contain
the rest. Main thread.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from livebg.core.resize_torch import Matrix, Separable, enlarged
from livebg.core.types import Matte
from livebg.matting.params import MAX_GAP_S
from livebg.matting.propagation.optical_flow import Flow
from livebg.matting.refine.params import UNKNOWN
from livebg.matting.refine.unknown_region_torch import UnknownRegion, work_places
from livebg.matting.temporal.following import Follower
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.params import EDGE, EdgeParams

SCALARS = 6  # numbers that scalars() returns


class EdgeFilter:
    """The filter for frames of one size; it remembers when the last frame was."""

    def __init__(
        self,
        full: tuple[int, int],
        work: tuple[int, int],
        unknown: UnknownRegion,
        device: str,
        params: EdgeParams = EDGE,
    ) -> None:
        self._unknown, self._params = unknown, params
        rows, columns = (_means(*sides) for sides in zip(full, work, strict=True))
        self._mean = Separable(rows, columns, device, torch.float32)
        self._last_s: float | None = None
        self._scale, self._rest_px = full[1] / work[1], (0.0, 0.0)
        self._work, self._follower = work, Follower()
        self._along = _Along(full, work, device) if params.follows else None

    def reset(self) -> None:
        """The filter does not change the next alpha."""
        self._last_s = None

    def flow(self, motion: Motion | None, alpha: Matte) -> Flow:
        """Where the people of the next frame were in the last one, for settle(): float32 (h, w, 2), px to add.

        0 where the filter does not follow them, or not into this frame. alpha: its small one, float32 (h', w').
        """
        if motion is None or motion.pictures is None or not self._params.follows:
            return np.zeros((*self._work, 2), np.float32)
        return self._follower.flow(*motion.pictures, alpha)

    def scalars(self, motion: Motion | None, media_time_s: float) -> Matte:
        """The next frame's numbers for settle(), float32 (SCALARS,): whether the last alpha counts (1 or 0); frames at
        the reference rate since then; the least share of the new alpha, and that where it is flat; by how many whole
        pixels, to the right and down, settle() moves the last alpha for a shaken camera.

        The last alpha does not count after a cut, a gap, a step back in time, and frames that only the motion detector
        saw. motion: None does the same as reset().
        """
        if motion is None:
            self.reset()
            return np.zeros(SCALARS, np.float32)
        last_s, self._last_s = self._last_s, media_time_s
        elapsed_s = 0.0 if last_s is None else media_time_s - last_s
        is_next = 0 < elapsed_s < MAX_GAP_S and math.isclose(elapsed_s, motion.elapsed_s, abs_tol=1e-6)
        if not is_next or motion.is_cut:
            return np.zeros(SCALARS, np.float32)
        params = self._params
        rates = (1 - math.exp(-elapsed_s / each) for each in (params.time_s, params.flat_time_s))
        is_followed = params.follows and motion.pictures is not None
        shift_px = self._whole_px((0.0, 0.0) if is_followed else motion.shift_px)
        return np.array((1, elapsed_s * params.reference_fps, *rates, *shift_px), np.float32)

    def _whole_px(self, shift_px: tuple[float, float]) -> tuple[int, int]:
        """The shift in whole pixels of the frame; keeps the remainder while the camera shakes."""
        if shift_px == (0.0, 0.0):
            self._rest_px = (0.0, 0.0)
        x, y = (self._scale * shift + rest for shift, rest in zip(shift_px, self._rest_px, strict=True))
        self._rest_px = x - round(x), y - round(y)
        return round(x), round(y)

    def settle(
        self, alpha: Tensor, last: Tensor, states: Tensor, motion: Tensor, scalars: Tensor, flow: Tensor
    ) -> Tensor:
        """The filtered alpha, float32 (H, W) in 0..1; pure.

        alpha, last: float32 (H, W) in 0..1, this frame's and the last frame's filtered one. states: uint8 (h, w), see
        UnknownRegion.states; only the unknown region changes. motion: float32 (h, w) in 0..1. scalars, flow: see there.
        """
        last, is_unknown = _moved(last, scalars[4:]), states == UNKNOWN
        if self._along is not None:
            last = self._along(last, flow)
        change, level = self._mean(torch.stack([alpha - last, alpha]))
        change = torch.where(is_unknown, change, 0.0)
        level = torch.where(is_unknown, level, states.to(torch.float32))
        shares = self._shares(_around(change), _around(level), motion, scalars)
        held = torch.where(is_unknown & (scalars[0] > 0), 1 - shares, 0.0)[None, None]
        held = functional.interpolate(held, size=alpha.shape, mode="bilinear", align_corners=False)[0, 0]
        held = held * self._unknown.over_picture(is_unknown.to(torch.float32))
        kept = held * (last - alpha)
        return alpha + torch.where(kept.abs() >= self._params.rest, kept, 0.0)

    def _shares(self, change: Tensor, level: Tensor, motion: Tensor, scalars: Tensor) -> Tensor:
        """The share of the new alpha, 0..1, for each work pixel; change (signed), level: means over it and its
        neighbours."""
        params = self._params
        _, pace, usual, flat = scalars[:4]
        low, high = params.still_low, params.still_high
        is_flat = torch.minimum(level, 1 - level) < params.flat
        moved = motion.sqrt()
        moving = torch.where(is_flat, moved.clamp(min=params.flat_motion), moved)
        least = torch.where(is_flat, flat, usual)
        begin = low + moving * (params.moving_low - low)
        reach = high - low + moving * (params.moving_high - params.moving_low - high + low)
        fallen = (params.fallen_to * (level - change) - level) / params.fallen_reach
        sure = torch.maximum((change.abs() - begin) / reach, fallen).clamp(0, 1)
        sure = sure * (params.still_share + (1 - params.still_share) * moving)
        shares: Tensor = least + (1 - least) * pace * sure / (1 + (pace - 1) * sure)
        return torch.where(level < params.flat, 1.0, shares)


class _Along:
    """optical_flow.warp() on the device, bicubic, for alphas and flows of these sizes; pure."""

    def __init__(self, full: tuple[int, int], work: tuple[int, int], device: str) -> None:
        self._full = full
        rows, columns = (torch.arange(side, device=device, dtype=torch.float32) for side in full)
        self._places = torch.stack([columns.expand(*full), rows[:, None].expand(*full)])
        sides = torch.tensor([full[1] / work[1], full[0] / work[0]], device=device)
        self._scale = sides[:, None, None]
        self._half = torch.tensor([full[1] / 2, full[0] / 2], device=device)[:, None, None]

    def __call__(self, plane: Tensor, flow: Tensor) -> Tensor:
        """plane: float32 (H, W) in 0..1; flow: float32 (h, w, 2), px of its size. Returns float32 (H, W) in 0..1."""
        places = self._places + enlarged(flow.movedim(2, 0) * self._scale, self._full)
        grid = ((places + 0.5) / self._half - 1).movedim(0, 2)  # from -1 to 1 across the picture
        taken: Tensor = functional.grid_sample(
            plane[None, None], grid[None], mode="bicubic", padding_mode="border", align_corners=False
        )
        return taken[0, 0].clamp(0, 1)


def _moved(plane: Tensor, by: Tensor) -> Tensor:
    """(H, W) moved by so many pixels to the right and down; the border pixels fill what comes into the picture."""
    right, down = by.to(torch.int64)
    rows, columns = (torch.arange(side, device=plane.device) for side in plane.shape)
    moved = plane.index_select(0, (rows - down).clamp(0, plane.shape[0] - 1))
    return moved.index_select(1, (columns - right).clamp(0, plane.shape[1] - 1))


def _around(plane: Tensor) -> Tensor:
    """Means over 3x3 of (h, w), with the rim repeated outside."""
    padded = functional.pad(plane[None, None], (1, 1, 1, 1), mode="replicate")
    return functional.avg_pool2d(padded, 3, stride=1)[0, 0]


def _means(full: int, count: int) -> Matrix:
    """Float64 (count, full): the mean over each work pixel's own pixels."""
    matrix = np.zeros((count, full))
    matrix[work_places(full, count), np.arange(full)] = 1
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True), np.float64)
