"""Compiled loops that find the functions of the guided filter, only where alpha is unknown.

The same as the reference, guided_filter_torch.py; with enlarging_numba.py, 29 times as fast on one core
(tests/bench/twins.py). Four planes (blue, green, red and alpha; or three slopes and an offset) lie row by row in one
float32 run, STRIDE apart, with RADIUS pixels more at both ends of a row. Distances known at compile time and unsigned
counters let the loops use vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_OUT, PLACES_IN, SIZE, Place, Places, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.refine.params import GUIDED_FILTER, UNKNOWN
from livebg.matting.refine.unknown_region import FAR

RADIUS = GUIDED_FILTER.radius
WIDEST = 320  # px: of the work size
STRIDE = 336  # floats: WIDEST, both ends, and an odd number of cache lines
EPSILON = np.float32(GUIDED_FILTER.epsilon * 255 * 255)  # squared levels
CONTRAST = np.float32(GUIDED_FILTER.contrast)
SHARE = np.float32(1 / (2 * RADIUS + 1) ** 2)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
HALF, ZERO, ONE = np.float32(0.5), np.float32(0), np.float32(1)
U0, U1, U2, U3, U4, U5, U6, U7, U8, U9 = (np.uintp(each) for each in range(10))
(
    _,
    PLANE_1,
    PLANE_2,
    PLANE_3,
    PLANE_4,
    PLANE_5,
    PLANE_6,
    PLANE_7,
    PLANE_8,
    PLANE_9,
    PLANE_10,
    PLANE_11,
    PLANE_12,
    PLANE_13,
) = (np.uintp(each * STRIDE) for each in range(14))
ROW = np.uintp(4 * STRIDE)


@kernel(BYTES_IN, SIZE, PLACES_IN, PLACES_IN, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT)
def find_functions(
    small: Image,
    width: int,
    unknown: Places,
    runs: Places,
    planes: Matte,
    slopes: Matte,
    windows: Matte,
    sums: Matte,
) -> None:
    """Writes the averaged slopes and offset of alpha as a linear function of colour into `planes`, with CONTRAST.

    small: BGR uint8 (3·h·w,), the picture at work size; colours in levels. unknown, runs: runs of
    UnknownRegion.runs, uintp (5·n,): where to find slopes, with those outside counting as 0; and, inside that,
    where to average them; beside it the run's own state, 0 or 1, is the answer. planes: float32, h + 1 rows with alpha
    in the fourth plane and 0 in the last row. Scratch: slopes as planes; windows and sums 13 planes of a row each.
    """
    last = np.uintp(small.size) // (U3 * width) - U1
    for each in range(U0, np.uintp(unknown.size), U5):
        _take_colours(small, width, unknown[each : each + U5], planes)
    for each in range(U0, np.uintp(unknown.size), U5):
        _find_slopes(unknown[each : each + U5], last, width, planes, slopes, windows, sums)
    for each in range(U0, np.uintp(runs.size), U5):
        left, right, state = runs[each + U2], runs[each + U3], runs[each + U4]
        for y in range(runs[each], runs[each + U1] if state < FAR else U0):
            if state == UNKNOWN:
                _average_functions(slopes, y, last, left, right, planes, windows)
            else:
                _fill(planes, y * ROW + U4 + left, right - left, (np.float32(state) - HALF) * CONTRAST + HALF)


@part
def _take_colours(small: Image, width: Place, stretch: Places, planes: Matte) -> None:
    """Copy the colours of one run into their planes; 0 outside the unknown region."""
    left, right, state = stretch[2], stretch[3], stretch[4]
    for y in range(stretch[0], stretch[1] if state < FAR else U0):
        source, target = small[U3 * (y * width + left) : U3 * (y * width + right)], y * ROW + U4 + left
        for x in range(right - left):
            if state == UNKNOWN:
                planes[target + x] = np.float32(source[U3 * x])
                planes[target + PLANE_1 + x] = np.float32(source[U3 * x + U1])
                planes[target + PLANE_2 + x] = np.float32(source[U3 * x + U2])
            else:
                planes[target + x] = planes[target + PLANE_1 + x] = planes[target + PLANE_2 + x] = ZERO
        if left == U0 or right == width:
            _mirror_ends(planes, y * ROW, width)


@part
def _find_slopes(
    stretch: Places, last: Place, width: Place, planes: Matte, slopes: Matte, windows: Matte, sums: Matte
) -> None:
    """Slopes and offset of one run, not yet averaged; outside the unknown region 0 and alpha."""
    top, bottom, left, right, state = stretch[0], stretch[1], stretch[2], stretch[3], stretch[4]
    if state == UNKNOWN:
        for x in range(PLANE_13):
            windows[x] = ZERO
        for near in range(top, top + U9):
            _slide(windows, planes, _row(near, last) + left, (last + U1) * ROW, right - left + U8)
    for y in range(top, bottom if state < FAR else U0):
        if state == UNKNOWN:
            _solve_row(windows, sums, slopes, y * ROW + U4 + left, right - left)
            _slide(windows, planes, _row(y + U9, last) + left, _row(y, last) + left, right - left + U8)
        else:
            _fill(slopes, y * ROW + U4 + left, right - left, np.float32(state))
        if left == U0 or right == width:
            _mirror_ends(slopes, y * ROW, width)


@part
def _fill(functions: Matte, place: Place, count: Place, offset: Any) -> None:
    for x in range(place, place + count):
        functions[x] = functions[PLANE_1 + x] = functions[PLANE_2 + x] = ZERO
        functions[PLANE_3 + x] = offset


@part
def _row(y: Place, last: Place) -> Place:
    """Where the row RADIUS above y begins; outside the picture its rows repeat, mirrored."""
    row = y - U4 if y > U4 else U4 - y
    if row > last:
        row = last + last - min(row, last + last)
    return row * ROW


@part
def _mirror_ends(planes: Matte, row: Place, width: Place) -> None:
    first, last = row + U4, row + U3 + width
    for plane in range(U0, ROW, PLANE_1):
        for x in range(U1, U5):
            planes[plane + first - x] = planes[plane + first + min(x, width - U1)]
            planes[plane + last + x] = planes[plane + last - min(x, width - U1)]


@part
def _slide(windows: Matte, planes: Matte, coming: Place, going: Place, count: Place) -> None:
    """Move the sums over rows of colours, alpha and their products: one row comes, one goes.

    Colours are whole: no drift.
    """
    for x in range(count):
        b, g, r, a = (
            planes[coming + x],
            planes[coming + PLANE_1 + x],
            planes[coming + PLANE_2 + x],
            planes[coming + PLANE_3 + x],
        )
        i, j, k, m = (
            planes[going + x],
            planes[going + PLANE_1 + x],
            planes[going + PLANE_2 + x],
            planes[going + PLANE_3 + x],
        )
        windows[x] += b - i
        windows[PLANE_1 + x] += g - j
        windows[PLANE_2 + x] += r - k
        windows[PLANE_3 + x] += a - m
        windows[PLANE_4 + x] += b * b - i * i
        windows[PLANE_5 + x] += g * g - j * j
        windows[PLANE_6 + x] += r * r - k * k
        windows[PLANE_7 + x] += b * g - i * j
        windows[PLANE_8 + x] += b * r - i * k
        windows[PLANE_9 + x] += g * r - j * k
        windows[PLANE_10 + x] += b * a - i * m
        windows[PLANE_11 + x] += g * a - j * m
        windows[PLANE_12 + x] += r * a - k * m


@part
def _average_rows(sums: Matte, means: Matte, target: Place, planes: int, count: Place) -> None:
    """The means over the windows of 9x9, from their sums over rows; means[target] is the one around sums[RADIUS]."""
    for plane in range(planes):
        start = np.uintp(plane) * PLANE_1
        for x in range(start, start + count):
            near = sums[x] + sums[x + U1] + sums[x + U2] + sums[x + U3] + sums[x + U4]
            means[target + x] = (near + sums[x + U5] + sums[x + U6] + sums[x + U7] + sums[x + U8]) * SHARE


@part
def _solve_row(windows: Matte, means: Matte, slopes: Matte, place: Place, count: Place) -> None:
    """Slopes and offset of pixels of one row: C x = t for the windows' 3x3 covariance C of colours, by its adjugate."""
    _average_rows(windows, means, U0, 13, count)
    for x in range(count):
        b, g, r, a = means[x], means[PLANE_1 + x], means[PLANE_2 + x], means[PLANE_3 + x]
        bb, bg = means[PLANE_4 + x] - b * b + EPSILON, means[PLANE_7 + x] - b * g
        gg, br = means[PLANE_5 + x] - g * g + EPSILON, means[PLANE_8 + x] - b * r
        rr, gr = means[PLANE_6 + x] - r * r + EPSILON, means[PLANE_9 + x] - g * r
        tb, tg, tr = means[PLANE_10 + x] - b * a, means[PLANE_11 + x] - g * a, means[PLANE_12 + x] - r * a
        ib, ig, ir = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
        jg, jr, kr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
        scale = ONE / (bb * ib + bg * ig + br * ir)
        blue, green = (ib * tb + ig * tg + ir * tr) * scale, (ig * tb + jg * tg + jr * tr) * scale
        red = (ir * tb + jr * tg + kr * tr) * scale
        slopes[place + x], slopes[place + PLANE_1 + x], slopes[place + PLANE_2 + x] = blue, green, red
        slopes[place + PLANE_3 + x] = a - blue * b - green * g - red * r


@part
def _average_functions(
    slopes: Matte, y: Place, last: Place, left: Place, right: Place, planes: Matte, sums: Matte
) -> None:
    """The windows' means of slopes and offset for pixels of row y, stretched by CONTRAST around alpha 0.5."""
    for x in range(PLANE_4):
        sums[x] = ZERO
    for near in range(y, y + U9):
        source = _row(near, last) + left
        for x in range(right - left + U8):
            sums[x] += slopes[source + x]
            sums[PLANE_1 + x] += slopes[source + PLANE_1 + x]
            sums[PLANE_2 + x] += slopes[source + PLANE_2 + x]
            sums[PLANE_3 + x] += slopes[source + PLANE_3 + x]
    place = y * ROW + U4 + left
    _average_rows(sums, planes, place, 4, right - left)
    for x in range(place, place + right - left):
        planes[x] *= CONTRAST
        planes[PLANE_1 + x] *= CONTRAST
        planes[PLANE_2 + x] *= CONTRAST
        planes[PLANE_3 + x] = (planes[PLANE_3 + x] - HALF) * CONTRAST + HALF
