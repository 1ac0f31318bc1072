"""A small alpha brought to the picture's full size, its edge moved onto the picture's own edge.

The colour guided filter of He, Sun and Tang 2013 ("Guided Image Filtering", eq. 14-19) in its fast form (He and
Sun 2015, "Fast Guided Filter"): inside each small window alpha is a linear function of colour; the functions are
found at a quarter of the size and applied to the full-size picture. Both happen only where alpha is in doubt: far
from every soft pixel it is 0 or 1 whatever the colours are. What is left of its trembling comes to rest after that
(settling.py). Main thread.

OpenCV's own fast guided filter (cv2.ximgproc, only in opencv-contrib-python) does the whole picture and takes 5 times
the processor time (tests/bench/edges.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livebg.core.resize import shrink, work_size
from livebg.core.types import Frame, Matte
from livebg.matting.refine import guided_filter_numba as kernels
from livebg.matting.refine import unknown_region as doubt
from livebg.matting.refine.cells import Cells
from livebg.matting.refine.enlarging_numba import CHUNK, apply_functions
from livebg.matting.refine.params import UNKNOWN_REGION
from livebg.matting.refine.unknown_region import Doubt, Places
from livebg.matting.temporal import edge


def prepare() -> None:
    """Compile the loops now, so that the first frame need not wait for them."""
    doubt.prepare()
    kernels.find_functions.prepare()
    apply_functions.prepare()
    edge.prepare()


def enlarge(values: Matte, frame: Frame) -> Matte:
    """Plain bilinear: float32 (h, w) in 0..1 to (H, W) of the frame. The reference that guiding is judged against."""
    return np.asarray(cv2.resize(values, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR), np.float32)


class Refiner:
    """The guided filter with what depends on the frames' size alone, and scratch memory that holds nothing of them."""

    def __init__(self) -> None:
        self._grid = _Grid.over(1, 1)
        self._stretches = np.empty(0, np.uintp)

    def refine(self, values: Matte, frame: Frame) -> Matte:
        """Guided by the full-size picture: float32 (h, w) in 0..1 to (H, W) in 0..1. Flat alpha comes back flat."""
        self.look(values, frame)
        return self.refined(frame)

    def look(self, values: Matte, frame: Frame) -> tuple[Places, Cells]:
        """Where this alpha is in doubt: stretches in work pixels (doubt.py), and how these lie over the frame's."""
        if (frame.height, frame.width) != (self._grid.cells.rows.size, self._grid.cells.columns.size):
            self._grid = _Grid.over(frame.height, frame.width)
        alpha = values
        if values.shape != self._grid.size[::-1]:
            alpha = np.asarray(cv2.resize(values, self._grid.size, interpolation=cv2.INTER_LINEAR), np.float32)
        self._grid.hold(alpha)
        self._stretches = self._grid.doubt.stretches(*UNKNOWN_REGION.applied_within)
        return self._stretches, self._grid.cells

    def refined(self, frame: Frame) -> Matte:
        """refine() of what was looked at last, which was this frame's."""
        grid, stretches = self._grid, self._stretches
        small = np.ascontiguousarray(shrink(frame, *grid.size)).reshape(-1)
        doubts, scratch = (
            grid.doubt.stretches(*UNKNOWN_REGION.found_within),
            (grid.planes, grid.slopes, grid.windows, grid.sums),
        )
        kernels.find_functions(small, grid.size[0], doubts, stretches, *scratch)
        image = np.ascontiguousarray(frame.image).reshape(-1)
        # Fresh memory, as sinks keep it; writing to kept memory is hardly faster (tests/bench/compositing.py).
        result = np.empty((frame.height, frame.width), np.float32)
        layout = (kernels.STRIDE, kernels.RADIUS, stretches)
        apply_functions(image, grid.planes, *layout, *grid.cells, grid.sums, result.reshape(-1))
        return result


@dataclass(frozen=True, slots=True)
class _Grid:
    """How the h x w work pixels lie over the H x W of a frame; scratch memory for them."""

    cells: Cells
    planes: Matte
    slopes: Matte
    windows: Matte
    sums: Matte
    doubt: Doubt

    @classmethod
    def over(cls, full_height: int, full_width: int) -> _Grid:
        width, height = work_size(full_height, full_width)
        planes = np.zeros((height + 1) * 4 * kernels.STRIDE, np.float32)
        windows = np.empty(13 * kernels.STRIDE, np.float32)
        return cls(
            Cells.over(full_height, full_width, height, width),
            planes,
            np.empty_like(planes),
            windows,
            np.empty(max(windows.size, 8 * CHUNK * -(-full_width // CHUNK)), np.float32),
            Doubt(height, width),
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the work size."""
        return self.cells.lefts.size - 1, self.cells.tops.size - 1

    def hold(self, alpha: Matte) -> None:
        """alpha: float32 (h, w), into its plane; and where it is in doubt."""
        self.doubt.mark(np.ascontiguousarray(alpha))
        rows = self.planes.reshape(-1, 4, kernels.STRIDE)
        rows[:-1, 3, kernels.RADIUS : kernels.RADIUS + alpha.shape[1]] = alpha
