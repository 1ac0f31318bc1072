"""The compiled loop that lays a finer alpha over a full-size one. detail.py calls it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, PLACES_IN, Place, Places, kernel, part
from livebg.core.types import Matte
from livebg.matting.refine.cells import CELL_GRID

# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE, HALF = np.float32(0), np.float32(1), np.float32(0.5)
U0, U1, U2, U3 = (np.uintp(each) for each in range(4))


@kernel(
    FLOATS_OUT,
    FLOATS_IN,
    PLACES_IN,
    FLOATS_IN,
    FLOATS_IN,
    BYTES_IN,
    *CELL_GRID,
)
def lay(
    full: Matte,
    values: Matte,
    shape: Places,
    flow: Matte,
    share: Matte,
    differing: NDArray[np.uint8],
    tops: Places,
    lefts: Places,
    rows: Places,
    row_shares: Matte,
    columns: Places,
    column_shares: Matte,
) -> None:
    """full: float32 (H·W,) in 0..1, in place: each pixel goes `share` of the way to `values` where the flow points to.

    values: float32 (h·w,) in 0..1; shape: h, w, and h', w' of the rest: flow float32 (h'·w'·2,), px of its own size;
    share float32 (h'·w',) in 0..1; differing uint8 (h'·w',), 0 where a cell stays as it is. tops, ..., column_shares:
    as in CellGrid, of h' x w' cells.
    """
    high, wide, cells_high, cells_wide = shape[U0], shape[U1], shape[U2], shape[U3]
    full_high, full_wide = np.uintp(rows.size), np.uintp(columns.size)
    scale_y, scale_x = np.float32(high) / np.float32(full_high), np.float32(wide) / np.float32(full_wide)
    flow_y, flow_x = np.float32(high) / np.float32(cells_high), np.float32(wide) / np.float32(cells_wide)
    last_y, last_x = np.float32(high - U1), np.float32(wide - U1)
    line = np.empty(U3 * cells_wide, np.float32)
    for cell_y in range(cells_high):
        start, column = cell_y * cells_wide, U0
        while column < cells_wide:
            if not differing[start + column]:
                column += U1
                continue
            end = column
            while end < cells_wide and differing[start + end]:
                end += U1
            for y in range(tops[cell_y], tops[cell_y + U1]):
                _between_rows(flow, share, rows[y], row_shares[y], cells_high, cells_wide, column, end, line)
                middle = (np.float32(y) + HALF) * scale_y - HALF
                for x in range(lefts[column], lefts[end]):
                    cell, part_x = columns[x], column_shares[x]
                    near = U3 * cell
                    then = U3 * min(cell + U1, cells_wide - U1)
                    move_x = line[near] + part_x * (line[then] - line[near])
                    move_y = line[near + U1] + part_x * (line[then + U1] - line[near + U1])
                    weight = line[near + U2] + part_x * (line[then + U2] - line[near + U2])
                    at_x = min(max((np.float32(x) + HALF) * scale_x - HALF + flow_x * move_x, ZERO), last_x)
                    at_y = min(max(middle + flow_y * move_y, ZERO), last_y)
                    value = full[y * full_wide + x]
                    value += weight * (_sampled(values, wide, high, at_x, at_y) - value)
                    full[y * full_wide + x] = min(max(value, ZERO), ONE)
            column = end


@part
def _between_rows(
    flow: Matte,
    share: Matte,
    row: Place,
    part_y: float,
    high: Place,
    wide: Place,
    first: Place,
    end: Place,
    line: Matte,
) -> None:
    """Writes x and y of the flow, and the share, between two rows of cells, into `line` for the cells first..end and
    those beside them."""
    upper, lower = row * wide, min(row + U1, high - U1) * wide
    for x in range(first - min(first, U1), min(end + U1, wide)):
        above, below = U2 * (upper + x), U2 * (lower + x)
        line[U3 * x] = flow[above] + part_y * (flow[below] - flow[above])
        line[U3 * x + U1] = flow[above + U1] + part_y * (flow[below + U1] - flow[above + U1])
        line[U3 * x + U2] = share[upper + x] + part_y * (share[lower + x] - share[upper + x])


@part
def _sampled(values: Matte, wide: Place, high: Place, x: float, y: float) -> Any:
    """The value at a place inside the picture, bilinear."""
    left, top = np.uintp(np.int32(x)), np.uintp(np.int32(y))
    right, bottom = min(left + U1, wide - U1), min(top + U1, high - U1)
    part_x, part_y = x - np.float32(np.int32(x)), y - np.float32(np.int32(y))
    upper = values[top * wide + left] + part_x * (values[top * wide + right] - values[top * wide + left])
    lower = values[bottom * wide + left] + part_x * (values[bottom * wide + right] - values[bottom * wide + left])
    return upper + part_y * (lower - upper)
