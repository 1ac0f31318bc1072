"""The reference's linear functions (guided_filter_torch.py), found by compiled loops only where alpha is unknown: with
enlarging_numba.py, 29 times as fast on one core (tests/bench/twins.py).

Four planes (blue, green, red and alpha; or three slopes and an offset) lie row by row in one float32 run, STRIDE
apart and with RADIUS pixels more at both ends of a row: distances that are known when compiling let the loops use
vector instructions; so does counting in unsigned numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_OUT, PLACES_IN, SIZE, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.refine.params import GUIDED_FILTER, IN_DOUBT
from livebg.matting.refine.unknown_region import FAR, Place, Places

RADIUS = GUIDED_FILTER.radius
WIDEST = 320  # px: of the work size
STRIDE = 336  # floats: WIDEST, both ends, and an odd number of cache lines
EPSILON = np.float32(GUIDED_FILTER.epsilon * 255 * 255)  # squared levels
CONTRAST = np.float32(GUIDED_FILTER.contrast)
SHARE = np.float32(1 / (2 * RADIUS + 1) ** 2)
HALF, NOTHING, ALL = np.float32(0.5), np.float32(0), np.float32(1)
N0, N1, N2, N3, N4, N5, N6, N7, N8, N9 = (np.uintp(each) for each in range(10))
_, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13 = (np.uintp(each * STRIDE) for each in range(14))
ROW = np.uintp(4 * STRIDE)


@kernel(BYTES_IN, SIZE, PLACES_IN, PLACES_IN, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT)
def find_functions(
    small: Image,
    width: int,
    doubts: Places,
    stretches: Places,
    planes: Matte,
    slopes: Matte,
    windows: Matte,
    sums: Matte,
) -> None:
    """Leaves in `planes` the averaged slopes and offset, with CONTRAST, of alpha as a function of colour in levels.

    small: uint8 (3·h·w,), the picture at work size. doubts, stretches (doubt.py): where slopes are found, those outside
    counting as 0; and, within that, where they are averaged, alpha's own state being the answer beside it. planes:
    h + 1 rows, with alpha in the fourth plane and 0 in the last row. slopes: scratch as planes; windows, sums: scratch
    of 13 planes of a row.
    """
    last = np.uintp(small.size) // (N3 * width) - N1
    for each in range(N0, np.uintp(doubts.size), N5):
        _take_colours(small, width, doubts[each : each + N5], planes)
    for each in range(N0, np.uintp(doubts.size), N5):
        _find_slopes(doubts[each : each + N5], last, width, planes, slopes, windows, sums)
    for each in range(N0, np.uintp(stretches.size), N5):
        left, right, state = stretches[each + N2], stretches[each + N3], stretches[each + N4]
        for y in range(stretches[each], stretches[each + N1] if state < FAR else N0):
            if state == IN_DOUBT:
                _average_functions(slopes, y, last, left, right, planes, windows)
            else:
                _fill(planes, y * ROW + N4 + left, right - left, (np.float32(state) - HALF) * CONTRAST + HALF)


@part
def _take_colours(small: Image, width: Place, stretch: Places, planes: Matte) -> None:
    """The colours of one stretch, into their planes; 0 where nothing is in doubt."""
    left, right, state = stretch[2], stretch[3], stretch[4]
    for y in range(stretch[0], stretch[1] if state < FAR else N0):
        source, target = small[N3 * (y * width + left) : N3 * (y * width + right)], y * ROW + N4 + left
        for x in range(right - left):
            if state == IN_DOUBT:
                planes[target + x] = np.float32(source[N3 * x])
                planes[target + P1 + x] = np.float32(source[N3 * x + N1])
                planes[target + P2 + x] = np.float32(source[N3 * x + N2])
            else:
                planes[target + x] = planes[target + P1 + x] = planes[target + P2 + x] = NOTHING
        if left == N0 or right == width:
            _mirror_ends(planes, y * ROW, width)


@part
def _find_slopes(
    stretch: Places, last: Place, width: Place, planes: Matte, slopes: Matte, windows: Matte, sums: Matte
) -> None:
    """Slopes and offset, not yet averaged, of one stretch; 0 and alpha where nothing is in doubt."""
    top, bottom, left, right, state = stretch[0], stretch[1], stretch[2], stretch[3], stretch[4]
    if state == IN_DOUBT:
        for x in range(P13):
            windows[x] = NOTHING
        for near in range(top, top + N9):
            _slide(windows, planes, _row(near, last) + left, (last + N1) * ROW, right - left + N8)
    for y in range(top, bottom if state < FAR else N0):
        if state == IN_DOUBT:
            _solve_row(windows, sums, slopes, y * ROW + N4 + left, right - left)
            _slide(windows, planes, _row(y + N9, last) + left, _row(y, last) + left, right - left + N8)
        else:
            _fill(slopes, y * ROW + N4 + left, right - left, np.float32(state))
        if left == N0 or right == width:
            _mirror_ends(slopes, y * ROW, width)


@part
def _fill(functions: Matte, place: Place, count: Place, offset: Any) -> None:
    for x in range(place, place + count):
        functions[x] = functions[P1 + x] = functions[P2 + x] = NOTHING
        functions[P3 + x] = offset


@part
def _row(y: Place, last: Place) -> Place:
    """Where the row RADIUS above y begins; beyond the picture's ends the rows inside come again, mirrored."""
    row = y - N4 if y > N4 else N4 - y
    if row > last:
        row = last + last - min(row, last + last)
    return row * ROW


