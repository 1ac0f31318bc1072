"""A small alpha brought to the picture's full size, its edge moved onto the picture's own edge.

The colour guided filter of He, Sun and Tang 2013 ("Guided Image Filtering", eq. 14-19) in its fast form (He and
Sun 2015, "Fast Guided Filter"): inside each small window alpha is a linear function of colour; the functions are
found at a quarter of the size and applied to the full-size picture. Both happen only where alpha is in doubt: far
from every soft pixel it is 0 or 1 whatever the colours are. No frame depends on another. Main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livebg.matting import guided_kernels as kernels
from livebg.matting.enlarging_kernels import CHUNK, apply_functions
from livebg.stages import Frame, Matte

SURE = 0.05  # an alpha this near to 0 or 1 is beyond doubt: the contrast makes 0 of all below 0.14, 1 of all above 0.86


def prepare() -> None:
    """Compile the loops now, so that the first frame need not wait for them."""
    kernels.find_functions.prepare()
    apply_functions.prepare()


def enlarge(values: Matte, frame: Frame) -> Matte:
    """Plain bilinear: float32 (h, w) in 0..1 to (H, W) of the frame. The reference that guiding is judged against."""
    return np.asarray(cv2.resize(values, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR), np.float32)


class Refiner:
    """The guided filter with what depends on the frames' size alone, and scratch memory that holds nothing of them."""

    def __init__(self) -> None:
        self._grid = _Grid.over(1, 1)

    def refine(self, values: Matte, frame: Frame) -> Matte:
        """Guided by the full-size picture: float32 (h, w) in 0..1 to (H, W) in 0..1. Flat alpha comes back flat."""
        if (frame.height, frame.width) != (self._grid.rows.size, self._grid.columns.size):
            self._grid = _Grid.over(frame.height, frame.width)
        grid = self._grid
        alpha = np.asarray(cv2.resize(values, grid.size, interpolation=cv2.INTER_LINEAR), np.float32)
        stretches = _find_stretches(alpha)
        grid.hold(alpha)
        image = np.ascontiguousarray(frame.image).reshape(-1)
        borders = (grid.tops, grid.top_parts, grid.lefts, grid.left_parts)
        kernels.find_functions(image, *borders, stretches, grid.planes, grid.slopes, grid.windows, grid.sums)
        # Fresh memory, as sinks keep it; writing to kept memory is hardly faster (tests/bench/compositing.py).
        result = np.empty((frame.height, frame.width), np.float32)
        layout = (kernels.STRIDE, kernels.RADIUS, stretches, grid.tops, grid.lefts)
        places = (grid.rows, grid.row_shares, grid.columns, grid.column_shares)
        apply_functions(image, grid.planes, *layout, *places, grid.sums, result.reshape(-1))
        return result


@dataclass(frozen=True, slots=True)
class _Grid:
    """How the h x w work pixels lie over the H x W of a frame; scratch memory for them.

    tops, lefts: the pixel in which each begins, and the end; parts: how much of it is before that, 0..1. rows, columns:
    for each full-size pixel, the last whose centre is not beyond its own; shares: how far to the next one's, 0..1.
    """

    tops: kernels.Places
    top_parts: Matte
    lefts: kernels.Places
    left_parts: Matte
    rows: kernels.Places
    row_shares: Matte
    columns: kernels.Places
    column_shares: Matte
    planes: Matte
    slopes: Matte
    windows: Matte
    sums: Matte

    @classmethod
    def over(cls, full_height: int, full_width: int) -> _Grid:
        width = min(kernels.WIDEST, full_width)
        height = max(1, round(full_height * width / full_width))
        planes = np.zeros((height + 1) * 4 * kernels.STRIDE, np.float32)
        windows = np.empty(13 * kernels.STRIDE, np.float32)
        return cls(
            *_borders(full_height, height),
            *_borders(full_width, width),
            *_neighbours(full_height, height),
            *_neighbours(full_width, width),
            planes,
            np.empty_like(planes),
            windows,
            np.empty(max(3 * full_width + 3, windows.size, 8 * CHUNK), np.float32),
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the work size."""
        return self.lefts.size - 1, self.tops.size - 1

    def hold(self, alpha: Matte) -> None:
        """alpha: float32 (h, w), into its plane."""
        rows = self.planes.reshape(-1, 4, kernels.STRIDE)
        rows[:-1, 3, kernels.RADIUS : kernels.RADIUS + alpha.shape[1]] = alpha


def _borders(full: int, count: int) -> tuple[kernels.Places, Matte]:
    whole, rest = np.divmod(np.arange(count + 1) * full, count)
    return whole.astype(np.uintp), (rest / count).astype(np.float32)


def _neighbours(full: int, count: int) -> tuple[kernels.Places, Matte]:
    centres = (np.arange(full) + 0.5) * count / full - 0.5
    before = np.floor(centres).clip(0, max(0, count - 2))
    return before.astype(np.uintp), (centres - before).clip(0, min(1, count - 1)).astype(np.float32)


def _find_stretches(alpha: Matte) -> kernels.Places:
    """Cells side by side of the same state, as kernels.find_functions wants them: uintp (5 n,).

    A cell's state is 0 or 1 where all of it and of the cells around it is sure to be that, else IN_DOUBT; and FAR more
    where none around it is in doubt.
    """
    (height, width), cell = alpha.shape, kernels.CELL
    around = np.ones((3 * cell, 3 * cell), np.uint8)
    above, below = (
        np.asarray(cv2.dilate(each.view(np.uint8), around, anchor=(cell, cell))[::cell, ::cell], np.uint8)
        for each in (alpha > np.float32(SURE), alpha < np.float32(1 - SURE))
    )
    states = above + (above & below)
    is_far = cv2.dilate(states & kernels.IN_DOUBT, np.ones((3, 3), np.uint8)) == 0
    states += np.uint8(kernels.FAR) * is_far
    begins = np.ones(states.shape, bool)
    begins[:, 1:] = states[:, 1:] != states[:, :-1]
    places = np.flatnonzero(begins)
    row, left = np.divmod(places, states.shape[1])
    right = np.where(np.append(row[1:], -1) == row, np.append(left[1:], 0), states.shape[1])
    bounds = (row * cell, np.minimum(row * cell + cell, height), left * cell, np.minimum(right * cell, width))
    return np.stack([*bounds, states.reshape(-1)[places]], axis=1).astype(np.uintp).reshape(-1)
