"""Correct an alpha by colours: what looks like the person nearby, and not like the background nearby, is the person.

Around each cell of the picture one Gaussian is fitted to the colours of what alpha calls person and one to those of the
background; their ratio (of a coarse alpha's pixels the median of neighbours) moves alpha's log odds in the unknown
region. Spatially varying Gaussians of sure foreground and background come from Bayesian matting (Chuang, Curless,
Salesin and Szeliski 2001); overlapping local colour models that stay from frame to frame are nearest to Video SnapCut
(Bai, Wang, Simons and Sapiro 2009). One thread at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from livebg.core.frame_difference import SCENE_CUT_LEVELS
from livebg.core.jit import Places
from livebg.core.resize import is_fine, shrink
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Image, Matte
from livebg.matting.params import MAX_GAP_S
from livebg.matting.refine import local_colour_numba as kernels
from livebg.matting.refine.cells import CellGrid, neighbours
from livebg.matting.refine.colour_evidence_numba import find_evidence

MEMORY_S = 0.5  # time constant with which the colours follow: less noise in them is less flicker in alpha
# A fine alpha's network saw the same colours as sharply, so the evidence is hardly independent of it: it counts by so
# much less where alpha shows each pixel of the frame, and by less of that the fewer it shows (RESULTS.md, 2026-11-30).
KNOWN = 0.7
MEDIAN_PX = 3  # across: what a coarse pixel says and its neighbours do not would be a speck or a tooth
AROUND = np.ones((3, 3), np.uint8)  # cells beside an unknown one count as unknown, too


def prepare() -> None:
    """Compile the loops now, so that the first frames do not wait for them."""
    kernels.measure_colours.prepare()
    find_evidence.prepare()
    kernels.weigh.prepare()
    kernels.correct.prepare()


class LocalColour:
    """A correction; it holds the colours of earlier frames, and `reset()` forgets them."""

    def __init__(self) -> None:
        self._cells = _Cells.over(1, 1)
        self._samples: Image | None = None
        self._at_s = 0.0

    def reset(self) -> None:
        """Take the next frame's colours alone (a new source, size or engine)."""
        self._samples = None

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
        """The corrected alpha, float32 (h, w) in 0..1; the same object where `colours` is off or nothing is unknown.

        Unchanged outside the unknown region, and where no sure person or no sure background is near.
        """
        if not settings.colours:
            self.reset()
            return alpha
        values = np.ascontiguousarray(alpha.values, np.float32)
        height, width = values.shape
        if self._cells.size != (width, height):
            self._cells = _Cells.over(height, width)
            self.reset()
        cells, image = self._cells, np.ascontiguousarray(shrink(frame, width, height))
        self._remember(image, values, frame.media_time_s)
        unknown = np.asarray(cv2.dilate(cells.unknown, AROUND), np.uint8)
        if not unknown.any():
            return alpha
        find_evidence(cells.moments, unknown.reshape(-1), cells.windows, cells.models, cells.evidence)
        fine, evidence = is_fine(values, frame), cells.evidence
        if fine:
            evidence = evidence * np.float32(1 - KNOWN * min(1.0, width / frame.width))
        result, said = values.copy(), np.zeros_like(values)
        flat = image.reshape(-1), evidence, unknown.reshape(-1)
        kernels.weigh(*flat, *cells.grid, cells.enlarged, said.reshape(-1))
        if not fine:
            said = np.asarray(cv2.medianBlur(said, MEDIAN_PX), np.float32)
        kernels.correct(said.reshape(-1), result.reshape(-1))
        return Alpha(result, alpha.sequence)

    def _remember(self, image: Image, values: Matte, at_s: float) -> None:
        """Blend this frame's colours into the cells' moments, and mark the cells of the unknown region."""
        cells, last, elapsed_s = self._cells, self._samples, at_s - self._at_s
        size = (2 * cells.unknown.shape[1], 2 * cells.unknown.shape[0])
        samples = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        alphas = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)
        share = 1.0
        if last is not None and 0 < elapsed_s < MAX_GAP_S:
            change = cv2.norm(samples, last, cv2.NORM_L1) / samples.size
            share = -math.expm1(-elapsed_s / MEMORY_S) if change < SCENE_CUT_LEVELS else 1.0
        if share == 1.0:
            cells.moments.fill(0)  # the loop's arithmetic would leave a trace of the old ones
        self._samples, self._at_s = samples, at_s
        flat = samples.reshape(-1), alphas.reshape(-1), size[0], np.float32(share)
        kernels.measure_colours(*flat, cells.sums, cells.moments, cells.unknown.reshape(-1))


@dataclass(frozen=True, slots=True)
class _Cells:
    """How the cells lie over h x w pixels, their colours, and scratch memory."""

    grid: CellGrid
    unknown: Image
    moments: Matte
    evidence: Matte
    sums: Matte
    windows: Matte
    models: Matte
    enlarged: Matte

    @classmethod
    def over(cls, height: int, width: int) -> _Cells:
        cell_px = max(2.0, max(height, width) / kernels.WIDEST)
        high, wide = max(1, round(height / cell_px)), max(1, round(width / cell_px))
        moments = np.zeros((high + 2 * kernels.MARGIN) * kernels.MOMENTS * kernels.STRIDE, np.float32)
        borders = _borders(height, high), _borders(width, wide)
        return cls(
            CellGrid(*borders, *neighbours(height, high), *neighbours(width, wide)),
            np.zeros((high, wide), np.uint8),
            moments,
            np.zeros((high + 1) * kernels.EVIDENCE * kernels.STRIDE, np.float32),
            np.zeros(kernels.MOMENTS * 2 * kernels.WIDEST, np.float32),
            np.zeros_like(moments),
            np.zeros(3 * kernels.MOMENTS * kernels.STRIDE, np.float32),
            np.zeros(4 * kernels.EVIDENCE * kernels.CHUNK, np.float32),
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the alpha, px."""
        return self.grid.columns.size, self.grid.rows.size


def _borders(full: int, count: int) -> Places:
    return np.ceil(np.arange(count + 1) * full / count - 0.5).clip(0, full).astype(np.uintp)
