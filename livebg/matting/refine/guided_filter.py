"""Bring a small alpha to the picture's full size, and move its edge onto the picture's own edge.

The colour guided filter of He, Sun and Tang 2013 ("Guided Image Filtering", eq. 14-19) in its fast form (He and Sun
2015, "Fast Guided Filter"): inside each small window alpha is a linear function of colour. The functions are found at a
quarter of the size and applied to the full-size picture, both only in the unknown region: far from every soft pixel
alpha is 0 or 1 whatever the colours are. Colours may move an edge, but not invent one: a straight line of the room
would stand out of the person like a needle. So a video frame's alpha stays below the most that the small one has within
a pixel, and 0 where that is doubtful; a photo's small alpha is too coarse for such a bound. Nor may noise: steep slopes
would make teeth of it. So a video frame's colours are first averaged over 3x3 pixels.
temporal/edge.py then steadies what still trembles.
OpenCV's own fast guided filter (cv2.ximgproc, only in opencv-contrib-python) does the whole picture and takes 5 times
the processor time (tests/bench/edges.py). One thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import Places
from livebg.core.resize import shrink, work_size
from livebg.core.types import Frame, Image, Matte
from livebg.matting.refine import guided_filter_numba as kernels
from livebg.matting.refine import unknown_region
from livebg.matting.refine.cells import CellGrid
from livebg.matting.refine.enlarging_numba import CHUNK, apply_functions
from livebg.matting.refine.params import AGREEMENT, GUIDED_FILTER, UNKNOWN_REGION
from livebg.matting.refine.unknown_region import UnknownRegion
from livebg.matting.temporal import edge

AROUND = np.ones((3, 3), np.uint8)  # work pixels: an edge moves so far at most, and nothing new appears beyond


def prepare() -> None:
    """Compile the loops now, so that the first frame does not wait for them."""
    unknown_region.prepare()
    kernels.find_functions.prepare()
    apply_functions.prepare()
    edge.prepare()


def enlarge(values: Matte, frame: Frame) -> Matte:
    """Plain bilinear: float32 (h, w) in 0..1 → (H, W) of the frame.

    The reference that the guided filter is compared with.
    """
    return np.asarray(cv2.resize(values, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR), np.float32)


def agreed(fine: Matte, guided: Matte) -> Matte:
    """A weighted mean of two alphas of a frame, float32 (H, W) in 0..1, where they nearly agree, else the first.

    The one shows what a network sees of an edge, the other where the picture has it. Where both mean the same edge,
    their errors are not the same: the mean of the two is nearer to the truth, and trembles less.
    """
    square = 2 * round(AGREEMENT.reach * max(fine.shape)) + 1
    change = np.asarray(cv2.subtract(guided, fine), np.float32)
    apart = np.asarray(cv2.blur(change, (square, square), borderType=cv2.BORDER_REPLICATE), np.float32)
    np.abs(apart, out=apart)
    share = np.subtract(np.float32(AGREEMENT.apart), apart, out=apart)
    np.multiply(share, np.float32(AGREEMENT.share / (AGREEMENT.apart - AGREEMENT.close)), out=share)
    change *= np.clip(share, 0, np.float32(AGREEMENT.share), out=share)
    return np.asarray(cv2.add(fine, change), np.float32)


class Refiner:
    """The guided filter with what depends on the frames' size alone, and scratch memory.

    No frame's values stay in it. is_bound, for video frames: alpha stays below the most that the small one has within a
    work pixel, and the picture's noise out of it.
    """

    def __init__(self, is_bound: bool = True) -> None:
        self._is_bound = is_bound
        self._grid = _Grid.over(1, 1)
        self._runs = np.empty(0, np.uintp)

    def refine(self, values: Matte, frame: Frame) -> Matte:
        """float32 (h, w) in 0..1 → (H, W) in 0..1, guided by the full-size picture. Flat alpha comes back flat."""
        self.look(values, frame)
        return self.refined(frame)

    def look(self, values: Matte, frame: Frame) -> tuple[Places, CellGrid]:
        """The unknown region of an alpha float32 (h, w) in 0..1: runs in work pixels, and how these lie over the
        frame's pixels.
        """
        if (frame.height, frame.width) != (self._grid.cells.rows.size, self._grid.cells.columns.size):
            self._grid = _Grid.over(frame.height, frame.width)
        alpha = values
        if values.shape != self._grid.size[::-1]:
            alpha = np.asarray(cv2.resize(values, self._grid.size, interpolation=cv2.INTER_LINEAR), np.float32)
        self._grid.hold(alpha)
        self._runs = self._grid.unknown.runs(*UNKNOWN_REGION.applied_within)
        return self._runs, self._grid.cells

    def refined(self, frame: Frame) -> Matte:
        """The result of refine() for the alpha that look() took last, which must be this frame's: float32 (H, W) in
        0..1.
        """
        grid, runs = self._grid, self._runs
        small = np.ascontiguousarray(shrink(frame, *grid.size)).reshape(-1)
        unknown = grid.unknown.runs(*UNKNOWN_REGION.found_within)
        if self._is_bound:
            grid.bind()
        kernels.find_functions(small, grid.size[0], unknown, runs, grid.planes, grid.slopes, grid.windows, grid.sums)
        image = np.ascontiguousarray(frame.image).reshape(-1)
        # Fresh memory, as sinks keep it; writing to kept memory is hardly faster (tests/bench/compositing.py).
        result = np.empty((frame.height, frame.width), np.float32)
        layout = (kernels.STRIDE, kernels.RADIUS, runs)
        scratch = (grid.colour_sums, grid.colours, grid.sums)
        apply_functions(
            image, grid.planes, grid.most, *layout, *grid.cells, self._is_bound, *scratch, result.reshape(-1)
        )
        return result


def _most(alpha: Matte) -> Matte:
    """The most that may come of a small alpha, float32 (h, w) in 0..1 both: 0 where it is doubtful all around."""
    around = cv2.dilate(alpha, AROUND, borderType=cv2.BORDER_REPLICATE)
    sure = np.float32(1 / (1 - GUIDED_FILTER.doubtful))
    most = (around - np.float32(1)) * sure + np.float32(1)
    return np.asarray(cv2.threshold(most, 0, 0, cv2.THRESH_TOZERO)[1], np.float32)  # np.maximum: ten times as long


@dataclass(frozen=True, slots=True)
class _Grid:
    """How the h x w work pixels lie over the H x W of a frame; scratch memory for them."""

    cells: CellGrid
    planes: Matte
    most: Matte
    slopes: Matte
    windows: Matte
    sums: Matte
    colour_sums: NDArray[np.uint16]
    colours: Image
    unknown: UnknownRegion

    @classmethod
    def over(cls, full_height: int, full_width: int) -> _Grid:
        width, height = work_size(full_height, full_width)
        planes = np.zeros((height + 1) * 4 * kernels.STRIDE, np.float32)
        windows = np.empty(13 * kernels.STRIDE, np.float32)
        return cls(
            CellGrid.over(full_height, full_width, height, width),
            planes,
            np.ones((height + 1) * kernels.STRIDE, np.float32),
            np.empty_like(planes),
            windows,
            np.empty(max(windows.size, 10 * CHUNK * -(-full_width // CHUNK)), np.float32),
            np.empty(3 * (full_width + 2), np.uint16),
            np.empty(3 * full_width, np.uint8),
            UnknownRegion(height, width),
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the work size."""
        return self.cells.lefts.size - 1, self.cells.tops.size - 1

    @property
    def _columns(self) -> slice:
        return slice(kernels.RADIUS, kernels.RADIUS + self.size[0])

    @property
    def alpha(self) -> Matte:
        """The alpha's plane, float32 (h, w), until find_functions() takes it."""
        return self.planes.reshape(-1, 4, kernels.STRIDE)[:-1, 3, self._columns]

    def hold(self, alpha: Matte) -> None:
        """Take an alpha, float32 (h, w) in 0..1, into its plane, and find its unknown region."""
        self.unknown.mark(np.ascontiguousarray(alpha))
        self.alpha[:] = alpha

    def bind(self) -> None:
        """Let no more come of the alpha than it has around; without that, 1."""
        self.most.reshape(-1, kernels.STRIDE)[:-1, self._columns] = _most(self.alpha)
