"""The compiled loops of occlusion handling (occlusion.py).

All arrays are flat: planes (h·w,), pictures and flows with their channels innermost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, NUMBER, SIZE, kernel, part

Bytes = NDArray[np.uint8]
Floats = NDArray[Any]

PREFERENCE = np.float32(0.7)  # another explanation must fit this much better than the motion
PLATE_TRUST = np.float32(1.5)  # a remembered background may differ this much more than a picture 100 ms old
REACH, EVERY = 10, 2  # px: unknown places take from certain ones within this, on every second row and column
ENOUGH = np.float32(0.5)  # certainty of a place to take from
COLOUR_STEPS = 1024  # entries of the likeness table, by squared colour distance / 8
ZERO, ONE = np.float32(0), np.float32(1)


@kernel(FLOATS_IN, FLOATS_IN, BYTES_IN, BYTES_IN, BYTES_IN, NUMBER, NUMBER, FLOATS_OUT, FLOATS_OUT)
def choose(
    resting: Floats,
    propagated: Floats,
    by_motion: Bytes,
    by_rest: Bytes,
    by_plate: Bytes,
    low: float,
    high: float,
    values: Floats,
    certainty: Floats,
) -> Any:
    """Writes the alpha of the best explanation into `values`; returns how many pixels are unknown (certainty below 1).

    resting, propagated: the key frame's alpha at rest and along the flow, float32 in 0..1. by_...: uint8, the distance
    in levels of the pixel's colour from each explanation's. values, certainty: float32 in 0..1; certainty is 1 where
    the best distance is `low` or less, 0 from `high` on.
    """
    unknown: Any = 0
    for pixel in range(values.size):
        difference, value = np.float32(by_motion[pixel]), propagated[pixel]
        rest, remembered = np.float32(by_rest[pixel]), np.float32(by_plate[pixel])
        if rest <= difference and (rest <= low or rest < PREFERENCE * difference):
            difference, value = rest, resting[pixel]
        if remembered < PLATE_TRUST * low and remembered < PREFERENCE * difference:
            difference, value = remembered, ZERO
        certain = min(max((high - difference) / (high - low), ZERO), ONE)
        values[pixel], certainty[pixel] = value, certain
        unknown += certain < ONE
    return unknown


@kernel(BYTES_IN, FLOATS_IN, FLOATS_IN, BYTES_IN, SIZE, NUMBER, FLOATS_IN, FLOATS_IN, FLOATS_OUT)
def fill(
    colour: Bytes,
    values: Floats,
    certainty: Floats,
    covered: Bytes,
    width: int,
    bias: float,
    likeness: Floats,
    nearness: Floats,
    result: Floats,
) -> None:
    """Writes into `result` the values where certain; elsewhere those of near certain places of similar colour.

    colour: uint8 (h·w·3,). values, certainty, result: float32 in 0..1. covered: uint8, not 0 where something hides a
    known background. bias: weight of background, and in covered places of what is around. likeness: weight by squared
    colour distance / 8; nearness: by |offset| in rows and columns, (REACH + 1)².
    """
    wide: Any = np.intp(width)
    for pixel in range(values.size):
        certain = certainty[pixel]
        if certain >= ONE:
            result[pixel] = values[pixel]
        else:
            guess = _mean_around(colour, values, certainty, covered[pixel] > 0, pixel, wide, bias, likeness, nearness)
            result[pixel] = certain * values[pixel] + (ONE - certain) * guess


@part
def _mean_around(
    colour: Bytes,
    values: Floats,
    certainty: Floats,
    is_covered: bool,
    pixel: int,
    wide: int,
    bias: float,
    likeness: Floats,
    nearness: Floats,
) -> Any:
    """The mean alpha of certain places around, weighted by nearness and by similarity of colour."""
    high, y, x = values.size // wide, pixel // wide, pixel % wide
    alike = alike_alpha = around = around_alpha = ZERO
    for dy in range(-REACH, REACH + 1, EVERY):
        for dx in range(-REACH, REACH + 1, EVERY):
            if 0 <= y + dy < high and 0 <= x + dx < wide:
                other = (y + dy) * wide + x + dx
                if certainty[other] >= ENOUGH:
                    distance = np.intp(0)
                    for channel in range(3):
                        step = np.intp(colour[3 * pixel + channel]) - np.intp(colour[3 * other + channel])
                        distance += step * step
                    near = certainty[other] * nearness[abs(dy) * (REACH + 1) + abs(dx)]
                    place: Any = min(distance >> 3, COLOUR_STEPS - 1)
                    weight = near * likeness[place]
                    alike, alike_alpha = alike + weight, alike_alpha + weight * values[other]
                    around, around_alpha = around + near, around_alpha + near * values[other]
    lean = ZERO
    if is_covered and around > ZERO:
        lean = min(np.float32(2) * around_alpha / around, ONE)
    return (alike_alpha + bias * lean) / (alike + bias)
