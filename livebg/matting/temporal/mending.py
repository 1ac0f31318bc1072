"""What differs for some frames from what is before and after it, where nothing moves, is no change: it is mended.

The median along time, which a run shorter than half its length does not move (Tukey 1977), where the alphas are apart
by more than trembling; not where somebody has left (leaving.py). Knows nothing about frames or where an alpha is from.
One thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, SIZE, kernel
from livebg.core.types import Matte
from livebg.matting.temporal.leaving import with_leaving

LONGEST_LOSS = 3  # frames: of 2 n + 1 the median is looked for
APART = np.float32(0.25)  # less is trembling, which smoothing is for
ALL = np.float32(1)
ONE = np.uintp(1)


def prepare() -> None:
    """Compile the loop now, so that the first frame need not wait for it."""
    middle.prepare()


def mended(alphas: Sequence[Matte], motions: Sequence[Matte], index: int) -> Matte:
    """alphas[index], float32 (h, w), with what was lost, or seen, for LONGEST_LOSS frames at most put right.

    alphas: of one scene, in order; motions: float32 in 0..1, up to each of them, any size. Where the row ends it goes
    on as its last one: what is there then is not taken for a loss.
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
    return np.asarray(new + (ALL - moved) * (whole - new), np.float32)


@kernel(FLOATS_IN, SIZE, FLOATS_OUT)
def middle(row: Matte, size: int, result: Matte) -> None:
    """result: float32 (n,), the median of `row`, (frames·n,), where its values are APART; unchanged elsewhere."""
    count = np.uintp(row.size) // size
    half = count // np.uintp(2)
    sorted_row = np.empty(count, np.float32)
    for x in range(size):
        low = high = row[x]
        for each in range(ONE, count):
            low, high = min(low, row[each * size + x]), max(high, row[each * size + x])
        if high - low < APART:
            continue
        for each in range(count):
            value: Any = row[each * size + x]
            place: Any = each
            while place > 0 and sorted_row[place - ONE] > value:
                sorted_row[place] = sorted_row[place - ONE]
                place -= ONE
            sorted_row[place] = value
        result[x] = sorted_row[half]
