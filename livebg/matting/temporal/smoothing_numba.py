"""The compiled loop that smooths an alpha. smoothing.py calls it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, SIZE, kernel, part
from livebg.core.types import Matte

NINTH = np.float32(1 / 9)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U1, U2 = np.uintp(1), np.uintp(2)
STEPS = 1024  # of the table that stands for a power: one per pixel would cost more than all the rest
ZERO, ONE = np.float32(0), np.float32(1)


@kernel(FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_OUT, SIZE, FLOATS_IN, FLOATS_OUT, FLOATS_OUT)
def steady(
    new: Matte,
    last: Matte,
    motion: Matte,
    evidence_s: Matte,
    width: int,
    parameters: NDArray[Any],
    scratch: Matte,
    result: Matte,
) -> None:
    """Writes the smoothed alpha into `result`. new, last, result: float32 (h·w,) in 0..1; motion: (h·w,), 0 still
    to 1 moving.

    evidence_s: for how many seconds each pixel of `last` has been averaged; changes to that of `result`. parameters:
    float32 (9,): the disagreement that passes, from and per unit above, in still and in moving places; the share that
    passes in still places, of a rise and of a fall; seconds since `last`; the longest average in s; exponent. scratch:
    STEPS + 2 + w + 2 numbers.
    """
    low, low_step, slope, slope_step = (
        parameters[0],
        parameters[2] - parameters[0],
        parameters[1],
        parameters[3] - parameters[1],
    )
    rise, fall, elapsed_s, longest_s = parameters[4], parameters[5], parameters[6], parameters[7]
    powers, sums = scratch[: STEPS + 2], scratch[STEPS + 2 :]
    kept = sums  # of each pixel's evidence; where its sum was
    for step in range(STEPS + 2):
        powers[step] = (np.float32(step) / np.float32(STEPS)) ** parameters[8]
    last_row = np.intp(new.size) - np.intp(width)
    for start in range(np.uintp(0), new.size, width):
        above = np.uintp(max(np.intp(start) - np.intp(width), np.intp(0)))
        below = np.uintp(min(np.intp(start) + np.intp(width), last_row))
        for x in range(width):
            rows = new[above + x] - last[above + x] + new[start + x] - last[start + x]
            sums[x + U1] = rows + new[below + x] - last[below + x]
        sums[0], sums[width + U1] = sums[1], sums[width]
        total = ZERO
        for x in range(width):
            moving, disagreement = motion[start + x], (sums[x] + sums[x + U1] + sums[x + U2]) * NINTH
            still_share = rise if disagreement > ZERO else fall
            passing = (abs(disagreement) - low - moving * low_step) * (slope + moving * slope_step)
            passing = min(max(passing, ZERO), ONE) * (still_share + moving * (ONE - still_share))
            kept[x] = ONE - passing
            total += passing
        if total > ZERO:  # in few rows, and few of their pixels: only the table look-up is no vector instruction
            for x in range(width):
                if kept[x] < ONE:
                    step = kept[x] * np.float32(STEPS)
                    under = np.uintp(np.int32(step))
                    kept[x] = powers[under] + (step - np.float32(under)) * (powers[under + U1] - powers[under])
        _take(new[start:], last[start:], kept, elapsed_s, longest_s, evidence_s[start : start + width], result[start:])


@part
def _take(
    new: Matte, last: Matte, kept: Matte, elapsed_s: float, longest_s: float, evidence_s: Matte, result: Matte
) -> None:
    """Blend one row, by how much of each pixel's evidence is kept."""
    for x in range(np.uintp(evidence_s.size)):
        share = max(elapsed_s / (evidence_s[x] + elapsed_s), ONE - kept[x])
        # The quotient may come out a trace above 1; an alpha below 0 would be refused (seen by tests/bench/soak.py).
        result[x] = min(max(last[x] + share * (new[x] - last[x]), ZERO), ONE)
    for x in range(np.uintp(evidence_s.size)):
        evidence_s[x] = min(evidence_s[x] + elapsed_s, longest_s) * kept[x]
