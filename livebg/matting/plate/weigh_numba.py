"""Compiled loops that weigh person against background near an edge of the alpha. correction.py calls them."""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, NUMBER, SIZE, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.plate.learn_numba import steepen
from livebg.matting.plate.params import PLATE

BINS = 12  # per side of the tables: with too many, cells stay empty; with too few, shadows become people
COUNTED_WITHIN = np.float32(0.05)  # alpha this near to 0 or 1 is counted as the one or the other
INSIDE, OUTSIDE = np.float32(0.99), np.float32(PLATE.background_below)  # mean alpha around: beyond, no edge is near
NOISE_FLOOR, TRUSTED_S = np.float32(PLATE.noise_floor), np.float32(PLATE.trusted_s)
UNSTEADY_PX = np.float32(PLATE.unsteady_px)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE, HALF, THIRD = np.float32(0), np.float32(1), np.float32(0.5), np.float32(1 / 3)
BLUE, GREEN, RED = np.float32(0.114), np.float32(0.587), np.float32(0.299)
RELATIVE = np.float32(0.06)  # of the background's brightness: one step darker or brighter
SPREAD_X, SPREAD_Y = np.float32(3), np.float32(4)  # steps that reach half of a table's side
STEP = np.float32(1 / 16)
LEAST = np.float32(0.076)  # 1 / (1 + e^2.5)
NEAREST, FULL_SLOPE = np.float32(0.02), np.float32(1 / 0.15)  # mean alpha around, from 0 or 1: from here on, all at .15
CHUNK, MEASURES = np.uintp(32), np.uintp(3)  # px that are measured together, numbers of each
HIGHEST = np.float32(BINS - 1.001)
U1, U2, U3 = np.uintp(1), np.uintp(2), np.uintp(3)


@kernel(
    BYTES_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    SIZE,
    NUMBER,
    FLOATS_IN,
    FLOATS_OUT,
    FLOATS_OUT,
    FLOATS_OUT,
)
def weigh_evidence(
    image: Image,
    alpha: Matte,
    near: Matte,
    mean: Matte,
    noise: Matte,
    age: Matte,
    gain: Matte,
    width: int,
    weight: float,
    logarithms: Matte,
    measures: Matte,
    evidence: Matte,
    tables: Matte,
) -> None:
    """Writes into `evidence`, float32 (n,), how much likelier a person is than background (a logarithm), near edges.

    Two measures per pixel, each in 0..BINS-1: how much darker or brighter than the model (a shadow is that), and how
    far its colour is off. image: BGR uint8 (3·n,), rows of `width`; alpha, near (its local mean): (n,) in 0..1; mean
    (3·n,), noise, age (n,), gain (3,): the model. All but the image float32.
    logarithms: (BINS²,), the table from which evidence is read. tables: (2·BINS²,), of person, then of background; they
    grow by `weight` for each pixel whose alpha is sure. measures: scratch (MEASURES·CHUNK,).
    """
    evidence[:] = ZERO
    for start in range(np.uintp(0), np.uintp(near.size), CHUNK):
        count = min(CHUNK, np.uintp(near.size) - start)
        around, ages = near[start : start + count], age[start : start + count]
        if not _is_wanted(around, ages):
            continue
        _measure(image, mean, noise, gain, start, width, measures[: MEASURES * count])
        for x in range(count):
            pixel = start + x
            if around[x] <= OUTSIDE or around[x] >= INSIDE or ages[x] < TRUSTED_S:
                continue
            light, colour = measures[x], measures[count + x]
            evidence[pixel] = _looked_up(logarithms, light, colour)
            cell = np.uintp(np.int32(light + HALF)) * np.uintp(BINS) + np.uintp(np.int32(colour + HALF))
            if alpha[pixel] > ONE - COUNTED_WITHIN:
                tables[cell] += weight
            elif alpha[pixel] < COUNTED_WITHIN:
                tables[np.uintp(BINS * BINS) + cell] += weight


@part
def _is_wanted(around: Matte, ages: Matte) -> bool:
    """Whether any of these pixels is near an edge and known."""
    softest = ZERO
    for x in range(np.uintp(around.size)):
        soft = min(around[x] - OUTSIDE, INSIDE - around[x])
        softest = max(softest, soft if ages[x] >= TRUSTED_S else ZERO)
    return bool(softest > ZERO)


