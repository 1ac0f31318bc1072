"""Lays a finer alpha (core.types.Detail) over a full-size one, only where that changes anything. Any thread.

No step has judged the detail for this frame: it counts only near what the frame's own small alpha believes in.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from livebg.core.nearness import near
from livebg.core.types import Detail, Frame, Image, Matte
from livebg.matting.refine.cells import CellGrid
from livebg.matting.refine.detail_numba import lay

FLAT = 1 / 512  # alphas that are both nearer than this to 0, or both to 1, are the same
# Detail counts within REACH, of the long side, of where somebody is surely there: LOW and HIGH as in subject/reach.py.
# Farther out, a key frame's answer shows more of the room than of hair (tests/bench/RESULTS.md, 2026-11-29).
LOW, HIGH, REACH = 0.6, 0.85, 0.007
AROUND = np.ones((3, 3), np.uint8)  # cells: the full-size alpha's edge may lie so far beside the small one's


def prepare() -> None:
    """Compiles the loop now, so that the first frame with detail does not wait for it."""
    lay.prepare()


def with_detail(full: Matte, detail: Detail, small: Matte, frame: Frame) -> Matte:
    """The full-size alpha of this frame, float32 (H, W) in 0..1, with the detail laid over it. Writes to full.

    small: float32 (h, w) in 0..1, what `full` was made of.
    """
    height, width = detail.share.shape
    if small.shape != detail.share.shape:
        small = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    share = np.asarray(cv2.multiply(detail.share, near(small, LOW, HIGH, REACH)), np.float32)
    values = np.ascontiguousarray(detail.values).reshape(-1)
    shape = np.array((*detail.values.shape, height, width), np.uintp)
    planes = (each.reshape(-1) for each in (detail.flow, share, _differing(share, detail.coarse, small)))
    lay(full.reshape(-1), values, shape, *planes, *_cells(frame.height, frame.width, height, width))
    return full


def _differing(share: Matte, coarse: Matte, small: Matte) -> Image:
    """Where the detail may change something: uint8 (h, w), not 0 there. All: float32 (h, w) in 0..1."""
    low = cv2.erode(cv2.min(small, coarse), AROUND, borderType=cv2.BORDER_REPLICATE)
    high = cv2.dilate(cv2.max(small, coarse), AROUND, borderType=cv2.BORDER_REPLICATE)
    counts = cv2.dilate(share, AROUND, borderType=cv2.BORDER_REPLICATE)
    is_differing = (np.asarray(high) > FLAT) & (np.asarray(low) < 1 - FLAT) & (np.asarray(counts) > 0)
    return is_differing.view(np.uint8)


@lru_cache(maxsize=4)
def _cells(full_height: int, full_width: int, height: int, width: int) -> CellGrid:
    return CellGrid.over(full_height, full_width, height, width)
