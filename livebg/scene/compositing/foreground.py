"""The person's own colours where alpha is soft, without the old room that shines through hair and edges.

Blur fusion (Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021) in two passes, a wide and a narrow one:
F̂ and B̂ are local means of the picture weighted by alpha and by 1 − alpha, and F = F̂ + α·(I − α·F̂ − (1 − α)·B̂). The
means come from the small size that other steps use too, with no larger error than the paper's radii at full size
(tests/bench/foreground.py). The last fusion happens inside the composite's loop (over_numba.py), where alpha is soft.

Anybody can read a cut-out's colours without its alpha, so there F̂ comes from sure pixels alone: where all alphas are
faint, means weighted by alpha are the room's. Pull and push (Gortler et al., "The Lumigraph", 1996) spreads the sure
colours: it averages them over ever larger squares and fills a square without any from the larger one; black where no
pixel is sure. Owner's thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import Places
from livebg.core.resize import shrink, small_size
from livebg.core.types import Frame, Image, Matte, usable
from livebg.scene.compositing import foreground_numba
from livebg.scene.compositing.params import FOREGROUND

PERSON_FROM = np.float32(FOREGROUND.person_from)
LEAST_WEIGHT = np.float32(1e-9)  # of sure pixels: with less weight, nobody is there
NO_BYTES, NO_NUMBERS = np.empty(0, np.uint8), np.empty(0, np.float32)
NO_PLACES = np.zeros(2, np.uintp)
NO_HINTS = (NO_PLACES, NO_NUMBERS, NO_PLACES, NO_NUMBERS, NO_NUMBERS)


def prepare() -> None:
    """Compiles the loops now, so that the first frame does not wait for them."""
    foreground_numba.first_pass.prepare()
    foreground_numba.second_pass.prepare()


class Estimator:
    """Both passes, for frames of one size; each frame overwrites what the last one left.

    size: (w, h) of the small pictures. columns, rows: uintp (W + 1,) and (H + 1,), the small pixel before each column
    and row of the frame, then w and h. small, small_alpha: the frame's picture, BGR uint8 (h, w, 3), and alpha, float32
    (h, w) in 0..1.
    """

    def __init__(self, height: int, width: int) -> None:
        """height, width: of the frames, px."""
        self.size = small_size(height, width)
        across, down = self.size
        self.columns, self._column_shares = _places(width, across)
        self.rows, self._row_shares = _places(height, down)
        self.small, self.small_alpha = np.empty((0, 0, 3), np.uint8), np.empty((0, 0), np.float32)
        cell, sums = foreground_numba.CELL, foreground_numba.SUMS
        self._means = np.empty(6 * (across // cell) * (down // cell), np.float32)
        self._cells = np.empty(sums * (across // cell + 2) * (down // cell + 2), np.float32)
        self._row = np.empty(sums * across, np.float32)
        self._rows = np.empty(foreground_numba.RUNS * (across + foreground_numba.PADS), np.float32)
        self._colours = np.empty(foreground_numba.FOUND * across * down, np.float32)

    def fits(self, frame: Frame) -> bool:
        return (frame.height, frame.width) == (self.rows.size - 1, self.columns.size - 1)

    def look(self, frame: Frame, alpha: Matte, is_cut_out: bool = False) -> None:
        """Makes the small pictures of a frame, BGR uint8 (H, W, 3), and its full-size alpha, float32 (H, W) in 0..1.

        Samples the alpha between four pixels: an average over all that a small pixel covers costs more and is no more
        exact. A cut-out needs the average: a small pixel is sure only if all of it is.
        """
        self.small = np.ascontiguousarray(shrink(frame, *self.size))
        self.small_alpha = averaged(alpha, *self.size) if is_cut_out else _sampled(alpha, *self.size)

    def hints(self, is_estimated: bool, is_cut_out: bool = False) -> tuple[NDArray[Any], ...]:
        """The arguments `columns` to `colours` of over_numba.compose.

        uintp (W + 1,), float32 (W,), uintp (H + 1,), float32 (H,); and float32 (h·FOUND·w,), the colours after both
        passes, or empty where is_estimated is False.
        """
        colours = NO_NUMBERS
        if is_estimated:
            small, alpha, colours = self.small.reshape(-1), self.small_alpha.reshape(-1), self._colours
            foreground_numba.first_pass(small, alpha, self.size[0], self._cells, self._row, self._means)
            foreground_numba.second_pass(small, alpha, self._means, self.size[0], self._rows, colours)
            if is_cut_out:
                planes = colours.reshape(self.size[1], foreground_numba.FOUND, self.size[0])
                planes[:, :3] = spread_sure(self.small, self.small_alpha).transpose(0, 2, 1)
        return (self.columns, self._column_shares, self.rows, self._row_shares, colours)


def spread_sure(picture: Image, alpha: Matte) -> Matte:
    """The colours of sure pixels everywhere: BGR float32 (h, w, 3) in 0..255.

    picture: BGR uint8 (h, w, 3); alpha: float32 (h, w) in 0..1.
    """
    weights = np.maximum((alpha - PERSON_FROM) / (1 - PERSON_FROM), 0)
    colours = cv2.multiply(picture, cv2.merge([weights] * 3), dtype=cv2.CV_32F)
    levels = [cv2.merge([*cv2.split(colours), weights])]  # of each square: its sure pixels' colours and their weight
    while max(levels[-1].shape[:2]) > 1:
        height, width = (-(-side // 2) for side in levels[-1].shape[:2])
        levels.append(cv2.resize(levels[-1], (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, 4))
    spread = _over_weight(levels.pop())
    for level in reversed(levels):
        wide = cv2.resize(spread, level.shape[1::-1], interpolation=cv2.INTER_LINEAR).reshape(level.shape)
        spread = _over_weight(cv2.addWeighted(level, 1, wide, FOREGROUND.pushed, 0))
    return np.asarray(spread[..., :3], np.float32)


def _over_weight(sums: cv2.typing.MatLike) -> Matte:
    """float32 (h, w, 4): colours divided by their weight, and 1 where there is any weight."""
    weight = np.maximum(sums[..., 3], LEAST_WEIGHT)
    return np.asarray(cv2.divide(sums, cv2.merge([weight] * 4)), np.float32)


def averaged(alpha: Matte, width: int, height: int) -> Matte:
    """float32 (height, width) in 0..1: area means of a float32 (H, W) alpha; NaN counts as 0."""
    small = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    if small.min() >= 0 and small.max() <= 1:  # false for NaN too
        return small
    return np.asarray(cv2.resize(usable(alpha), (width, height), interpolation=cv2.INTER_AREA), np.float32).clip(0, 1)


def _sampled(alpha: Matte, width: int, height: int) -> Matte:
    """Bilinear, float32 (height, width); at an odd ratio, as 5 in frames of 720 lines, it takes the middle pixels."""
    times, rest = divmod(alpha.shape[1], width)
    if times % 2 and not rest and alpha.shape[0] == times * height:
        small = np.ascontiguousarray(alpha[times // 2 :: times, times // 2 :: times])
    else:
        small = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return usable(small)


def _places(full: int, small: int) -> tuple[Places, Matte]:
    """For each of `full` pixels the one of `small` before it, then `small` itself; the way to the next one, 0..1."""
    centres = ((np.arange(full) + 0.5) * small / full - 0.5).clip(0, small - 1)
    before = np.floor(centres).clip(0, small - 2)
    return np.append(before, small).astype(np.uintp), (centres - before).astype(np.float32)
