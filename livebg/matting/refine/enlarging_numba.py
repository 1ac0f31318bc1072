"""Compiled loops that enlarge the functions of the guided filter, only where alpha is unknown.

They keep two rows at work size, already at full width, while they make the rows between: CHUNK pixels at a time. Vector
instructions need that distance at compile time, and unsigned counters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import (
    BYTES_IN,
    BYTES_OUT,
    FLAG,
    FLOATS_IN,
    FLOATS_OUT,
    PLACES_IN,
    SHORTS_OUT,
    SIZE,
    Place,
    Places,
    kernel,
    part,
)
from livebg.core.types import Image, Matte
from livebg.matting.refine.cells import CELL_GRID
from livebg.matting.refine.params import UNKNOWN

Sums = NDArray[np.uint16]

CHUNK = 512  # px of a full-size row that are made together
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE = np.float32(0), np.float32(1)
U0, U1, U2, U3, U4, U5, U6 = (np.uintp(each) for each in range(7))
HALF, NINTH, SHIFT = np.uint16(4), np.uint32(7282), np.uint32(16)  # (sum + 4) // 9 of whole numbers, exact up to 32768
_, CHUNK_1, CHUNK_2, CHUNK_3, CHUNK_4, CHUNK_5 = (np.uintp(each * CHUNK) for each in range(6))
CHUNK_10 = np.uintp(10 * CHUNK)


@kernel(
    BYTES_IN,
    FLOATS_IN,
    FLOATS_IN,
    SIZE,
    SIZE,
    PLACES_IN,
    *CELL_GRID,
    FLAG,
    SHORTS_OUT,
    BYTES_OUT,
    FLOATS_OUT,
    FLOATS_OUT,
)
def apply_functions(
    image: Image,
    planes: Matte,
    most: Matte,
    stride: int,
    margin: int,
    runs: Places,
    tops: Places,
    lefts: Places,
    rows: Places,
    row_shares: Matte,
    columns: Places,
    column_shares: Matte,
    is_averaged: bool,
    sums: Sums,
    colours: Image,
    enlarged: Matte,
    result: Matte,
) -> None:
    """result: float32 (H·W,) in 0..1, the enlarged functions of the image's colours, nowhere above `most`.

    Exactly 0 or 1 outside the unknown region.
    image: BGR uint8 (3·H·W,); planes: float32, of guided_filter_numba.py, rows of four planes `stride` apart, their
    first pixel at `margin`; most: float32, one plane of the same rows; runs: of UnknownRegion.runs. tops, lefts, rows,
    row_shares, columns, column_shares: as in CellGrid, of work pixels. is_averaged: by colours averaged over 3x3
    pixels. Scratch: sums 3·(W + 2); colours 3·W; enlarged 10·CHUNK for each CHUNK begun in W.
    """
    full, count = np.uintp(columns.size), np.uintp(runs.size)
    first = end = U0
    while first < count:
        while end < count and runs[end] == runs[first]:
            end += U5
        top, bottom = tops[runs[first]], tops[runs[first + U1]]
        ready = rows[top]  # rows of work pixels up to here are enlarged
        for y in range(top, bottom):  # whole rows, one after the other: by runs, memory takes twice as long
            for row in range(ready, rows[y] + U2):
                source, bound = planes[row * U4 * stride + margin :], most[row * stride + margin :]
                target = enlarged[row % U2 * CHUNK_5 :]
                for each in range(first, end, U5):
                    left, right = lefts[runs[each + U2]], lefts[runs[each + U3]]
                    if runs[each + U4] == UNKNOWN:
                        _enlarge_row(source, stride, 4, columns, column_shares, target, left, right)
                        _enlarge_row(bound, stride, 1, columns, column_shares, target[CHUNK_4:], left, right)
            ready = rows[y] + U2
            for each in range(first, end, U5):
                left, right, state = lefts[runs[each + U2]], lefts[runs[each + U3]], runs[each + U4]
                if state == UNKNOWN:
                    _take_colours(image, y, full, left, right, is_averaged, sums, colours)
                    _apply_row(enlarged, rows[y], row_shares[y], colours, y * full, left, right, result)
                else:
                    for x in range(y * full + left, y * full + right):
                        result[x] = np.float32(state % U2)
        first = end


@part
def _enlarge_row(
    planes: Matte, stride: int, number: int, columns: Places, shares: Matte, enlarged: Matte, left: Place, right: Place
) -> None:
    """Bring the first row of so many planes to full width, from pixel left to right."""
    while left < right:
        count, target = min(right, (left // CHUNK_1 + U1) * CHUNK_1) - left, left // CHUNK_1 * CHUNK_10 + left % CHUNK_1
        for plane in range(number):  # the outer loop: one plane at a time becomes vector instructions, all four do not
            source, place = np.uintp(plane) * stride, target + np.uintp(plane) * CHUNK_1
            for x in range(count):
                near = source + columns[left + x]
                enlarged[place + x] = planes[near] + shares[left + x] * (planes[near + U1] - planes[near])
        left += count


@part
def _take_colours(
    image: Image,
    y: Place,
    full: Place,
    left: Place,
    right: Place,
    is_averaged: bool,
    sums: Sums,
    colours: Image,
) -> None:
    """Write the colours, in levels, of the pixels left to right of a row: 3·(right - left) numbers; as they are, or
    each the mean over 3x3 pixels, rounded, with the picture mirrored at its ends.
    """
    count, middle = U3 * (right - left), U3 * (y * full + left)
    if not is_averaged:
        for each in range(count):
            colours[each] = image[middle + each]
        return
    last = np.uintp(image.size) // (U3 * full) - U1
    above, below = y - U1 if y > U0 else min(U1, last), y + U1 if y < last else last - min(U1, last)
    first, end = left - U1 if left > U0 else left, min(right + U1, full)
    above, middle, below, place = (
        U3 * (above * full + first),
        U3 * (y * full + first),
        U3 * (below * full + first),
        U3 * (first + U1 - left),
    )
    for each in range(U3 * (end - first)):
        sums[place + each] = (
            np.uint16(image[above + each]) + np.uint16(image[middle + each]) + np.uint16(image[below + each])
        )
    other = U3 if full > U1 else U0
    for each in range(U3):
        if left == U0:
            sums[each] = sums[U3 + other + each]
        if right == full:
            sums[count + U3 + each] = sums[count - other + each]
    for each in range(count):
        total = np.uint16(sums[each] + sums[U3 + each] + sums[U6 + each] + HALF)
        colours[each] = np.uint8((np.uint32(total) * NINTH) >> SHIFT)


@part
def _apply_row(
    enlarged: Matte,
    row: Place,
    share: float,
    colours: Image,
    start: Place,
    left: Place,
    right: Place,
    result: Matte,
) -> None:
    """Write pixels left to right of the row of result that begins at `start`; colours: theirs."""
    near = U0
    while left < right:
        count, chunk = min(right, (left // CHUNK_1 + U1) * CHUNK_1) - left, left // CHUNK_1 * CHUNK_10 + left % CHUNK_1
        upper, lower = chunk + row % U2 * CHUNK_5, chunk + (row + U1) % U2 * CHUNK_5
        target = start + left
        for x in range(count):
            blue = enlarged[upper + x] + share * (enlarged[lower + x] - enlarged[upper + x])
            green = enlarged[upper + CHUNK_1 + x] + share * (
                enlarged[lower + CHUNK_1 + x] - enlarged[upper + CHUNK_1 + x]
            )
            red = enlarged[upper + CHUNK_2 + x] + share * (
                enlarged[lower + CHUNK_2 + x] - enlarged[upper + CHUNK_2 + x]
            )
            offset = enlarged[upper + CHUNK_3 + x] + share * (
                enlarged[lower + CHUNK_3 + x] - enlarged[upper + CHUNK_3 + x]
            )
            bound = enlarged[upper + CHUNK_4 + x] + share * (
                enlarged[lower + CHUNK_4 + x] - enlarged[upper + CHUNK_4 + x]
            )
            value = (
                blue * colours[near + U3 * x]
                + green * colours[near + U3 * x + U1]
                + red * colours[near + U3 * x + U2]
                + offset
            )
            result[target + x] = min(max(min(value, bound), ZERO), ONE)
        left, near = left + count, near + U3 * count
