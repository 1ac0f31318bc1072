"""The loops that take the local colours from a picture and bring what those say to an alpha, compiled.

colours.py says whose idea that is, colour_evidence_kernels.py finds what they say. Moments and evidence lie in planes,
row of cells by row of cells, STRIDE apart: a distance that is known when compiling lets the loops use vector
instructions; so does counting in unsigned numbers. Knows nothing about frames.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, FLOATS_OUT, NUMBER, PLACES_IN, SIZE, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.refine.params import LOCAL_COLOUR

Places = NDArray[np.uintp]
Place = Any  # one uintp

WIDEST, MARGIN, STRIDE = LOCAL_COLOUR.widest, LOCAL_COLOUR.margin, LOCAL_COLOUR.stride
MOMENTS, EVIDENCE = LOCAL_COLOUR.moments, LOCAL_COLOUR.evidence
CHUNK = 128  # px of a row that are corrected together: their scratch stays in the first cache
DOUBT = np.float32(0.01)  # an alpha nearer than this to 0 or 1 is beyond doubt
SAMPLE, MIDDLE = np.float32(1 / 255), np.float32(128)
HALF, NOTHING, ALL, TWO = np.float32(0.5), np.float32(0), np.float32(1), np.float32(2)
STEP, SIXTH, TWENTY_FOURTH = np.float32(1 / 16), np.float32(1 / 6), np.float32(1 / 24)
N0, N1, N2, N3 = (np.uintp(each) for each in range(4))
EDGE = np.uintp(MARGIN)
P1, P11, P20 = (np.uintp(each * STRIDE) for each in (1, 11, 20))
LINE = np.uintp(2 * WIDEST)  # floats: a row of samples
_, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10 = (np.uintp(each * 2 * WIDEST) for each in range(11))
_, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11 = (np.uintp(each * CHUNK) for each in range(12))


@kernel(BYTES_IN, FLOATS_IN, SIZE, NUMBER, FLOATS_OUT, FLOATS_OUT, BYTES_OUT)
def measure_colours(
    image: Image, alpha: Matte, width: Place, share: float, sums: Matte, moments: Matte, doubts: Image
) -> None:
    """Moves `moments` by `share` to those of this picture, and leaves in `doubts` (cells,) 1 where alpha is in doubt.

    image uint8 (3·n,), alpha float32 (n,): samples, rows of `width`, four to a cell. moments: for each row of cells
    MOMENTS planes, with MARGIN rows and cells of 0 around: weight, sums of colours and of their products, of the
    person, then of the room. A sample weighs as much as its alpha is sure, |2α − 1|. sums: scratch, MOMENTS·2·WIDEST.
    """
    cells = width // N2
    for row in range(N0, np.uintp(doubts.size) // cells):
        for x in range(sums.size):
            sums[x] = NOTHING
        for x in range(row * cells, row * cells + cells):
            doubts[x] = 0
        for y in range(N2 * row, N2 * row + N2):
            start = y * width
            _add_row(image[N3 * start :], alpha[start : start + width], sums)
            for x in range(width):
                value = alpha[start + x]
                if min(value, ALL - value) > DOUBT:
                    doubts[row * cells + x // N2] = 1
        for plane in range(MOMENTS):
            source, target = np.uintp(plane) * LINE, (row + EDGE) * P20 + np.uintp(plane) * P1 + EDGE
            for x in range(cells):
                new = sums[source + N2 * x] + sums[source + N2 * x + N1]
                moments[target + x] += share * (new - moments[target + x])


@part
def _add_row(image: Image, alpha: Matte, sums: Matte) -> None:
    for x in range(np.uintp(alpha.size)):
        sure = TWO * alpha[x] - ALL
        person, room = max(sure, NOTHING), max(-sure, NOTHING)
        b = (np.float32(image[N3 * x]) - MIDDLE) * SAMPLE
        g = (np.float32(image[N3 * x + N1]) - MIDDLE) * SAMPLE
        r = (np.float32(image[N3 * x + N2]) - MIDDLE) * SAMPLE
        _add(sums, x, person, b, g, r)
        _add(sums, L10 + x, room, b, g, r)


@part
def _add(sums: Matte, x: Place, weight: Any, b: Any, g: Any, r: Any) -> None:
    blue, green, red = weight * b, weight * g, weight * r
    sums[x] += weight
    sums[L1 + x] += blue
    sums[L2 + x] += green
    sums[L3 + x] += red
    sums[L4 + x] += blue * b
    sums[L5 + x] += green * g
    sums[L6 + x] += red * r
    sums[L7 + x] += blue * g
    sums[L8 + x] += blue * r
    sums[L9 + x] += green * r


@kernel(
    BYTES_IN,
    FLOATS_IN,
    BYTES_IN,
    PLACES_IN,
    PLACES_IN,
    PLACES_IN,
    FLOATS_IN,
    PLACES_IN,
    FLOATS_IN,
    FLOATS_OUT,
    FLOATS_OUT,
)
def correct(
    image: Image,
    evidence: Matte,
    doubts: Image,
    tops: Places,
    lefts: Places,
    rows: Places,
    row_shares: Matte,
    columns: Places,
    column_shares: Matte,
    scratch: Matte,
    alpha: Matte,
) -> None:
    """Adds each colour's evidence to the log odds of alpha float32 (h·w,), in cells with doubt; 0 and 1 stay.

    image: uint8 (3·h·w,). evidence: colour_evidence_kernels.py, and a row of 0. doubts: (cells,), nonzero where to
    work. tops, lefts: the pixel in which each row and column of cells begins, and the end. rows, columns: for each of
    h and w the last cell whose centre is not beyond; shares: how far to the next, 0..1. scratch: 4·EVIDENCE·CHUNK.
    """
    cells, width = np.uintp(lefts.size) - N1, np.uintp(columns.size)
    for row in range(N0, np.uintp(tops.size) - N1):
        marks = doubts[row * cells : row * cells + cells]
        cell = N0
        while cell < cells:
            if marks[cell] == 0:
                cell += N1
                continue
            begin = cell
            while cell < cells and marks[cell] != 0:
                cell += N1
            for start in range(lefts[begin], lefts[cell], C1):
                count = min(lefts[cell] - start, C1)
                first = rows[tops[row]]
                for near in range(first, rows[tops[row + N1] - N1] + N2):
                    target = scratch[(near - first) * C11 : (near - first) * C11 + C11]
                    _enlarge(evidence[near * P11 :], columns[start:], column_shares[start:], target, count)
                for y in range(tops[row], tops[row + N1]):
                    place, near = y * width + start, (rows[y] - first) * C11
                    planes = scratch[near : near + C11 + C11]
                    _correct_row(planes, row_shares[y], image[N3 * place :], alpha[place : place + count])


@part
def _enlarge(evidence: Matte, columns: Places, shares: Matte, target: Matte, count: Place) -> None:
    for plane in range(EVIDENCE):
        source, place = np.uintp(plane) * P1, np.uintp(plane) * C1
        for x in range(count):
            near = evidence[source + columns[x]]
            target[place + x] = near + shares[x] * (evidence[source + columns[x] + N1] - near)


@part
def _correct_row(planes: Matte, share: Any, image: Image, alpha: Matte) -> None:
    for x in range(np.uintp(alpha.size)):
        b = (np.float32(image[N3 * x]) - MIDDLE) * SAMPLE
        g = (np.float32(image[N3 * x + N1]) - MIDDLE) * SAMPLE
        r = (np.float32(image[N3 * x + N2]) - MIDDLE) * SAMPLE
        above, below = _says(planes, x, b, g, r), _says(planes, C11 + x, b, g, r)
        bound = planes[C10 + x] + share * (planes[C11 + C10 + x] - planes[C10 + x])
        power = min(max(above + share * (below - above), -bound), bound) * STEP
        power = ALL + power * (ALL + power * (HALF + power * (SIXTH + power * TWENTY_FOURTH)))
        power *= power
        power *= power
        power *= power
        more = power * power - ALL  # e to the evidence, less 1
        value = alpha[x]
        value += value * (ALL - value) * more / (ALL + value * more)
        alpha[x] = min(max(value, NOTHING), ALL)


@part
def _says(planes: Matte, x: Place, b: Any, g: Any, r: Any) -> Any:
    blue = planes[C6 + x] + planes[x] * b + planes[C3 + x] * g + planes[C4 + x] * r
    green = planes[C7 + x] + planes[C1 + x] * g + planes[C5 + x] * r
    return planes[C9 + x] + blue * b + green * g + (planes[C8 + x] + planes[C2 + x] * r) * r