@part
def _mirror_ends(planes: Matte, row: Place, width: Place) -> None:
    first, last = row + N4, row + N3 + width
    for plane in range(N0, ROW, P1):
        for x in range(N1, N5):
            planes[plane + first - x] = planes[plane + first + min(x, width - N1)]
            planes[plane + last + x] = planes[plane + last - min(x, width - N1)]


@part
def _slide(windows: Matte, planes: Matte, coming: Place, going: Place, count: Place) -> None:
    """Sums over rows of colours, alpha and their products: one row comes, one goes. Colours are whole: no drift."""
    for x in range(count):
        b, g, r, a = planes[coming + x], planes[coming + P1 + x], planes[coming + P2 + x], planes[coming + P3 + x]
        i, j, k, m = planes[going + x], planes[going + P1 + x], planes[going + P2 + x], planes[going + P3 + x]
        windows[x] += b - i
        windows[P1 + x] += g - j
        windows[P2 + x] += r - k
        windows[P3 + x] += a - m
        windows[P4 + x] += b * b - i * i
        windows[P5 + x] += g * g - j * j
        windows[P6 + x] += r * r - k * k
        windows[P7 + x] += b * g - i * j
        windows[P8 + x] += b * r - i * k
        windows[P9 + x] += g * r - j * k
        windows[P10 + x] += b * a - i * m
        windows[P11 + x] += g * a - j * m
        windows[P12 + x] += r * a - k * m


@part
def _average_rows(sums: Matte, means: Matte, target: Place, planes: int, count: Place) -> None:
    """The means over the windows of 9x9, from their sums over rows; means[target] is that around sums[RADIUS]."""
    for plane in range(planes):
        start = np.uintp(plane) * P1
        for x in range(start, start + count):
            near = sums[x] + sums[x + N1] + sums[x + N2] + sums[x + N3] + sums[x + N4]
            means[target + x] = (near + sums[x + N5] + sums[x + N6] + sums[x + N7] + sums[x + N8]) * SHARE


@part
def _solve_row(windows: Matte, means: Matte, slopes: Matte, place: Place, count: Place) -> None:
    """Slopes and offset of pixels of one row: C x = t for the windows' 3x3 covariance C of colours, by its adjugate."""
    _average_rows(windows, means, N0, 13, count)
    for x in range(count):
        b, g, r, a = means[x], means[P1 + x], means[P2 + x], means[P3 + x]
        bb, bg = means[P4 + x] - b * b + EPSILON, means[P7 + x] - b * g
        gg, br = means[P5 + x] - g * g + EPSILON, means[P8 + x] - b * r
        rr, gr = means[P6 + x] - r * r + EPSILON, means[P9 + x] - g * r
        tb, tg, tr = means[P10 + x] - b * a, means[P11 + x] - g * a, means[P12 + x] - r * a
        ib, ig, ir = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
        jg, jr, kr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
        scale = ALL / (bb * ib + bg * ig + br * ir)
        blue, green = (ib * tb + ig * tg + ir * tr) * scale, (ig * tb + jg * tg + jr * tr) * scale
        red = (ir * tb + jr * tg + kr * tr) * scale
        slopes[place + x], slopes[place + P1 + x], slopes[place + P2 + x] = blue, green, red
        slopes[place + P3 + x] = a - blue * b - green * g - red * r


@part
def _average_functions(
    slopes: Matte, y: Place, last: Place, left: Place, right: Place, planes: Matte, sums: Matte
) -> None:
    """The windows' means of slopes and offset for pixels of row y, stretched by CONTRAST around alpha 0.5."""
    for x in range(P4):
        sums[x] = NOTHING
    for near in range(y, y + N9):
        source = _row(near, last) + left
        for x in range(right - left + N8):
            sums[x] += slopes[source + x]
            sums[P1 + x] += slopes[source + P1 + x]
            sums[P2 + x] += slopes[source + P2 + x]
            sums[P3 + x] += slopes[source + P3 + x]
    place = y * ROW + N4 + left
    _average_rows(sums, planes, place, 4, right - left)
    for x in range(place, place + right - left):
        planes[x] *= CONTRAST
        planes[P1 + x] *= CONTRAST
        planes[P2 + x] *= CONTRAST
        planes[P3 + x] = (planes[P3 + x] - HALF) * CONTRAST + HALF
