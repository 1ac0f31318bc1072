"""Compiled loops that take the local colours from a picture, and correct an alpha by what those say.

local_colour.py names the papers; colour_evidence_numba.py finds what the colours say. Moments and evidence lie in
planes, row of cells by row of cells, STRIDE apart: distances known at compile time and unsigned counters let the loops
use vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, FLOATS_OUT, NUMBER, SIZE, Place, Places, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.refine.cells import CELL_GRID
from livebg.matting.refine.params import LOCAL_COLOUR

WIDEST, MARGIN, STRIDE = LOCAL_COLOUR.widest, LOCAL_COLOUR.margin, LOCAL_COLOUR.stride
MOMENTS, EVIDENCE = LOCAL_COLOUR.moments, LOCAL_COLOUR.evidence
CHUNK = 128  # px of a row that are weighed together: their scratch stays in the first cache
UNKNOWN_FROM = np.float32(0.01)  # an alpha nearer than this to 0 or 1 is beyond doubt
SAMPLE, MIDDLE = np.float32(1 / 255), np.float32(128)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
HALF, ZERO, ONE, TWO = np.float32(0.5), np.float32(0), np.float32(1), np.float32(2)
STEP, SIXTH, TWENTY_FOURTH = np.float32(1 / 16), np.float32(1 / 6), np.float32(1 / 24)
U0, U1, U2, U3 = (np.uintp(each) for each in range(4))
EDGE = np.uintp(MARGIN)
PLANE_1, PLANE_11, PLANE_20 = (np.uintp(each * STRIDE) for each in (1, 11, 20))
LINE = np.uintp(2 * WIDEST)  # floats: a row of samples
_, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10 = (np.uintp(each * 2 * WIDEST) for each in range(11))
_, CHUNK_1, CHUNK_2, CHUNK_3, CHUNK_4, CHUNK_5, CHUNK_6, CHUNK_7, CHUNK_8, CHUNK_9, C10, C11 = (
    np.uintp(each * CHUNK) for each in range(12)
)


@kernel(BYTES_IN, FLOATS_IN, SIZE, NUMBER, FLOATS_OUT, FLOATS_OUT, BYTES_OUT)
def measure_colours(
    image: Image, alpha: Matte, width: Place, share: float, sums: Matte, moments: Matte, unknown: Image
) -> None:
    """Moves `moments` by `share` towards those of this picture, and writes 1 into `unknown`, uint8 (cells,), for
    unknown cells.

    image: BGR uint8 (3·n,); alpha: float32 (n,) in 0..1: samples, rows of `width`, four to a cell. moments: float32,
    MOMENTS planes per row of cells, with MARGIN rows and cells of 0 around: weight, sums of colours and of their
    products, of the person, then of the background. A sample's weight is how sure its alpha is, |2α − 1|. sums:
    scratch, MOMENTS·2·WIDEST.
    """
    cells = width // U2
    for row in range(U0, np.uintp(unknown.size) // cells):
        for x in range(sums.size):
            sums[x] = ZERO
        for x in range(row * cells, row * cells + cells):
            unknown[x] = 0
        for y in range(U2 * row, U2 * row + U2):
            start = y * width
            _add_row(image[U3 * start :], alpha[start : start + width], sums)
            for x in range(width):
                value = alpha[start + x]
                if min(value, ONE - value) > UNKNOWN_FROM:
                    unknown[row * cells + x // U2] = 1
        for plane in range(MOMENTS):
            source, target = np.uintp(plane) * LINE, (row + EDGE) * PLANE_20 + np.uintp(plane) * PLANE_1 + EDGE
            for x in range(cells):
                new = sums[source + U2 * x] + sums[source + U2 * x + U1]
                moments[target + x] += share * (new - moments[target + x])


@part
def _add_row(image: Image, alpha: Matte, sums: Matte) -> None:
    for x in range(np.uintp(alpha.size)):
        sure = TWO * alpha[x] - ONE
        person, room = max(sure, ZERO), max(-sure, ZERO)
        b = (np.float32(image[U3 * x]) - MIDDLE) * SAMPLE
        g = (np.float32(image[U3 * x + U1]) - MIDDLE) * SAMPLE
        r = (np.float32(image[U3 * x + U2]) - MIDDLE) * SAMPLE
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
    *CELL_GRID,
    FLOATS_OUT,
    FLOATS_OUT,
)
def weigh(
    image: Image,
    evidence: Matte,
    unknown: Image,
    tops: Places,
    lefts: Places,
    rows: Places,
    row_shares: Matte,
    columns: Places,
    column_shares: Matte,
    scratch: Matte,
    said: Matte,
) -> None:
    """Writes into `said`, float32 (h·w,), what each colour says for the person, log odds, in unknown cells only.

    image: BGR uint8 (3·h·w,). evidence: float32, of colour_evidence_numba.py, and a row of 0. unknown: uint8 (cells,),
    not 0 where to work. tops, lefts, rows, row_shares, columns, column_shares: as in CellGrid. scratch:
    4·EVIDENCE·CHUNK.
    """
    cells, width = np.uintp(lefts.size) - U1, np.uintp(columns.size)
    for row in range(U0, np.uintp(tops.size) - U1):
        marks = unknown[row * cells : row * cells + cells]
        cell = U0
        while cell < cells:
            if marks[cell] == 0:
                cell += U1
                continue
            begin = cell
            while cell < cells and marks[cell] != 0:
                cell += U1
            for start in range(lefts[begin], lefts[cell], CHUNK_1):
                count = min(lefts[cell] - start, CHUNK_1)
                first = rows[tops[row]]
                for near in range(first, rows[tops[row + U1] - U1] + U2):
                    target = scratch[(near - first) * C11 : (near - first) * C11 + C11]
                    _enlarge(evidence[near * PLANE_11 :], columns[start:], column_shares[start:], target, count)
                for y in range(tops[row], tops[row + U1]):
                    place, near = y * width + start, (rows[y] - first) * C11
                    planes = scratch[near : near + C11 + C11]
                    _weigh_row(planes, row_shares[y], image[U3 * place :], said[place : place + count])


@part
def _enlarge(evidence: Matte, columns: Places, shares: Matte, target: Matte, count: Place) -> None:
    for plane in range(EVIDENCE):
        source, place = np.uintp(plane) * PLANE_1, np.uintp(plane) * CHUNK_1
        for x in range(count):
            near = evidence[source + columns[x]]
            target[place + x] = near + shares[x] * (evidence[source + columns[x] + U1] - near)


@part
def _weigh_row(planes: Matte, share: Any, image: Image, said: Matte) -> None:
    for x in range(np.uintp(said.size)):
        b = (np.float32(image[U3 * x]) - MIDDLE) * SAMPLE
        g = (np.float32(image[U3 * x + U1]) - MIDDLE) * SAMPLE
        r = (np.float32(image[U3 * x + U2]) - MIDDLE) * SAMPLE
        above, below = _says(planes, x, b, g, r), _says(planes, C11 + x, b, g, r)
        bound = planes[C10 + x] + share * (planes[C11 + C10 + x] - planes[C10 + x])
        said[x] = min(max(above + share * (below - above), -bound), bound)


@kernel(FLOATS_IN, FLOATS_OUT)
def correct(said: Matte, alpha: Matte) -> None:
    """Adds evidence to the log odds of alpha: float32 (n,), the latter in 0..1; 0 and 1 stay."""
    for x in range(np.uintp(alpha.size)):
        power = said[x] * STEP
        power = ONE + power * (ONE + power * (HALF + power * (SIXTH + power * TWENTY_FOURTH)))
        power *= power
        power *= power
        power *= power
        more = power * power - ONE  # e to the evidence, less 1
        value = alpha[x]
        value += value * (ONE - value) * more / (ONE + value * more)
        alpha[x] = min(max(value, ZERO), ONE)


@part
def _says(planes: Matte, x: Place, b: Any, g: Any, r: Any) -> Any:
    blue = planes[CHUNK_6 + x] + planes[x] * b + planes[CHUNK_3 + x] * g + planes[CHUNK_4 + x] * r
    green = planes[CHUNK_7 + x] + planes[CHUNK_1 + x] * g + planes[CHUNK_5 + x] * r
    return planes[CHUNK_9 + x] + blue * b + green * g + (planes[CHUNK_8 + x] + planes[CHUNK_2 + x] * r) * r