@part
def _measure(image: Image, mean: Matte, noise: Matte, gain: Matte, start: int, width: int, measures: Matte) -> None:
    """Brightness and colour distortion (Horprasert et al. 1999), bent into a finite range, for weigh_evidence()."""
    count = np.uintp(measures.size) // MEASURES
    steepen(mean, start, width, measures[U2 * count :])
    for x in range(count):
        place = U3 * (start + x)
        blue, green, red = np.float32(image[place]), np.float32(image[place + U1]), np.float32(image[place + U2])
        b, g, r = gain[0] * mean[place], gain[1] * mean[place + U1], gain[2] * mean[place + U2]
        bright, model = BLUE * blue + GREEN * green + RED * red, BLUE * b + GREEN * g + RED * r
        scale = max(NOISE_FLOOR, noise[start + x]) + UNSTEADY_PX * measures[U2 * count + x]
        steps = (bright - model) / (model * RELATIVE + np.float32(2) * scale)
        ratio = bright / max(model, np.float32(4))
        blue, green, red = blue - ratio * b, green - ratio * g, red - ratio * r
        colour = np.sqrt((blue * blue + green * green + red * red) * THIRD) / scale
        measures[x] = (steps / (SPREAD_X + abs(steps)) + ONE) * HALF * HIGHEST
        measures[count + x] = colour / (SPREAD_Y + colour) * HIGHEST


@part
def _looked_up(table: Matte, x: float, y: float) -> Any:
    """The value at (x, y) of a table float32 (BINS²,), bilinear."""
    left, top = np.uintp(np.int32(x)), np.uintp(np.int32(y))
    cell, fx, fy = left * np.uintp(BINS) + top, x - np.float32(left), y - np.float32(top)
    first = table[cell] + fy * (table[cell + U1] - table[cell])
    cell += np.uintp(BINS)
    second = table[cell] + fy * (table[cell + U1] - table[cell])
    return first + fx * (second - first)


@kernel(FLOATS_IN, NUMBER, NUMBER, FLOATS_OUT)
def compare(tables: Matte, rare: float, most: float, logarithms: Matte) -> Any:
    """Writes into `logarithms`, float32 (BINS²,), per cell how much oftener persons look like that than background.

    Natural logarithm, within ±most. tables: float32 (2·BINS²,) of weigh_evidence(); cells borrow from their neighbours,
    and `rare` stands in for what was never seen. Returns the smaller of both totals.
    """
    cells = BINS * BINS
    persons, model = ZERO, ZERO
    for cell in range(cells):
        persons += tables[cell]
        model += tables[cells + cell]
    for cell in range(cells):
        column, row = cell // BINS, cell % BINS
        person, empty = ZERO, ZERO
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                at = min(max(column + dx, 0), BINS - 1) * BINS + min(max(row + dy, 0), BINS - 1)
                share = np.float32((2 - abs(dx)) * (2 - abs(dy))) / np.float32(16)
                person += share * tables[at]
                empty += share * tables[cells + at]
        likelier = (person / max(persons, ONE) + rare) / (empty / max(model, ONE) + rare)
        logarithms[cell] = min(max(np.log(likelier), -most), most)
    return min(persons, model)


@kernel(FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_OUT)
def move_alpha(alpha: Matte, near: Matte, age: Matte, evidence: Matte, result: Matte) -> None:
    """Writes the alpha moved by the evidence into `result`, where an edge is near (Bayes: odds multiply).

    All float32 (n,).
    alpha, near, result: in 0..1; age: s; evidence: natural logarithm. However sure alpha is, it counts as at most LEAST
    away from 0 or 1: near its edge a network is just as sure where it is wrong.
    """
    for pixel in range(np.uintp(0), alpha.size):
        result[pixel] = alpha[pixel]
        edge = min(near[pixel], ONE - near[pixel])
        if edge <= NEAREST or age[pixel] < TRUSTED_S:
            continue
        prior = min(max(alpha[pixel], LEAST), ONE - LEAST)
        times = ONE + evidence[pixel] * STEP  # (1 + x/16)^16: an exponential, near enough, in four products
        times *= times
        times *= times
        times *= times
        times *= times
        odds = prior * times / (prior * times + ONE - prior)
        odds = min(max((odds - LEAST) / (ONE - np.float32(2) * LEAST), ZERO), ONE)
        result[pixel] += min(edge * FULL_SLOPE, ONE) * (odds - alpha[pixel])
