"""How the cells of a work size lie over a frame's pixels. Knows nothing of what they hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from livebg.core.types import Matte
from livebg.matting.refine.unknown_region import Places


class Cells(NamedTuple):
    """How h x w cells lie over H x W pixels.

    tops, lefts: in which pixel each row and column of cells begins, and the end. rows, columns: for each pixel, the
    last cell whose centre is not beyond its own; shares: how far it is to the next one's, 0..1.
    """

    tops: Places
    lefts: Places
    rows: Places
    row_shares: Matte
    columns: Places
    column_shares: Matte

    @classmethod
    def over(cls, full_height: int, full_width: int, height: int, width: int) -> Cells:
        tops, lefts = _borders(full_height, height), _borders(full_width, width)
        return cls(tops, lefts, *_neighbours(full_height, height), *_neighbours(full_width, width))


def _borders(full: int, count: int) -> Places:
    """In which of `full` pixels each of `count` cells begins, and the end."""
    return (np.arange(count + 1) * full // count).astype(np.uintp)


def _neighbours(full: int, count: int) -> tuple[Places, Matte]:
    centres = (np.arange(full) + 0.5) * count / full - 0.5
    before = np.floor(centres).clip(0, max(0, count - 2))
    return before.astype(np.uintp), (centres - before).clip(0, min(1, count - 1)).astype(np.float32)
