"""How the cells of a work size lie over a frame's pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from livebg.core.jit import FLOATS_IN, PLACES_IN, Places
from livebg.core.types import Matte

CELL_GRID = (PLACES_IN, PLACES_IN, PLACES_IN, FLOATS_IN, PLACES_IN, FLOATS_IN)  # of a kernel that takes a CellGrid


class CellGrid(NamedTuple):
    """How a grid of h x w cells lies over H x W pixels.

    tops, lefts: uintp (h + 1,) and (w + 1,), the first pixel of each row and column of cells, then the end. rows,
    columns: uintp (H,) and (W,), for each pixel the last cell whose centre is not beyond the pixel's own. row_shares,
    column_shares: float32, how far the pixel is towards the next cell's centre, 0..1.
    """

    tops: Places
    lefts: Places
    rows: Places
    row_shares: Matte
    columns: Places
    column_shares: Matte

    @classmethod
    def over(cls, full_height: int, full_width: int, height: int, width: int) -> CellGrid:
        """The grid of height x width cells over full_height x full_width pixels."""
        tops, lefts = firsts(full_height, height), firsts(full_width, width)
        return cls(tops, lefts, *neighbours(full_height, height), *neighbours(full_width, width))


@lru_cache(maxsize=16)
def firsts(full: int, count: int) -> Places:
    """The first of `full` pixels of each of `count` cells, then the end; uintp (count + 1,)."""
    return (np.arange(count + 1) * full // count).astype(np.uintp)


def neighbours(full: int, count: int) -> tuple[Places, Matte]:
    """For each of `full` pixels the cell before it, uintp (full,), and its share of the way to the next, float32
    (full,).
    """
    centres = (np.arange(full) + 0.5) * count / full - 0.5
    before = np.floor(centres).clip(0, max(0, count - 2))
    return before.astype(np.uintp), (centres - before).clip(0, min(1, count - 1)).astype(np.float32)
