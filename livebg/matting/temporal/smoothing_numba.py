"""The loop that steadies an alpha, compiled. Knows nothing about frames or settings (smoothing.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, SIZE, kernel, part
from livebg.core.types import Matte

NINTH = np.float32(1 / 9)
ONE, TWO = np.uintp(1), np.uintp(2)
STEPS = 1024  # of the table that stands for a power: one per pixel would cost more than all the rest
NOTHING, ALL = np.float32(0), np.float32(1)


@kernel(FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_OUT, SIZE, FLOATS_IN, FLOATS_OUT, FLOATS_OUT)
def steady(
    new: Matte,
    last: Matte,
    motion: Matte,
    evidence_s: Matte,
    width: int,
    knobs: NDArray[Any],
    scratch: Matte,
    result: Matte,
) -> None:
    """new, last, result: alphas float32 (h·w,); motion: 0 still..1 moving, (h·w,); scratch: STEPS + 2 + w + 2 numbers.

    evidence_s: for how long each pixel of `last` has been averaged, seconds; changed to that of `result`.
    knobs: the doubt that is let through, from and per unit above, in still and in moving places; share that passes in
    still places, of a rise and of a fall; seconds since `last`; the longest average, seconds; exponent.
    """
    low, low_step, slope, slope_step = knobs[0], knobs[2] - knobs[0], knobs[1], knobs[3] - knobs[1]
    rise, fall, elapsed_s, longest_s = knobs[4], knobs[5], knobs[6], knobs[7]
    powers, sums = scratch[: STEPS + 2], scratch[STEPS + 2 :]
    kept = sums  # of each pixel's evidence; where its sum was
    for step in range(STEPS + 2):
        powers[step] = (np.float32(step) / np.float32(STEPS)) ** knobs[8]
    last_row = np.intp(new.size) - np.intp(width)
    for start in range(np.uintp(0), new.size, width):
        above = np.uintp(max(np.intp(start) - np.intp(width), np.intp(0)))
        below = np.uintp(min(np.intp(start) + np.intp(width), last_row))
        for x in range(width):
            rows = new[above + x] - last[above + x] + new[start + x] - last[start + x]
            sums[x + ONE] = rows + new[below + x] - last[below + x]
        sums[0], sums[width + ONE] = sums[1], sums[width]
        total = NOTHING
        for x in range(width):
            moving, doubt = motion[start + x], (sums[x] + sums[x + ONE] + sums[x + TWO]) * NINTH
            still_share = rise if doubt > NOTHING else fall
            passing = (abs(doubt) - low - moving * low_step) * (slope + moving * slope_step)
            passing = min(max(passing, NOTHING), ALL) * (still_share + moving * (ALL - still_share))
            kept[x] = ALL - passing
            total += passing
        if total > NOTHING:  # in few rows, and few of their pixels: looking up is all that is no vector instruction
            for x in range(width):
                if kept[x] < ALL:
                    step = kept[x] * np.float32(STEPS)
                    under = np.uintp(np.int32(step))
                    kept[x] = powers[under] + (step - np.float32(under)) * (powers[under + ONE] - powers[under])
        _take(new[start:], last[start:], kept, elapsed_s, longest_s, evidence_s[start : start + width], result[start:])


@part
def _take(
    new: Matte, last: Matte, kept: Matte, elapsed_s: float, longest_s: float, evidence_s: Matte, result: Matte
) -> None:
    """One row, by how much of each pixel's evidence is kept."""
    for x in range(np.uintp(evidence_s.size)):
        share = max(elapsed_s / (evidence_s[x] + elapsed_s), ALL - kept[x])
        # The quotient may come out a trace above 1; an alpha below 0 would be refused (seen by tests/bench/soak.py).
        result[x] = min(max(last[x] + share * (new[x] - last[x]), NOTHING), ALL)
    for x in range(np.uintp(evidence_s.size)):
        evidence_s[x] = min(evidence_s[x] + elapsed_s, longest_s) * kept[x]
