"""Bring the edge of a large photo onto the photo's own edge, from coarse to fine.

guided_filter.py works on 320x180 cells: with 24 megapixels each is 20 pixels wide, too coarse for hair. So the result
is refined again with cells of half the size, and again, tile by tile where alpha is soft, until a cell is about as wide
as in a video frame. Photos have more time than frames. Runs in the caller's thread.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from livebg.core.resize import SIZES, work_size
from livebg.core.types import Frame, Matte
from livebg.matting.refine.guided_filter import Refiner, enlarge

FINEST_PX = 4.0  # a cell's width: as in 720 lines
HALVING, HALF = 0.5, np.float32(0.5)
TILE = (SIZES.work_area_px // SIZES.work_long_px, SIZES.work_long_px)  # cells down and across that a Refiner looks at
MARGIN = 20  # cells around the part of a tile that is used: farther than anything in it reaches
SOFT_FROM = 0.02  # alpha nearer to 0 or 1 is not soft
FINE_CONTRAST = np.float32(1.2)
SOFTENED = np.float32(1 / 1.2)  # before each step: takes back the contrast that the step before has added


def sharpened(values: Matte, frame: Frame) -> Matte:
    """A fine alpha, float32 (h, w) in 0..1 → (H, W) in 0..1: enlarged, and with more contrast around 0.5.

    The network's edge is softer than the picture's (tests/bench/RESULTS.md).
    """
    full = enlarge(values, frame)
    return np.asarray(np.clip((full - HALF) * FINE_CONTRAST + HALF, 0, 1), np.float32)


def refine(values: Matte, frame: Frame, finest_px: float = FINEST_PX) -> Matte:
    """float32 (h, w) in 0..1 → (H, W) in 0..1, guided by the full-size picture, at last in cells of finest_px."""
    full = Refiner(is_bound=False).refine(values, frame)
    for cell_px in _cells(frame, finest_px):
        full = _refined(full, frame, cell_px)
    return full


def _cells(frame: Frame, finest_px: float) -> Iterator[float]:
    """Widths of cells, each half as wide as the one before, the last about the finest."""
    cell_px = frame.width / work_size(frame.height, frame.width)[0]
    while cell_px * HALVING >= finest_px * 0.7:
        cell_px *= HALVING
        yield cell_px


def _refined(coarse: Matte, frame: Frame, cell_px: float) -> Matte:
    """The alpha, float32 (H, W) in 0..1, with its soft parts found again in cells of this width."""
    refiner, fine = Refiner(is_bound=False), coarse.copy()
    size = [min(round(cells * cell_px), whole) for cells, whole in zip(TILE, coarse.shape, strict=True)]
    margin_px = round(MARGIN * cell_px)
    for top in _starts(coarse.shape[0], size[0], margin_px):
        for left in _starts(coarse.shape[1], size[1], margin_px):
            place = (slice(top, top + size[0]), slice(left, left + size[1]))
            part = coarse[place]
            if not np.any((part > SOFT_FROM) & (part < 1 - SOFT_FROM)):
                continue
            tile = Frame(np.ascontiguousarray(frame.image[place]), 0, 0.0, 0.0)
            small = cv2.resize(part, work_size(*size), interpolation=cv2.INTER_AREA)
            found = refiner.refine(np.asarray((small - HALF) * SOFTENED + HALF, np.float32), tile)
            inner = tuple(
                slice(start and margin_px, length if start + length == whole else length - margin_px)
                for start, length, whole in zip((top, left), size, coarse.shape, strict=True)
            )
            fine[place][inner] = found[inner]
    return fine


def _starts(whole: int, length: int, margin_px: int) -> Iterator[int]:
    """Where tiles begin along one side, so that their inner parts cover all of it."""
    step = length - 2 * margin_px
    yield from range(0, whole - length, step)
    yield whole - length
