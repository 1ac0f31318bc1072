"""The loop that steadies an alpha, compiled. Knows nothing about frames or settings (smoothing.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.compiled import BYTES_IN, FLOATS_IN, FLOATS_OUT, NUMBER, SIZE, kernel, part
from livebg.stages import Matte

Luma = NDArray[np.uint8]

LEVELS = 256  # a luma difference is -255..255
REACH = 2  # px: motion is averaged over 5x5
TAPS = np.float32(1 / (2 * REACH + 1) ** 2)
ONE, TWO, THREE, FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)
STEPS = 1024  # of the table that stands for a power: one per pixel would cost more than all the rest
NOTHING, ALL = np.float32(0), np.float32(1)


@kernel(BYTES_IN, BYTES_IN)
def measure_change(luma: Luma, last: Luma) -> tuple[float, float, float]:
    """Of two lumas uint8 (n,): their mean difference, and mean and median of |difference − that mean|, in levels.

    By a histogram of the differences, whose bins are walked from the mean outwards. The median is the upper one.
    """
    counts = np.zeros(2 * LEVELS + 2, np.int64)
    for pixel in range(luma.size):
        counts[np.intp(luma[pixel]) - np.intp(last[pixel]) + LEVELS] += 1
    total = 0.0
    for each in range(1, 2 * LEVELS):
        total += counts[each] * (each - LEVELS)
    shift = total / luma.size
    spread = 0.0
    for each in range(1, 2 * LEVELS):
        spread += counts[each] * abs(each - LEVELS - shift)
    below = int(np.floor(shift)) + LEVELS
    above, passed, median = below + 1, 0, 0.0
    while passed <= luma.size // 2:
        if shift - (below - LEVELS) <= above - LEVELS - shift:
            passed, median, below = passed + counts[below], shift - (below - LEVELS), below - 1
        else:
            passed, median, above = passed + counts[above], above - LEVELS - shift, above + 1
    return shift, spread / luma.size, median


@kernel(FLOATS_IN, FLOATS_IN, BYTES_IN, BYTES_IN, SIZE, NUMBER, FLOATS_IN, FLOATS_OUT, FLOATS_OUT)
def steady(
    new: Matte,
    last: Matte,
    luma: Luma,
    last_luma: Luma,
    width: int,
    shift: float,
    knobs: NDArray[Any],
    scratch: Matte,
    result: Matte,
) -> None:
    """new, last, result: alphas float32 (h·w,); lumas uint8 (h·w,), `shift` their mean difference.
    scratch: STEPS + 2 + 2·w + 4 numbers.

    knobs: still share, its growth with doubt, motion from and per level above, doubt from and per unit, exponent.
    """
    still, growth, motion_low, motion_slope = knobs[0], knobs[1], knobs[2], knobs[3]
    doubt_low, doubt_slope, exponent = knobs[4], knobs[5], knobs[6]
    powers, rows = scratch[: STEPS + 2], scratch[STEPS + 2 :]
    change, kept = rows[: width + FOUR], rows[width + FOUR :]
    for step in range(STEPS + 2):
        powers[step] = (np.float32(step) / np.float32(STEPS)) ** exponent
    for start in range(np.uintp(0), new.size, width):
        _sum_rows(luma, last_luma, width, start, shift, change)
        for x in range(width):
            around = change[x] + change[x + ONE] + change[x + TWO] + change[x + THREE] + change[x + FOUR]
            moving = min(max((around * TAPS - motion_low) * motion_slope, NOTHING), ALL)
            doubt = min(max((abs(last[start + x] - new[start + x]) - doubt_low) * doubt_slope, NOTHING), ALL)
            kept[x] = (ALL - still - doubt * growth) * (ALL - moving)
        for x in range(width):
            place = kept[x] * np.float32(STEPS)
            below = np.uintp(np.int32(place))
            share = powers[below] + (place - np.float32(below)) * (powers[below + ONE] - powers[below])
            result[start + x] = new[start + x] + share * (last[start + x] - new[start + x])


@part
def _sum_rows(luma: Luma, last: Luma, width: int, start: int, shift: float, target: Matte) -> None:
    """|difference − shift| summed over the rows around the one that begins at `start`, with repeated ends."""
    for x in range(width + FOUR):
        target[x] = NOTHING
    for step in range(-REACH, REACH + 1):
        row: Any = min(max(np.intp(start // width) + step, 0), np.intp(luma.size // width) - 1)
        begin = np.uintp(row) * width
        for x in range(width):
            difference = np.float32(np.int32(luma[begin + x]) - np.int32(last[begin + x]))
            target[x + TWO] += abs(difference - shift)
    for x in range(TWO):
        target[x] = target[TWO]
        target[width + TWO + x] = target[width + ONE]
