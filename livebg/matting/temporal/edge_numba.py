"""The temporal filter of the full-size edge, by compiled loops: the same as the reference (edge_torch.py), only where
alpha is unknown; 20 times as fast on one core (tests/bench/twins.py). Knows nothing about frames or settings (edge.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, PLACES_IN, kernel, part
from livebg.core.types import Matte
from livebg.matting.refine.params import IN_DOUBT
from livebg.matting.refine.unknown_region import Place, Places
from livebg.matting.temporal.params import EDGE

Knobs = NDArray[np.float32]

REST = np.float32(EDGE.rest)
NINTH, NINE = np.float32(1 / 9), np.float32(9)
FLAT = np.float32(9 * EDGE.flat)  # of a cell and its neighbours together
FLAT_MOTION = np.float32(EDGE.flat_motion)
NOTHING, ALL = np.float32(0), np.float32(1)
N0, N1, N2, N3, N4, N5 = (np.uintp(each) for each in range(6))


@kernel(
    FLOATS_OUT,
    FLOATS_IN,
    PLACES_IN,
    PLACES_IN,
    PLACES_IN,
    PLACES_IN,
    FLOATS_IN,
    PLACES_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_OUT,
    FLOATS_OUT,
)
def settle(
    alpha: Matte,
    last: Matte,
    stretches: Places,
    tops: Places,
    lefts: Places,
    rows: Places,
    row_shares: Matte,
    columns: Places,
    column_shares: Matte,
    motion: Matte,
    knobs: Knobs,
    cells: Matte,
    lines: Matte,
) -> None:
    """alpha: float32 (H·W,), the new one; moved towards `last` in place, where a stretch is in doubt.

    stretches: doubt.py, of h x w cells; tops, lefts: in which pixel each row and column of them begins, and the end.
    rows, columns: the cell before each of the H and W; shares: how far it is to the next one, 0..1. motion: (h·w,) in
    0..1. knobs: nine, of settling.py. cells: 3·(h + 2)·(w + 2), lines: 2·W, scratch.
    """
    width, full = np.uintp(lefts.size) - N1, lefts[lefts.size - 1]
    stride, plane = width + N2, np.uintp(cells.size) // N3
    changes, means, shares = cells[:plane], cells[plane : N2 * plane], cells[N2 * plane :]
    for x in range(plane):
        changes[x] = means[x] = NOTHING
        shares[x] = ALL
    for each in range(N0, np.uintp(stretches.size), N5):
        left, right, state = stretches[each + N2], stretches[each + N3], stretches[each + N4]
        if state == IN_DOUBT:
            for y in range(stretches[each], stretches[each + N1]):
                top, bottom, start = tops[y] * full, tops[y + N1] * full, (y + N1) * stride + N1
                _measure(alpha, last, top, bottom, full, lefts, left, right, lines, changes, means, start)
        else:
            for y in range(stretches[each] + N1, stretches[each + N1] + N1):
                for x in range(y * stride + N1 + left, y * stride + N1 + right):
                    means[x] = np.float32(state % N2)
    _repeat_ends(changes, stride)
    _repeat_ends(means, stride)
    for each in range(N0, np.uintp(stretches.size), N5):
        left, right, state = stretches[each + N2], stretches[each + N3], stretches[each + N4]
        for y in range(stretches[each], stretches[each + N1] if state == IN_DOUBT else N0):
            start = y * stride + left
            _decide(changes, means, start, stride, motion, y * width + left, right - left, knobs, shares)
    for each in range(N0, np.uintp(stretches.size), N5):
        left, right, state = lefts[stretches[each + N2]], lefts[stretches[each + N3]], stretches[each + N4]
        top = tops[stretches[each]]
        bottom = tops[stretches[each + N1]] if state == IN_DOUBT else top
        ready = rows[top]  # rows of cells up to here lie in the lines
        for y in range(top, bottom):
            for row in range(ready, rows[y] + N2):
                _spread(shares, (row + N1) * stride + N1, columns, column_shares, left, right, lines, row % N2 * full)
            ready = rows[y] + N2
            upper, lower = rows[y] % N2 * full, (rows[y] + N1) % N2 * full
            _blend(alpha, last, y * full + left, right - left, lines, upper, lower, row_shares[y])


@part
def _repeat_ends(cells: Matte, stride: Place) -> None:
    """The rim around the cells, as the cells beside it."""
    last = np.uintp(cells.size) - stride
    for row in range(stride, last, stride):
        cells[row] = cells[row + N1]
        cells[row + stride - N1] = cells[row + stride - N2]
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
    """[left:right] of changes and means from `start` on: the mean of new − last alpha, and of the new, in a row of
    cells. No slices: numba counts who holds each, by a locked instruction."""
    first, count = lefts[left], lefts[right] - lefts[left]
    for x in range(count):
        lines[full + x] = alpha[top + first + x]
        lines[x] = alpha[top + first + x] - last[top + first + x]
    for row in range(top + full, bottom, full):
        for x in range(count):
            lines[full + x] += alpha[row + first + x]
            lines[x] += alpha[row + first + x] - last[row + first + x]
    rows = np.float32((bottom - top) // full)
    if count == N4 * (right - left):  # as in frames of 720 lines: four sums at once are a run of vector instructions
        share, place = ALL / (rows * np.float32(N4)), start + left
        for x in range(right - left):
            near = N4 * x
            changes[place + x] = (lines[near] + lines[near + N1] + lines[near + N2] + lines[near + N3]) * share
        for x in range(right - left):
            near = full + N4 * x
            means[place + x] = (lines[near] + lines[near + N1] + lines[near + N2] + lines[near + N3]) * share
        return
    for column in range(left, right):
        change = mean = NOTHING
        for x in range(lefts[column] - first, lefts[column + N1] - first):
            change += lines[x]
            mean += lines[full + x]
        share = ALL / (rows * np.float32(lefts[column + N1] - lefts[column]))
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
    knobs: Knobs,
    shares: Matte,
) -> None:
    """shares: how much of the new alpha each cell of a row takes; `start` is above and left of them, `place` theirs.

    Where the new alpha is flat, no edge is left that could tremble: a change is let through as if something moved, and
    where it is 0, all of it: no further from what is here now than this does anything of what was here before stay.
    """
    still, growth, low, low_slope, reach, reach_slope = knobs[0], knobs[1], knobs[2], knobs[3], knobs[4], knobs[5]
    pace, least, least_flat = knobs[6], knobs[7], knobs[8]
    target = start + stride + N1
    for x in range(count):
        total = level = NOTHING
        for row in range(3):
            near = start + np.uintp(row) * stride + x
            total += changes[near] + changes[near + N1] + changes[near + N2]
            level += means[near] + means[near + N1] + means[near + N2]
        is_flat = min(level, NINE - level) < FLAT
        moving = max(motion[place + x], FLAT_MOTION) if is_flat else motion[place + x]
        lowest = least_flat if is_flat else least
        over = (abs(total) * NINTH - low - moving * low_slope) / (reach + moving * reach_slope)
        sure = min(max(over, NOTHING), ALL) * (still + growth * moving)
        share = lowest + (ALL - lowest) * pace * sure / (ALL + (pace - ALL) * sure)
        shares[target + x] = ALL if level < FLAT else share


@part
def _spread(
    shares: Matte, start: Place, columns: Places, parts: Matte, left: Place, right: Place, lines: Matte, target: Place
) -> None:
    """The shares of a row of cells, bilinear for a run of pixels: else the cells' grid shows in what is left behind."""
    for x in range(left, right):
        near = start + columns[x]
        lines[target + x - left] = shares[near] + parts[x] * (shares[near + N1] - shares[near])


@part
def _blend(
    alpha: Matte, last: Matte, start: Place, count: Place, lines: Matte, upper: Place, lower: Place, part: float
) -> None:
    for x in range(count):
        share = lines[upper + x] + part * (lines[lower + x] - lines[upper + x])
        new = alpha[start + x]
        kept = (ALL - share) * (last[start + x] - new)
        alpha[start + x] = new + (kept if abs(kept) >= REST else NOTHING)
