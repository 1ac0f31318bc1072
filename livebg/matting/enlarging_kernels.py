"""The guided filter's functions, enlarged and applied to the full-size picture by compiled loops. Knows no frames.

Two rows at work size, already at full width, are kept while the rows between them are made: CHUNK pixels at a time,
a distance that is known when compiling, as unsigned numbers are for counting, lets the loops use vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.compiled import BYTES_IN, FLOATS_IN, FLOATS_OUT, PLACES_IN, SIZE, kernel, part
from livebg.stages import Image, Matte

Places = NDArray[np.uintp]
Place = Any  # one uintp: a position in a run of numbers

CHUNK = 512  # px of a full-size row that are made together
NOTHING, ALL = np.float32(0), np.float32(1)
N0, N1, N2, N3, N4, N5 = (np.uintp(each) for each in range(6))
_, C1, C2, C3, C4 = (np.uintp(each * CHUNK) for each in range(5))


@kernel(
    BYTES_IN,
    FLOATS_IN,
    SIZE,
    SIZE,
    PLACES_IN,
    PLACES_IN,
    PLACES_IN,
    PLACES_IN,
    FLOATS_IN,
    PLACES_IN,
    FLOATS_IN,
    FLOATS_OUT,
    FLOATS_OUT,
)
def apply_functions(
    image: Image,
    planes: Matte,
    stride: int,
    margin: int,
    stretches: Places,
    tops: Places,
    lefts: Places,
    rows: Places,
    row_shares: Matte,
    columns: Places,
    column_shares: Matte,
    enlarged: Matte,
    result: Matte,
) -> None:
    """result: float32 (H·W,) in 0..1, the enlarged functions of the image's colours; exactly 0 or 1 without doubt.

    image, planes (rows `stride` apart, their first pixel at `margin`), stretches, tops, lefts: guided_kernels.py.
    rows, columns: the work pixel before each of the H and W; shares: how far it is to the next one, 0..1. enlarged:
    scratch of 8·CHUNK.
    """
    full = np.uintp(columns.size)
    for each in range(N0, np.uintp(stretches.size), N5):
        top, bottom, state = tops[stretches[each]], tops[stretches[each + N1]], stretches[each + N4]
        left, right = lefts[stretches[each + N2]], lefts[stretches[each + N3]]
        if state != N2:
            for y in range(top, bottom):
                for x in range(y * full + left, y * full + right):
                    result[x] = np.float32(state % N2)
            continue
        for start in range(left, right, C1):
            count = min(right - start, C1)
            ready = rows[top]  # rows of work pixels up to here are enlarged
            for y in range(top, bottom):
                for row in range(ready, rows[y] + N2):
                    source, target = planes[row * N4 * stride + margin :], enlarged[row % N2 * C4 :]
                    _enlarge_row(source, stride, columns[start:], column_shares[start:], target, count)
                ready = rows[y] + N2
                place = y * full + start
                _apply_row(enlarged, rows[y], row_shares[y], image[N3 * place :], result[place : place + count])


@part
def _enlarge_row(planes: Matte, stride: int, columns: Places, shares: Matte, enlarged: Matte, count: Place) -> None:
    """The four planes' row that `planes` begins with, at full width: `count` px of each."""
    for x in range(count):
        for plane in range(4):
            near = np.uintp(plane) * stride + columns[x]
            enlarged[np.uintp(plane) * C1 + x] = planes[near] + shares[x] * (planes[near + N1] - planes[near])


@part
def _apply_row(enlarged: Matte, row: Place, share: float, image: Image, result: Matte) -> None:
    upper, lower = row % N2 * C4, (row + N1) % N2 * C4
    for x in range(np.uintp(result.size)):
        blue = enlarged[upper + x] + share * (enlarged[lower + x] - enlarged[upper + x])
        green = enlarged[upper + C1 + x] + share * (enlarged[lower + C1 + x] - enlarged[upper + C1 + x])
        red = enlarged[upper + C2 + x] + share * (enlarged[lower + C2 + x] - enlarged[upper + C2 + x])
        offset = enlarged[upper + C3 + x] + share * (enlarged[lower + C3 + x] - enlarged[upper + C3 + x])
        value = blue * image[N3 * x] + green * image[N3 * x + N1] + red * image[N3 * x + N2] + offset
        result[x] = min(max(value, NOTHING), ALL)
