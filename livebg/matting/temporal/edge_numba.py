"""Compiled loops of the temporal edge filter, only where alpha is unknown. edge.py calls them.

The same as the reference, edge_torch.py; 20 times as fast on one core (tests/bench/twins.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, PLACES_IN, Place, Places, kernel, part
from livebg.core.types import Matte
from livebg.matting.refine.cells import CELL_GRID
from livebg.matting.refine.params import UNKNOWN
from livebg.matting.temporal.params import EDGE

Parameters = NDArray[np.float32]

REST = np.float32(EDGE.rest)
NINTH, NINE = np.float32(1 / 9), np.float32(9)
FLAT = np.float32(9 * EDGE.flat)  # of a cell and its neighbours together
FLAT_MOTION = np.float32(EDGE.flat_motion)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE = np.float32(0), np.float32(1)
U0, U1, U2, U3, U4, U5 = (np.uintp(each) for each in range(6))


@kernel(
    FLOATS_OUT,
    FLOATS_IN,
    PLACES_IN,
    *CELL_GRID,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_OUT,
    FLOATS_OUT,
)
def settle(
    alpha: Matte,
    last: Matte,
    runs: Places,
    tops: Places,
    lefts: Places,
    rows: Places,
    row_shares: Matte,
    columns: Places,
    column_shares: Matte,
    motion: Matte,
    parameters: Parameters,
    cells: Matte,
    lines: Matte,
) -> None:
    """Moves alpha, float32 (H·W,) in 0..1, towards `last` in place, in the runs of the unknown region.

    runs: UnknownRegion.runs, of h x w cells; tops, lefts, rows, row_shares, columns, column_shares: as in CellGrid.
    motion: float32 (h·w,) in 0..1. parameters: (11,), of edge.kernel_parameters. Scratch: cells 3·(h + 2)·(w + 2),
    lines 2·W.
    """
    width, full = np.uintp(lefts.size) - U1, lefts[lefts.size - 1]
    stride, plane = width + U2, np.uintp(cells.size) // U3
    changes, means, shares = cells[:plane], cells[plane : U2 * plane], cells[U2 * plane :]
    for x in range(plane):
        changes[x] = means[x] = ZERO
        shares[x] = ONE
    for each in range(U0, np.uintp(runs.size), U5):
        left, right, state = runs[each + U2], runs[each + U3], runs[each + U4]
        if state == UNKNOWN:
            for y in range(runs[each], runs[each + U1]):
                top, bottom, start = tops[y] * full, tops[y + U1] * full, (y + U1) * stride + U1
                _measure(alpha, last, top, bottom, full, lefts, left, right, lines, changes, means, start)
        else:
            for y in range(runs[each] + U1, runs[each + U1] + U1):
                for x in range(y * stride + U1 + left, y * stride + U1 + right):
                    means[x] = np.float32(state % U2)
    _repeat_ends(changes, stride)
    _repeat_ends(means, stride)
    for each in range(U0, np.uintp(runs.size), U5):
        left, right, state = runs[each + U2], runs[each + U3], runs[each + U4]
        for y in range(runs[each], runs[each + U1] if state == UNKNOWN else U0):
            start = y * stride + left
            _decide(changes, means, start, stride, motion, y * width + left, right - left, parameters, shares)
    for each in range(U0, np.uintp(runs.size), U5):
        left, right, state = lefts[runs[each + U2]], lefts[runs[each + U3]], runs[each + U4]
        top = tops[runs[each]]
        bottom = tops[runs[each + U1]] if state == UNKNOWN else top
        ready = rows[top]  # rows of cells up to here lie in the lines
        for y in range(top, bottom):
            for row in range(ready, rows[y] + U2):
                _spread(shares, (row + U1) * stride + U1, columns, column_shares, left, right, lines, row % U2 * full)
            ready = rows[y] + U2
            upper, lower = rows[y] % U2 * full, (rows[y] + U1) % U2 * full
            _blend(alpha, last, y * full + left, right - left, lines, upper, lower, row_shares[y])


@part
def _repeat_ends(cells: Matte, stride: Place) -> None:
    """Fill the rim around the cells with the cells beside it."""
    last = np.uintp(cells.size) - stride
    for row in range(stride, last, stride):
        cells[row] = cells[row + U1]
        cells[row + stride - U1] = cells[row + stride - U2]
    for x in range(stride):
        cells[x] = cells[stride + x]
        cells[last + x] = cells[last - stride + x]


@part
def _measure(
    alpha: Matte,
    last: Matte,
    top: Place,
    bottom: Place,
    full: Place,
    lefts: Places,
    left: Place,
    right: Place,
    lines: Matte,
    changes: Matte,
    means: Matte,
    start: Place,
) -> None:
    """Writes, per cell [left:right] of a row, the mean of new − last alpha into changes, and of the new into means.

    No slices here: numba counts the references to each with a locked instruction.
    """
    first, count = lefts[left], lefts[right] - lefts[left]
    for x in range(count):
        lines[full + x] = alpha[top + first + x]
        lines[x] = alpha[top + first + x] - last[top + first + x]
    for row in range(top + full, bottom, full):
        for x in range(count):
            lines[full + x] += alpha[row + first + x]
            lines[x] += alpha[row + first + x] - last[row + first + x]
    rows = np.float32((bottom - top) // full)
    if count == U4 * (right - left):  # as in frames of 720 lines: four sums at once are a run of vector instructions
        share, place = ONE / (rows * np.float32(U4)), start + left
        for x in range(right - left):
            near = U4 * x
            changes[place + x] = (lines[near] + lines[near + U1] + lines[near + U2] + lines[near + U3]) * share
        for x in range(right - left):
            near = full + U4 * x
            means[place + x] = (lines[near] + lines[near + U1] + lines[near + U2] + lines[near + U3]) * share
        return
    for column in range(left, right):
        change = mean = ZERO
        for x in range(lefts[column] - first, lefts[column + U1] - first):
            change += lines[x]
            mean += lines[full + x]
        share = ONE / (rows * np.float32(lefts[column + U1] - lefts[column]))
        changes[start + column], means[start + column] = change * share, mean * share


@part
def _decide(
    changes: Matte,
    means: Matte,
    start: Place,
    stride: Place,
    motion: Matte,
    place: Place,
    count: Place,
    parameters: Parameters,
    shares: Matte,
) -> None:
    """Writes into `shares` how much of the new alpha each cell of a row takes.

    `start`: the place above and left of the cells; `place`: their own. The root of the motion counts, as slow movement
    is hardly above the picture's noise. An alpha that has fallen below `fallen_to` of what it was shows no edge that
    trembles, but room that is held on to. Where the new alpha is flat, no edge is left that could tremble: a change
    passes as if something moved. Where it is 0, all of it passes: an alpha from before stays no farther from what is
    here now than this.
    """
    still, growth, low, low_slope, reach, reach_slope = (
        parameters[0],
        parameters[1],
        parameters[2],
        parameters[3],
        parameters[4],
        parameters[5],
    )
    pace, least, least_flat = parameters[6], parameters[7], parameters[8]
    fallen_to, fallen_reach = parameters[9], parameters[10]
    target = start + stride + U1
    for x in range(count):
        total = level = ZERO
        for row in range(3):
            near = start + np.uintp(row) * stride + x
            total += changes[near] + changes[near + U1] + changes[near + U2]
            level += means[near] + means[near + U1] + means[near + U2]
        is_flat = min(level, NINE - level) < FLAT
        moved = np.sqrt(motion[place + x])
        moving = max(moved, FLAT_MOTION) if is_flat else moved
        lowest = least_flat if is_flat else least
        over = (abs(total) * NINTH - low - moving * low_slope) / (reach + moving * reach_slope)
        fallen = (fallen_to * (level - total) - level) * NINTH / fallen_reach
        sure = min(max(over, fallen, ZERO), ONE) * (still + growth * moving)
        share = lowest + (ONE - lowest) * pace * sure / (ONE + (pace - ONE) * sure)
        shares[target + x] = ONE if level < FLAT else share


@part
def _spread(
    shares: Matte, start: Place, columns: Places, parts: Matte, left: Place, right: Place, lines: Matte, target: Place
) -> None:
    """The shares of a row of cells, bilinear for a run of pixels: otherwise the cells' grid would show."""
    for x in range(left, right):
        near = start + columns[x]
        lines[target + x - left] = shares[near] + parts[x] * (shares[near + U1] - shares[near])


@part
def _blend(
    alpha: Matte, last: Matte, start: Place, count: Place, lines: Matte, upper: Place, lower: Place, part: float
) -> None:
    for x in range(count):
        share = lines[upper + x] + part * (lines[lower + x] - lines[upper + x])
        new = alpha[start + x]
        kept = (ONE - share) * (last[start + x] - new)
        alpha[start + x] = new + (kept if abs(kept) >= REST else ZERO)
