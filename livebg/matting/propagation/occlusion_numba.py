"""The loops that judge and mend a carried alpha, compiled. Know nothing about frames or time (repair.py).

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
REACH, EVERY = 10, 2  # px: doubtful places ask certain ones within this, on every second row and column
ENOUGH = np.float32(0.5)  # certainty of a place that is asked
COLOUR_STEPS = 1024  # of the table of likeness, by squared colour distance / 8
NOTHING, ALL = np.float32(0), np.float32(1)


@kernel(FLOATS_IN, FLOATS_IN, BYTES_IN, BYTES_IN, BYTES_IN, NUMBER, NUMBER, FLOATS_OUT, FLOATS_OUT)
def choose(
    resting: Floats,
    carried: Floats,
    by_motion: Bytes,
    by_rest: Bytes,
    by_plate: Bytes,
    low: float,
    high: float,
    values: Floats,
    certainty: Floats,
) -> Any:
    """The best explained of carried alpha, key alpha at rest, and background; how many pixels are not certain.

    by_...: how far the pixel's colour is, in levels, from what each says. certainty: 1 where that is `low` levels or
    less for the best explanation, 0 from `high` on.
    """
    doubtful: Any = 0
    for pixel in range(values.size):
        difference, value = np.float32(by_motion[pixel]), carried[pixel]
        rest, remembered = np.float32(by_rest[pixel]), np.float32(by_plate[pixel])
        if rest <= difference and (rest <= low or rest < PREFERENCE * difference):
            difference, value = rest, resting[pixel]
        if remembered < PLATE_TRUST * low and remembered < PREFERENCE * difference:
            difference, value = remembered, NOTHING
        certain = min(max((high - difference) / (high - low), NOTHING), ALL)
        values[pixel], certainty[pixel] = value, certain
        doubtful += certain < ALL
    return doubtful


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
    """Values where certain; elsewhere those of near certain places of like colour, leaning to background by `bias`.

    covered: not 0 where something stands before a background that is known: there the lean is to what is around.
    likeness: weight by squared colour distance / 8; nearness: by |offset| in rows and columns, (REACH + 1)².
    """
    wide: Any = np.intp(width)
    for pixel in range(values.size):
        certain = certainty[pixel]
        if certain >= ALL:
            result[pixel] = values[pixel]
        else:
            guess = _ask_around(colour, values, certainty, covered[pixel] > 0, pixel, wide, bias, likeness, nearness)
            result[pixel] = certain * values[pixel] + (ALL - certain) * guess


@part
def _ask_around(
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
    """The mean alpha of certain places around, weighted by nearness and by likeness of colour."""
    high, y, x = values.size // wide, pixel // wide, pixel % wide
    alike = alike_alpha = around = around_alpha = NOTHING
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
    lean = NOTHING
    if is_covered and around > NOTHING:
        lean = min(np.float32(2) * around_alpha / around, ALL)
    return (alike_alpha + bias * lean) / (alike + bias)
