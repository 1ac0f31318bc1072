"""Repair dropouts: an alpha that differs for a few frames from those before and after it, where nothing moves.

The median along time, which a run shorter than half its length does not move (Tukey 1977), where the alphas differ by
more than trembling; not where a person has left (leaving.py). One thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, PLACES_IN, SIZE, Places, kernel
from livebg.core.types import Matte
from livebg.matting.refine.unknown_region import PLACES_OUT
from livebg.matting.temporal.leaving import with_leaving

LONGEST_LOSS = 3  # frames: the median is taken over 2 n + 1
APART = np.float32(0.25)  # less is trembling, which smoothing is for
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ONE = np.float32(1)
U0, U1 = np.uintp(0), np.uintp(1)
BLOCK = np.uintp(256)  # pixels that stay in the processor's cache


def prepare() -> None:
    """Compile the loop now, so that the first frame does not wait for it."""
    middle.prepare()


def mended(alphas: Matte, motions: Sequence[Matte], index: int) -> Matte:
    """alphas[index], float32 (h, w) in 0..1, with dropouts and flashes of at most LONGEST_LOSS frames repaired.

    alphas: float32 (n, h, w), of one scene, in order; motions: n float32 in 0..1 of any size, each up to its alpha. At
    the end the last alpha repeats, so that what is there does not count as a loss.
    """
    first, last = max(0, index - LONGEST_LOSS), min(len(alphas) - 1, index + LONGEST_LOSS)
    new: Matte = alphas[index]
    if first == index or last == index:
        return new
    places = np.clip(np.arange(index - LONGEST_LOSS, index + LONGEST_LOSS + 1), first, last).astype(np.uintp)
    whole: Matte = new.copy()
    changed = np.empty(new.size, np.uintp)
    here = changed[: middle(alphas.reshape(-1), new.size, places, whole.reshape(-1), changed)]
    if not here.size:
        return new
    moved = np.zeros_like(new)
    moved.reshape(-1)[here] = _most(motions[first + 1 : last + 1], new.shape, here)
    moved = with_leaving(moved, new, whole)
    old, share = new.reshape(-1)[here], ONE - moved.reshape(-1)[here]
    whole.reshape(-1)[here] = old + share * (whole.reshape(-1)[here] - old)
    return whole


def _most(motions: Sequence[Matte], shape: tuple[int, ...], here: Places) -> Matte:
    """The greatest motion at some pixels, uintp (n,), of an alpha of this shape: float32 (n,)."""
    if motions[0].shape != shape:
        motions = [np.asarray(cv2.resize(each, shape[::-1], interpolation=cv2.INTER_LINEAR)) for each in motions]
    return np.asarray(np.max([each.reshape(-1)[here] for each in motions], axis=0), np.float32)


@kernel(FLOATS_IN, SIZE, PLACES_IN, FLOATS_OUT, PLACES_OUT)
def middle(alphas: Matte, size: int, places: Places, result: Matte, changed: Places) -> Any:
    """Writes into `result`, float32 (n,), the median of the alphas at these places where they are APART and it differs
    from `result`; and where that is into `changed`, uintp (n,). Returns at how many pixels.

    alphas: float32 (frames·n,); size: n; places: uintp (count,) of frames.
    """
    count, found = np.uintp(places.size), U0
    half = count // np.uintp(2)
    sorted_row = np.empty(count, np.float32)
    low, high = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    for start in range(U0, np.uintp(size), BLOCK):
        stop = min(BLOCK, np.uintp(size) - start)
        first = places[U0] * size + start
        for x in range(stop):
            low[x] = high[x] = alphas[first + x]
        for each in range(U1, count):
            first = places[each] * size + start
            for x in range(stop):
                low[x], high[x] = min(low[x], alphas[first + x]), max(high[x], alphas[first + x])
        for x in range(stop):
            if high[x] - low[x] < APART:
                continue
            for each in range(count):
                value: Any = alphas[places[each] * size + start + x]
                place: Any = each
                while place > 0 and sorted_row[place - U1] > value:
                    sorted_row[place] = sorted_row[place - U1]
                    place -= U1
                sorted_row[place] = value
            if result[start + x] != sorted_row[half]:
                result[start + x], changed[found] = sorted_row[half], start + x
                found += U1
    return found
