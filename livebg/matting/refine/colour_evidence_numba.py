"""What a colour near each cell says for the person: compiled loops that fit two Gaussians to sums of colours.

One Gaussian of the person's colours and one of the background's become one quadratic function: the log of their ratio.
local_colour.py names the papers; planes lie as in local_colour_numba.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, Place, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.refine.params import LOCAL_COLOUR

REACH = 2  # cells: a small window is 5x5 of them, 1/16 of the picture's longer side
MARGIN, STRIDE = LOCAL_COLOUR.margin, LOCAL_COLOUR.stride
MOMENTS, EVIDENCE = LOCAL_COLOUR.moments, LOCAL_COLOUR.evidence
SURE_SHARE = np.float32(0.01)  # of a window: less person or room than this counts for less
NOISE = np.float32(1e-4)  # variance that every colour has, of 1 = 255 levels squared: 2.6 levels
CERTAIN = np.float32(2)  # Bhattacharyya distance of the two Gaussians from which evidence counts in full
TRUST = np.float32(0.8)  # share of the evidence that counts: the pixels of an edge are not independent
BOUND = np.float32(3)  # the most a colour may add to the log odds, before TRUST: beyond it hair becomes black and white
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
HALF, ZERO, ONE, TWO = np.float32(0.5), np.float32(0), np.float32(1), np.float32(2)
EIGHTH, QUARTER, TINY = np.float32(1 / 8), np.float32(1 / 4), np.float32(1e-6)
SMALL_FULL = np.float32(1) / (SURE_SHARE * np.float32(4 * (2 * REACH + 1) ** 2))
LARGE_FULL = np.float32(1) / (SURE_SHARE * np.float32(4 * (2 * MARGIN + 1) ** 2))
SMALLEST = np.float32(NOISE * NOISE * NOISE)  # determinant that no regularised covariance falls below
U0, U1, U2, U3, U4 = (np.uintp(each) for each in range(5))
EDGE, NEAR, SPAN = np.uintp(MARGIN), np.uintp(REACH), np.uintp(2 * REACH + 1)
_, PLANE_1, PLANE_2, PLANE_3, PLANE_4, PLANE_5, PLANE_6, PLANE_7, PLANE_8, PLANE_9, PLANE_10 = (
    np.uintp(each * STRIDE) for each in range(11)
)
PLANE_11, PLANE_12, PLANE_13, PLANE_14, PLANE_15, PLANE_20 = (
    np.uintp(each * STRIDE) for each in (11, 12, 13, 14, 15, 20)
)


@kernel(FLOATS_IN, BYTES_IN, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT)
def find_evidence(moments: Matte, unknown: Image, windows: Matte, models: Matte, evidence: Matte) -> None:
    """Writes into `evidence`, per cell, what a colour says for the person: log odds, a quadratic of the colour.

    It uses the small window around the cell, and the large one as far as the small one cannot separate person from
    background.
    moments: float32, of local_colour_numba.measure_colours. unknown: uint8 (cells,), not 0 where evidence is wanted;
    rows without any, and with none beside, stay as they are. evidence: float32, EVIDENCE planes per row: coefficients
    of b², g², r², bg, br, gr, b, g, r and 1, and the bound; 0 where neither window holds both person and background.
    Scratch: windows as moments, models 3·MOMENTS planes.
    """
    rows: Any = np.uintp(moments.size) // PLANE_20 - U2 * EDGE
    cells = np.uintp(unknown.size) // rows
    for row in range(NEAR, rows + U2 * EDGE - NEAR):
        _sum_windows(moments, row, models, windows)
    for row in range(rows):
        is_wanted = False
        above: Any = min(row, U1)
        for near in range((row - above) * cells, min(row + U2, rows) * cells):
            is_wanted = is_wanted or unknown[near] != 0
        if not is_wanted:
            continue
        target = evidence[row * PLANE_11 : row * PLANE_11 + PLANE_11]
        for x in range(PLANE_11):
            target[x] = ZERO
        source = (row + EDGE) * PLANE_20 + EDGE
        for plane in range(U0, PLANE_20, PLANE_1):
            for x in range(plane, plane + cells):
                models[x] = windows[source + x]
        _add_evidence(models, cells, SMALL_FULL, target)
        for plane in range(U0, PLANE_20, PLANE_1):
            for x in range(plane, plane + cells):
                above, beside, below = source + x - SPAN * PLANE_20, source + x, source + x + SPAN * PLANE_20
                middle = windows[above] + windows[beside] + windows[below]
                sides = windows[above - SPAN] + windows[beside - SPAN] + windows[below - SPAN]
                models[x] = middle + sides + windows[above + SPAN] + windows[beside + SPAN] + windows[below + SPAN]
        _add_evidence(models, cells, LARGE_FULL, target)


@part
def _sum_windows(moments: Matte, row: Place, sums: Matte, windows: Matte) -> None:
    """The sums over SPAN x SPAN cells around the cells of one row."""
    for x in range(PLANE_20):
        sums[x] = ZERO
    for near in range(row - NEAR, row + NEAR + U1):
        for x in range(PLANE_20):
            sums[x] += moments[near * PLANE_20 + x]
    start = row * PLANE_20 + NEAR
    for x in range(PLANE_20 - U4):
        near = sums[x] + sums[x + U1] + sums[x + U2]
        windows[start + x] = near + sums[x + U3] + sums[x + U4]


@part
def _add_evidence(models: Matte, cells: Place, full: Any, evidence: Matte) -> None:
    """Add what the windows, the first MOMENTS planes of models, say to the evidence; the other planes are scratch."""
    shares, is_known = models[PLANE_20 + PLANE_20 :], False
    for x in range(cells):
        left = ONE - evidence[PLANE_10 + x] / (TRUST * BOUND)
        shares[x] = min(min(models[x], models[PLANE_10 + x]) * full, ONE) * left
        is_known = is_known or shares[x] > TINY
    if is_known:
        _fit(models[:PLANE_10], cells, models[PLANE_20 : PLANE_20 + PLANE_20])
        _fit(models[PLANE_10:PLANE_20], cells, models[PLANE_20 + PLANE_20 + PLANE_1 :])
        _compare(
            models[PLANE_20 : PLANE_20 + PLANE_20], models[PLANE_20 + PLANE_20 + PLANE_1 :], shares, cells, evidence
        )


@part
def _fit(sums: Matte, cells: Place, model: Matte) -> None:
    """The Gaussians of weighted sums: 6 planes of the inverse covariance, determinant, 3 of the mean, 6 of the
    covariance.

    Order of a matrix's planes: bb gg rr bg br gr.
    """
    for x in range(cells):
        scale = ONE / max(sums[x], TINY)
        b, g, r = sums[PLANE_1 + x] * scale, sums[PLANE_2 + x] * scale, sums[PLANE_3 + x] * scale
        bb = max(sums[PLANE_4 + x] * scale - b * b, ZERO) + NOISE
        gg = max(sums[PLANE_5 + x] * scale - g * g, ZERO) + NOISE
        rr = max(sums[PLANE_6 + x] * scale - r * r, ZERO) + NOISE
        bg, br, gr = (
            sums[PLANE_7 + x] * scale - b * g,
            sums[PLANE_8 + x] * scale - b * r,
            sums[PLANE_9 + x] * scale - g * r,
        )
        model[PLANE_7 + x], model[PLANE_8 + x], model[PLANE_9 + x] = b, g, r
        model[PLANE_10 + x], model[PLANE_11 + x], model[PLANE_12 + x] = bb, gg, rr
        model[PLANE_13 + x], model[PLANE_14 + x], model[PLANE_15 + x] = bg, br, gr
        model[PLANE_6 + x] = _adjugate(model, x, bb, gg, rr, bg, br, gr)
    for plane in range(U0, PLANE_6, PLANE_1):
        for x in range(cells):
            model[plane + x] /= model[PLANE_6 + x]


@part
def _adjugate(model: Matte, x: Place, bb: Any, gg: Any, rr: Any, bg: Any, br: Any, gr: Any) -> Any:
    """Write the adjugate matrix into the first 6 planes; return the determinant."""
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    model[x], model[PLANE_1 + x], model[PLANE_2 + x] = ibb, bb * rr - br * br, bb * gg - bg * bg
    model[PLANE_3 + x], model[PLANE_4 + x], model[PLANE_5 + x] = ibg, ibr, bg * br - bb * gr
    return max(bb * ibb + bg * ibg + br * ibr, SMALLEST)


@part
def _compare(person: Matte, room: Matte, shares: Matte, cells: Place, evidence: Matte) -> None:
    """Add the log of the ratio of two Gaussians, as coefficients, weighted by how far the two are apart."""
    for x in range(cells):
        worth = min(max(_distance(person, room, x) / CERTAIN, ZERO), ONE) * shares[x] * TRUST
        shares[x] = worth
        evidence[PLANE_10 + x] += worth * BOUND
        spread = np.log(room[PLANE_6 + x] / person[PLANE_6 + x])
        evidence[PLANE_9 + x] += HALF * worth * (spread + _at_zero(room, x) - _at_zero(person, x))
        evidence[PLANE_6 + x] += worth * (
            _slope(person, x, U0, PLANE_3, PLANE_4) - _slope(room, x, U0, PLANE_3, PLANE_4)
        )
        evidence[PLANE_7 + x] += worth * (
            _slope(person, x, PLANE_3, PLANE_1, PLANE_5) - _slope(room, x, PLANE_3, PLANE_1, PLANE_5)
        )
        evidence[PLANE_8 + x] += worth * (
            _slope(person, x, PLANE_4, PLANE_5, PLANE_2) - _slope(room, x, PLANE_4, PLANE_5, PLANE_2)
        )
    for plane in range(U0, PLANE_3, PLANE_1):
        for x in range(cells):
            evidence[plane + x] += HALF * shares[x] * (room[plane + x] - person[plane + x])
            evidence[PLANE_3 + plane + x] += shares[x] * (room[PLANE_3 + plane + x] - person[PLANE_3 + plane + x])


@part
def _distance(person: Matte, room: Matte, x: Place) -> Any:
    """The Bhattacharyya distance of two Gaussians."""
    bb, gg = HALF * (person[PLANE_10 + x] + room[PLANE_10 + x]), HALF * (person[PLANE_11 + x] + room[PLANE_11 + x])
    rr, bg = HALF * (person[PLANE_12 + x] + room[PLANE_12 + x]), HALF * (person[PLANE_13 + x] + room[PLANE_13 + x])
    br, gr = HALF * (person[PLANE_14 + x] + room[PLANE_14 + x]), HALF * (person[PLANE_15 + x] + room[PLANE_15 + x])
    ibb, ibg, ibr = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    determinant = max(bb * ibb + bg * ibg + br * ibr, SMALLEST)
    b, g, r = (
        person[PLANE_7 + x] - room[PLANE_7 + x],
        person[PLANE_8 + x] - room[PLANE_8 + x],
        person[PLANE_9 + x] - room[PLANE_9 + x],
    )
    across = TWO * (b * (ibg * g + ibr * r) + (bg * br - bb * gr) * g * r)
    along = ibb * b * b + (bb * rr - br * br) * g * g + (bb * gg - bg * bg) * r * r
    spread = np.log((determinant / person[PLANE_6 + x]) * (determinant / room[PLANE_6 + x]))
    return EIGHTH * (along + across) / determinant + QUARTER * spread


@part
def _slope(model: Matte, x: Place, blue: Place, green: Place, red: Place) -> Any:
    """One row of the inverse covariance, whose planes are given, times the mean."""
    return (
        model[blue + x] * model[PLANE_7 + x]
        + model[green + x] * model[PLANE_8 + x]
        + model[red + x] * model[PLANE_9 + x]
    )


@part
def _at_zero(model: Matte, x: Place) -> Any:
    """Squared Mahalanobis distance from the mean to colour 0."""
    b = model[PLANE_7 + x] * _slope(model, x, U0, PLANE_3, PLANE_4)
    return (
        b
        + model[PLANE_8 + x] * _slope(model, x, PLANE_3, PLANE_1, PLANE_5)
        + model[PLANE_9 + x] * _slope(model, x, PLANE_4, PLANE_5, PLANE_2)
    )
