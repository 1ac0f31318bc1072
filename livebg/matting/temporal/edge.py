"""The temporal edge filter: average a full-size edge over time where alpha is unknown and nothing moves.

A recursive filter with a dead zone, as in video noise reduction (Dubois and Sabri 1984), but on the signed change:
noise and a network's jitter cancel out over a cell and its neighbours, a displaced edge does not. The filtered alpha
moves along where the camera shakes, and, where the new one shows the edge itself, with the people (motion-compensated
temporal filtering, also Dubois and Sabri 1984). One thread at a time.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from livebg.core.jit import Places
from livebg.core.resize import is_fine
from livebg.core.types import Frame, Matte
from livebg.matting.params import MAX_GAP_S
from livebg.matting.propagation.optical_flow import warp
from livebg.matting.refine.cells import CellGrid
from livebg.matting.temporal import edge_numba as kernels
from livebg.matting.temporal.following import Follower
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.params import DETAIL_EDGE, EDGE, FINE_EDGE, EdgeParams
from livebg.matting.temporal.shake import NO_SHIFT, CameraShift


def prepare() -> None:
    """Compile the loops now, so that the first frames do not wait for them."""
    kernels.settle.prepare()


class EdgeFilter:
    """Blends each full-size alpha with its result for the last frame, which it keeps."""

    def __init__(self) -> None:
        self._last: Matte | None = None
        self._follower = Follower()
        self._at_s, self._rest_px = 0.0, NO_SHIFT
        self._cells, self._lines = np.empty(0, np.float32), np.empty(0, np.float32)

    def reset(self) -> None:
        """Take the next alpha as it is (a new source or engine)."""
        self._last = None

    def settle(
        self,
        alpha: Matte,
        runs: Places,
        cells: CellGrid,
        motion: Motion,
        media_time_s: float,
        params: EdgeParams = EDGE,
    ) -> None:
        """Filter `alpha`, float32 (H, W) in 0..1, in place.

        It stays in use as the last one: do not write to it afterwards.
        runs: the unknown region (UnknownRegion.runs), in cells of the motion's h x w; nothing changes
        elsewhere. The alpha stays as it is after a cut, another size, a gap, a step back in time, and frames that only
        the motion step saw.
        """
        last, elapsed_s = self._last, media_time_s - self._at_s
        self._last, self._at_s = alpha, media_time_s
        is_next = 0 < elapsed_s < MAX_GAP_S and math.isclose(elapsed_s, motion.elapsed_s, abs_tol=1e-6)
        if last is None or last.shape != alpha.shape or motion.is_cut or not is_next:
            return
        height, width = motion.values.shape
        if params.follows and motion.pictures is not None:
            last = warp(last, self._follower.flow(*motion.pictures, alpha), cv2.INTER_CUBIC).clip(0, 1)
        else:
            last = self._shifted(last, motion.shift_px, alpha.shape[1] / width)
        if self._cells.size != 3 * (height + 2) * (width + 2) or self._lines.size != 2 * alpha.shape[1]:
            self._cells = np.empty(3 * (height + 2) * (width + 2), np.float32)
            self._lines = np.empty(2 * alpha.shape[1], np.float32)
        planes = alpha.reshape(-1), last.reshape(-1), runs, *cells, motion.values.reshape(-1)
        kernels.settle(*planes, kernel_parameters(elapsed_s, params), self._cells, self._lines)

    def _shifted(self, last: Matte, shift_px: CameraShift, scale: float) -> Matte:
        """The last alpha, moved to where a shaking camera has it now.

        By whole pixels, as parts of a pixel would blur it more from frame to frame; the rest, under half a pixel,
        counts for the next frame.
        """
        if shift_px == NO_SHIFT:
            self._rest_px = NO_SHIFT
            return last
        x, y = (scale * shift + rest for shift, rest in zip(shift_px, self._rest_px, strict=True))
        right, down = round(x), round(y)
        self._rest_px = x - right, y - down
        return moved(last, right, down) if right or down else last


def params_for(small: Matte, frame: Frame, has_detail: bool = False) -> EdgeParams:
    """The filter's parameters for a frame with this small alpha, float32 (h, w). has_detail: a finer one is over it."""
    if has_detail:
        return DETAIL_EDGE
    return FINE_EDGE if is_fine(small, frame) else EDGE


def moved(alpha: Matte, right_px: int, down_px: int) -> Matte:
    """A copy, float32 (H, W) in 0..1, moved by so many px; its border fills what comes into the picture."""
    height, width = alpha.shape
    rows = slice(max(0, -down_px), height - max(0, down_px))
    columns = slice(max(0, -right_px), width - max(0, right_px))
    rims = max(0, down_px), max(0, -down_px), max(0, right_px), max(0, -right_px)
    return np.asarray(cv2.copyMakeBorder(alpha[rows, columns], *rims, cv2.BORDER_REPLICATE), np.float32)


def kernel_parameters(elapsed_s: float, params: EdgeParams) -> kernels.Parameters:
    """The eleven parameters of edge_numba.settle, float32 (11,).

    The share of a change that passes where still, where the dead zone ends, and how far it is from there to full
    release, each followed by its growth with motion; frames at the reference rate; the share taken whatever changed,
    and the same where the new alpha is flat; below which part of what it was an alpha has fallen, and how far below it
    there is full release.
    """
    still, moving = params.still_high - params.still_low, params.moving_high - params.moving_low
    return np.array(
        (
            *(params.still_share, 1 - params.still_share),
            *(params.still_low, params.moving_low - params.still_low),
            *(still, moving - still),
            elapsed_s * params.reference_fps,
            1 - math.exp(-elapsed_s / params.time_s),
            1 - math.exp(-elapsed_s / params.flat_time_s),
            *(params.fallen_to, params.fallen_reach),
        ),
        np.float32,
    )
