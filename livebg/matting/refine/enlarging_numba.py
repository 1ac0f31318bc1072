"""The reference's linear functions (guided_filter_torch.py), enlarged and applied to the full-size picture by compiled
loops, only where alpha is unknown.

Two rows at work size, already at full width, are kept while the rows between them are made: CHUNK pixels at a time,
a distance that is known when compiling, as unsigned numbers are for counting, lets the loops use vector instructions.
"""

from __future__ import annotations

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, PLACES_IN, SIZE, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.refine.params import IN_DOUBT
from livebg.matting.refine.unknown_region import Place, Places

CHUNK = 512  # px of a full-size row that are made together
NOTHING, ALL = np.float32(0), np.float32(1)
N0, N1, N2, N3, N4, N5 = (np.uintp(each) for each in range(6))
_, C1, C2, C3, C4 = (np.uintp(each * CHUNK) for each in range(5))
C8 = np.uintp(8 * CHUNK)


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

    image, planes (rows `stride` apart, their first pixel at `margin`): guided_kernels.py; stretches: doubt.py. tops,
    lefts: in which pixel each row and column of work pixels begins. rows, columns: the work pixel before each of the H
    and W; shares: how far it is to the next one, 0..1. enlarged: scratch of 8·CHUNK for each CHUNK begun in W.
    """
    full, count = np.uintp(columns.size), np.uintp(stretches.size)
    first = end = N0
    while first < count:
        while end < count and stretches[end] == stretches[first]:
            end += N5
        top, bottom = tops[stretches[first]], tops[stretches[first + N1]]
        ready = rows[top]  # rows of work pixels up to here are enlarged
        for y in range(top, bottom):  # whole rows, one after the other: by stretches, memory takes twice as long
            for row in range(ready, rows[y] + N2):
                source, target = planes[row * N4 * stride + margin :], enlarged[row % N2 * C4 :]
                for each in range(first, end, N5):
                    left, right = lefts[stretches[each + N2]], lefts[stretches[each + N3]]
                    if stretches[each + N4] == IN_DOUBT:
                        _enlarge_row(source, stride, columns, column_shares, target, left, right)
            ready = rows[y] + N2
            for each in range(first, end, N5):
                left, right, state = lefts[stretches[each + N2]], lefts[stretches[each + N3]], stretches[each + N4]
                if state == IN_DOUBT:
                    _apply_row(enlarged, rows[y], row_shares[y], image, y * full, left, right, result)
                else:
                    for x in range(y * full + left, y * full + right):
                        result[x] = np.float32(state % N2)
        first = end


@part
def _enlarge_row(
    planes: Matte, stride: int, columns: Places, shares: Matte, enlarged: Matte, left: Place, right: Place
) -> None:
    """The four planes' row that `planes` begins with, at full width, from pixel left to right."""
    while left < right:
        count, target = min(right, (left // C1 + N1) * C1) - left, left // C1 * C8 + left % C1
        for plane in range(4):  # outside: one plane at a time becomes vector instructions, all four do not
            source, place = np.uintp(plane) * stride, target + np.uintp(plane) * C1
            for x in range(count):
                near = source + columns[left + x]
                enlarged[place + x] = planes[near] + shares[left + x] * (planes[near + N1] - planes[near])
        left += count


@part
def _apply_row(
    enlarged: Matte, row: Place, share: float, image: Image, start: Place, left: Place, right: Place, result: Matte
) -> None:
    """Pixels left to right of the row of image and result that begins at `start`."""
    while left < right:
        count, chunk = min(right, (left // C1 + N1) * C1) - left, left // C1 * C8 + left % C1
        upper, lower = chunk + row % N2 * C4, chunk + (row + N1) % N2 * C4
        colours, target = image[N3 * (start + left) : N3 * (start + left + count)], result[start + left :]
        for x in range(count):
            blue = enlarged[upper + x] + share * (enlarged[lower + x] - enlarged[upper + x])
            green = enlarged[upper + C1 + x] + share * (enlarged[lower + C1 + x] - enlarged[upper + C1 + x])
            red = enlarged[upper + C2 + x] + share * (enlarged[lower + C2 + x] - enlarged[upper + C2 + x])
            offset = enlarged[upper + C3 + x] + share * (enlarged[lower + C3 + x] - enlarged[upper + C3 + x])
            value = blue * colours[N3 * x] + green * colours[N3 * x + N1] + red * colours[N3 * x + N2] + offset
            target[x] = min(max(value, NOTHING), ALL)
        left += count
