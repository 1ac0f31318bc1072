"""The loops that weigh person against empty room where an edge is near, compiled. Know nothing about how the room was
learnt (plate_kernels.py), frames or settings (plate.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, NUMBER, SIZE, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.plate.learn_numba import steepen
from livebg.matting.plate.params import PLATE

BINS = 12  # of each side of the tables of what was seen; too many and they stay empty, too few and shadows are people
COUNTED_WITHIN = np.float32(0.05)  # alpha this near to 0 or 1 is counted as the one or the other
INSIDE, OUTSIDE = np.float32(0.99), np.float32(PLATE.background_below)  # mean alpha around: beyond, no edge is near
NOISE_FLOOR = np.float32(PLATE.noise_floor)
UNSTEADY_PX = np.float32(PLATE.unsteady_px)
NOTHING, ALL, HALF, THIRD = np.float32(0), np.float32(1), np.float32(0.5), np.float32(1 / 3)
BLUE, GREEN, RED = np.float32(0.114), np.float32(0.587), np.float32(0.299)
RELATIVE = np.float32(0.06)  # of the room's brightness: what counts as one step darker or brighter
SPREAD_X, SPREAD_Y = np.float32(3), np.float32(4)  # steps at which the tables' sides are half used up
STEP = np.float32(1 / 16)
LEAST = np.float32(0.076)  # 1 / (1 + e^2.5)
NEAREST, FULL_SLOPE = np.float32(0.02), np.float32(1 / 0.15)  # mean alpha around, from 0 or 1: from here on, all at .15
CHUNK, MEASURES = np.uintp(32), np.uintp(3)  # px that are measured together, numbers of each
HIGHEST = np.float32(BINS - 1.001)
ONE, TWO, THREE = np.uintp(1), np.uintp(2), np.uintp(3)


@kernel(
    BYTES_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    SIZE,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_OUT,
    FLOATS_OUT,
    FLOATS_OUT,
)
def look(
    image: Image,
    alpha: Matte,
    near: Matte,
    mean: Matte,
    noise: Matte,
    age: Matte,
    width: int,
    knobs: NDArray[Any],
    logarithms: Matte,
    measures: Matte,
    evidence: Matte,
    tables: Matte,
) -> None:
    """Where an edge is near: how each trusted pixel differs from the room, and what that says.

    Two measures, each 0..BINS-1: how much darker or brighter than the room (a shadow is that), and how far off its
    colour. knobs: gain (3), trusted from this age on, weight. evidence (n,): how much likelier a person than the room,
    from the table `logarithms` (BINS²,). tables (2 BINS²,) grow by `weight` for each pixel that alpha is sure of: of
    persons, then of the room. measures: scratch (MEASURES * CHUNK,).
    """
    evidence[:] = NOTHING
    trusted_s = knobs[3]
    for start in range(np.uintp(0), np.uintp(near.size), CHUNK):
        count = min(CHUNK, np.uintp(near.size) - start)
        around, ages = near[start : start + count], age[start : start + count]
        if not _is_wanted(around, ages, trusted_s):
            continue
        _measure(image, mean, noise, start, width, knobs, measures[: MEASURES * count])
        for x in range(count):
            pixel = start + x
            if around[x] <= OUTSIDE or around[x] >= INSIDE or ages[x] < trusted_s:
                continue
            light, colour = measures[x], measures[count + x]
            evidence[pixel] = _looked_up(logarithms, light, colour)
            cell = np.uintp(np.int32(light + HALF)) * np.uintp(BINS) + np.uintp(np.int32(colour + HALF))
            if alpha[pixel] > ALL - COUNTED_WITHIN:
                tables[cell] += knobs[4]
            elif alpha[pixel] < COUNTED_WITHIN:
                tables[np.uintp(BINS * BINS) + cell] += knobs[4]


@part
def _is_wanted(around: Matte, ages: Matte, trusted_s: float) -> bool:
    """Whether any of these pixels is near an edge and known."""
    softest = NOTHING
    for x in range(np.uintp(around.size)):
        soft = min(around[x] - OUTSIDE, INSIDE - around[x])
        softest = max(softest, soft if ages[x] >= trusted_s else NOTHING)
    return bool(softest > NOTHING)


@part
def _measure(
    image: Image, mean: Matte, noise: Matte, start: int, width: int, knobs: NDArray[Any], measures: Matte
) -> None:
    """The measures of look(): brightness and colour distortion (Horprasert et al. 1999), bent into a finite range."""
    count = np.uintp(measures.size) // MEASURES
    steepen(mean, start, width, measures[TWO * count :])
    for x in range(count):
        place = THREE * (start + x)
        blue, green, red = np.float32(image[place]), np.float32(image[place + ONE]), np.float32(image[place + TWO])
        b, g, r = knobs[0] * mean[place], knobs[1] * mean[place + ONE], knobs[2] * mean[place + TWO]
        bright, room = BLUE * blue + GREEN * green + RED * red, BLUE * b + GREEN * g + RED * r
        scale = max(NOISE_FLOOR, noise[start + x]) + UNSTEADY_PX * measures[TWO * count + x]
        steps = (bright - room) / (room * RELATIVE + np.float32(2) * scale)
        ratio = bright / max(room, np.float32(4))
        blue, green, red = blue - ratio * b, green - ratio * g, red - ratio * r
        colour = np.sqrt((blue * blue + green * green + red * red) * THIRD) / scale
        measures[x] = (steps / (SPREAD_X + abs(steps)) + ALL) * HALF * HIGHEST
        measures[count + x] = colour / (SPREAD_Y + colour) * HIGHEST


@part
def _looked_up(table: Matte, x: float, y: float) -> Any:
    """Bilinear, of (BINS²,)."""
    left, top = np.uintp(np.int32(x)), np.uintp(np.int32(y))
    cell, fx, fy = left * np.uintp(BINS) + top, x - np.float32(left), y - np.float32(top)
    first = table[cell] + fy * (table[cell + ONE] - table[cell])
    cell += np.uintp(BINS)
    second = table[cell] + fy * (table[cell + ONE] - table[cell])
    return first + fx * (second - first)


@kernel(FLOATS_IN, NUMBER, NUMBER, FLOATS_OUT)
def compare(tables: Matte, rare: float, most: float, logarithms: Matte) -> Any:
    """Of each cell: the logarithm of how much oftener persons look so than the room, (BINS²,), at most ±most.

    Cells borrow from their neighbours, and `rare` stands in for what was never seen. Returns the fewer of both totals.
    """
    cells = BINS * BINS
    persons, room = NOTHING, NOTHING
    for cell in range(cells):
        persons += tables[cell]
        room += tables[cells + cell]
    for cell in range(cells):
        column, row = cell // BINS, cell % BINS
        person, empty = NOTHING, NOTHING
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                at = min(max(column + dx, 0), BINS - 1) * BINS + min(max(row + dy, 0), BINS - 1)
                share = np.float32((2 - abs(dx)) * (2 - abs(dy))) / np.float32(16)
                person += share * tables[at]
                empty += share * tables[cells + at]
        likelier = (person / max(persons, ALL) + rare) / (empty / max(room, ALL) + rare)
        logarithms[cell] = min(max(np.log(likelier), -most), most)
    return min(persons, room)


@kernel(FLOATS_IN, FLOATS_IN, FLOATS_IN, NUMBER, FLOATS_IN, FLOATS_OUT)
def decide(alpha: Matte, near: Matte, age: Matte, trusted_s: float, evidence: Matte, result: Matte) -> None:
    """alpha moved by the evidence (Bayes: odds are multiplied), where an edge is near; all float32 (n,).

    However sure alpha is, it counts as at most LEAST from 0 or 1: near its edge a network is as sure where it is wrong.
    """
    for pixel in range(np.uintp(0), alpha.size):
        result[pixel] = alpha[pixel]
        edge = min(near[pixel], ALL - near[pixel])
        if edge <= NEAREST or age[pixel] < trusted_s:
            continue
        prior = min(max(alpha[pixel], LEAST), ALL - LEAST)
        times = ALL + evidence[pixel] * STEP  # (1 + x/16)^16: an exponential, near enough, in four products
        times *= times
        times *= times
        times *= times
        times *= times
        odds = prior * times / (prior * times + ALL - prior)
        odds = min(max((odds - LEAST) / (ALL - np.float32(2) * LEAST), NOTHING), ALL)
        result[pixel] += min(edge * FULL_SLOPE, ALL) * (odds - alpha[pixel])
