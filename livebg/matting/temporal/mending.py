"""Repair dropouts: an alpha that differs for a few frames from those before and after it, where nothing moves.

The median along time, which a run shorter than half its length does not move (Tukey 1977), where the alphas differ by
more than trembling; not where a person has left (leaving.py). One thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, SIZE, kernel
from livebg.core.types import Matte
from livebg.matting.temporal.leaving import with_leaving

LONGEST_LOSS = 3  # frames: the median is taken over 2 n + 1
APART = np.float32(0.25)  # less is trembling, which smoothing is for
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ONE = np.float32(1)
U1 = np.uintp(1)


def prepare() -> None:
    """Compile the loop now, so that the first frame does not wait for it."""
    middle.prepare()


def mended(alphas: Sequence[Matte], motions: Sequence[Matte], index: int) -> Matte:
    """alphas[index], float32 (h, w) in 0..1, with dropouts and flashes of at most LONGEST_LOSS frames repaired.

    alphas: of one scene, in order; motions: float32 in 0..1 of any size, each up to its alpha. At the end the last
    alpha repeats, so that what is there does not count as a loss.
    """
    first, last = max(0, index - LONGEST_LOSS), min(len(alphas) - 1, index + LONGEST_LOSS)
    new = alphas[index]
    if first == index or last == index:
        return new
    moved = motions[first + 1]
    for each in motions[first + 2 : last + 1]:
        moved = np.maximum(moved, each)
    if moved.shape != new.shape:
        moved = np.asarray(cv2.resize(moved, new.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    places = np.clip(np.arange(index - LONGEST_LOSS, index + LONGEST_LOSS + 1), first, last)
    row = np.concatenate([alphas[each].reshape(-1) for each in places])
    whole = new.copy()
    middle(row, new.size, whole.reshape(-1))
    moved = with_leaving(moved, new, whole)
    return np.asarray(new + (ONE - moved) * (whole - new), np.float32)


@kernel(FLOATS_IN, SIZE, FLOATS_OUT)
def middle(row: Matte, size: int, result: Matte) -> None:
    """Writes into `result`, float32 (n,), the median of `row`, float32 (frames·n,), where its values are APART.

    `result` stays as it is elsewhere. size: n.
    """
    count = np.uintp(row.size) // size
    half = count // np.uintp(2)
    sorted_row = np.empty(count, np.float32)
    for x in range(size):
        low = high = row[x]
        for each in range(U1, count):
            low, high = min(low, row[each * size + x]), max(high, row[each * size + x])
        if high - low < APART:
            continue
        for each in range(count):
            value: Any = row[each * size + x]
            place: Any = each
            while place > 0 and sorted_row[place - U1] > value:
                sorted_row[place] = sorted_row[place - U1]
                place -= U1
            sorted_row[place] = value
        result[x] = sorted_row[half]
