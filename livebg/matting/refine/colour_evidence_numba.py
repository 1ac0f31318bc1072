"""What a colour says for the person, cell by cell, found by compiled loops from the cells' sums of colours.

Two Gaussians for each cell, one of the person's colours and one of the room's, become one quadratic function: the log
of their ratio. local_colour.py says whose idea that is. Planes lie as local_colour_numba.py has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.refine.params import LOCAL_COLOUR

Place = Any  # one uintp

REACH = 2  # cells: a small window is 5x5 of them, 1/16 of the picture's longer side
MARGIN, STRIDE = LOCAL_COLOUR.margin, LOCAL_COLOUR.stride
MOMENTS, EVIDENCE = LOCAL_COLOUR.moments, LOCAL_COLOUR.evidence
SURE_SHARE = np.float32(0.01)  # of a window: less person or room than this counts for less
NOISE = np.float32(1e-4)  # variance that every colour has, of 1 = 255 levels squared: 2.6 levels
CERTAIN = np.float32(2)  # Bhattacharyya distance of the two Gaussians from which evidence counts in full
TRUST = np.float32(0.8)  # share of the evidence that is believed: the pixels of an edge are no independent witnesses
BOUND = np.float32(3)  # log odds that a colour may say at most, before TRUST: beyond it hair becomes black and white
HALF, NOTHING, ALL, TWO = np.float32(0.5), np.float32(0), np.float32(1), np.float32(2)
EIGHTH, QUARTER, TINY = np.float32(1 / 8), np.float32(1 / 4), np.float32(1e-6)
SMALL_FULL = np.float32(1) / (SURE_SHARE * np.float32(4 * (2 * REACH + 1) ** 2))
LARGE_FULL = np.float32(1) / (SURE_SHARE * np.float32(4 * (2 * MARGIN + 1) ** 2))
SMALLEST = np.float32(NOISE * NOISE * NOISE)  # determinant that no regularised covariance falls below
N0, N1, N2, N3, N4 = (np.uintp(each) for each in range(5))
EDGE, NEAR, SPAN = np.uintp(MARGIN), np.uintp(REACH), np.uintp(2 * REACH + 1)
_, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10 = (np.uintp(each * STRIDE) for each in range(11))
P11, P12, P13, P14, P15, P20 = (np.uintp(each * STRIDE) for each in (11, 12, 13, 14, 15, 20))


@kernel(FLOATS_IN, BYTES_IN, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT)
def find_evidence(moments: Matte, doubts: Image, windows: Matte, models: Matte, evidence: Matte) -> None:
    """For each cell, what a colour near it says for the person, in log odds: a quadratic function of the colour.

    By the small window around it, and as far as that cannot tell person from room, by the large one.

    moments: colours_kernels.measure_colours. doubts: (cells,), nonzero where evidence is asked for; rows without, and
    with none beside, are left as they are. evidence: for each row EVIDENCE planes: coefficients of b², g², r², bg,
    br, gr, b, g, r and 1, and the bound; 0 where there is no person or no room in either window.
    Scratch: windows as moments, models 3·MOMENTS planes.
    """
    rows: Any = np.uintp(moments.size) // P20 - N2 * EDGE
    cells = np.uintp(doubts.size) // rows
    for row in range(NEAR, rows + N2 * EDGE - NEAR):
        _sum_windows(moments, row, models, windows)
    for row in range(rows):
        is_asked = False
        above: Any = min(row, N1)
        for near in range((row - above) * cells, min(row + N2, rows) * cells):
            is_asked = is_asked or doubts[near] != 0
        if not is_asked:
            continue
        target = evidence[row * P11 : row * P11 + P11]
        for x in range(P11):
            target[x] = NOTHING
        source = (row + EDGE) * P20 + EDGE
        for plane in range(N0, P20, P1):
            for x in range(plane, plane + cells):
                models[x] = windows[source + x]
        _add_evidence(models, cells, SMALL_FULL, target)
        for plane in range(N0, P20, P1):
            for x in range(plane, plane + cells):
                above, beside, below = source + x - SPAN * P20, source + x, source + x + SPAN * P20
                middle = windows[above] + windows[beside] + windows[below]
                sides = windows[above - SPAN] + windows[beside - SPAN] + windows[below - SPAN]
                models[x] = middle + sides + windows[above + SPAN] + windows[beside + SPAN] + windows[below + SPAN]
        _add_evidence(models, cells, LARGE_FULL, target)


@part
def _sum_windows(moments: Matte, row: Place, sums: Matte, windows: Matte) -> None:
    """The sums over SPAN x SPAN cells around those of one row."""
    for x in range(P20):
        sums[x] = NOTHING
    for near in range(row - NEAR, row + NEAR + N1):
        for x in range(P20):
            sums[x] += moments[near * P20 + x]
    start = row * P20 + NEAR
    for x in range(P20 - N4):
        near = sums[x] + sums[x + N1] + sums[x + N2]
        windows[start + x] = near + sums[x + N3] + sums[x + N4]


@part
def _add_evidence(models: Matte, cells: Place, full: Any, evidence: Matte) -> None:
    """What windows, the first MOMENTS planes of models, add to the evidence; the other planes are scratch."""
    shares, is_known = models[P20 + P20 :], False
    for x in range(cells):
        left = ALL - evidence[P10 + x] / (TRUST * BOUND)
        shares[x] = min(min(models[x], models[P10 + x]) * full, ALL) * left
        is_known = is_known or shares[x] > TINY
    if is_known:
        _fit(models[:P10], cells, models[P20 : P20 + P20])
        _fit(models[P10:P20], cells, models[P20 + P20 + P1 :])
        _compare(models[P20 : P20 + P20], models[P20 + P20 + P1 :], shares, cells, evidence)


@part
def _fit(sums: Matte, cells: Place, model: Matte) -> None:
    """The Gaussians of weighted sums: 6 planes of the inverse covariance, determinant, 3 of the mean, 6 of covariance.

    Planes of matrices: bb gg rr bg br gr.
    """
    for x in range(cells):
        scale = ALL / max(sums[x], TINY)
        b, g, r = sums[P1 + x] * scale, sums[P2 + x] * scale, sums[P3 + x] * scale
        bb = max(sums[P4 + x] * scale - b * b, NOTHING) + NOISE
        gg = max(sums[P5 + x] * scale - g * g, NOTHING) + NOISE
        rr = max(sums[P6 + x] * scale - r * r, NOTHING) + NOISE
        bg, br, gr = sums[P7 + x] * scale - b * g, sums[P8 + x] * scale - b * r, sums[P9 + x] * scale - g * r
        model[P7 + x], model[P8 + x], model[P9 + x] = b, g, r
        model[P10 + x], model[P11 + x], model[P12 + x] = bb, gg, rr
        model[P13 + x], model[P14 + x], model[P15 + x] = bg, br, gr
        model[P6 + x] = _adjugate(model, x, bb, gg, rr, bg, br, gr)
    for plane in range(N0, P6, P1):
        for x in range(cells):
            model[plane + x] /= model[P6 + x]


@part
def _adjugate(model: Matte, x: Place, bb: Any, gg: Any, rr: Any, bg: Any, br: Any, gr: Any) -> Any:
    """Into the first 6 planes; returned: the determinant."""
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    model[x], model[P1 + x], model[P2 + x] = ibb, bb * rr - br * br, bb * gg - bg * bg
    model[P3 + x], model[P4 + x], model[P5 + x] = ibg, ibr, bg * br - bb * gr
    return max(bb * ibb + bg * ibg + br * ibr, SMALLEST)


@part
def _compare(person: Matte, room: Matte, shares: Matte, cells: Place, evidence: Matte) -> None:
    """Adds the log of the ratio of two Gaussians, as coefficients, times what it is worth."""
    for x in range(cells):
        worth = min(max(_distance(person, room, x) / CERTAIN, NOTHING), ALL) * shares[x] * TRUST
        shares[x] = worth
        evidence[P10 + x] += worth * BOUND
        spread = np.log(room[P6 + x] / person[P6 + x])
        evidence[P9 + x] += HALF * worth * (spread + _at_zero(room, x) - _at_zero(person, x))
        evidence[P6 + x] += worth * (_slope(person, x, N0, P3, P4) - _slope(room, x, N0, P3, P4))
        evidence[P7 + x] += worth * (_slope(person, x, P3, P1, P5) - _slope(room, x, P3, P1, P5))
        evidence[P8 + x] += worth * (_slope(person, x, P4, P5, P2) - _slope(room, x, P4, P5, P2))
    for plane in range(N0, P3, P1):
        for x in range(cells):
            evidence[plane + x] += HALF * shares[x] * (room[plane + x] - person[plane + x])
            evidence[P3 + plane + x] += shares[x] * (room[P3 + plane + x] - person[P3 + plane + x])


@part
def _distance(person: Matte, room: Matte, x: Place) -> Any:
    """The Bhattacharyya distance of two Gaussians."""
    bb, gg = HALF * (person[P10 + x] + room[P10 + x]), HALF * (person[P11 + x] + room[P11 + x])
    rr, bg = HALF * (person[P12 + x] + room[P12 + x]), HALF * (person[P13 + x] + room[P13 + x])
    br, gr = HALF * (person[P14 + x] + room[P14 + x]), HALF * (person[P15 + x] + room[P15 + x])
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    determinant = max(bb * ibb + bg * ibg + br * ibr, SMALLEST)
    b, g, r = person[P7 + x] - room[P7 + x], person[P8 + x] - room[P8 + x], person[P9 + x] - room[P9 + x]
    across = TWO * (b * (ibg * g + ibr * r) + (bg * br - bb * gr) * g * r)
    along = ibb * b * b + (bb * rr - br * br) * g * g + (bb * gg - bg * bg) * r * r
    spread = np.log((determinant / person[P6 + x]) * (determinant / room[P6 + x]))
    return EIGHTH * (along + across) / determinant + QUARTER * spread


@part
def _slope(model: Matte, x: Place, blue: Place, green: Place, red: Place) -> Any:
    """One row of inverse covariance, whose planes are given, times the mean."""
    return model[blue + x] * model[P7 + x] + model[green + x] * model[P8 + x] + model[red + x] * model[P9 + x]


@part
def _at_zero(model: Matte, x: Place) -> Any:
    """Squared Mahalanobis distance from the mean to colour 0."""
    b = model[P7 + x] * _slope(model, x, N0, P3, P4)
    return b + model[P8 + x] * _slope(model, x, P3, P1, P5) + model[P9 + x] * _slope(model, x, P4, P5, P2)
