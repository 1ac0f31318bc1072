"""Checks a full-size alpha: that its numbers are valid, and that the small alpha supports it.

No step after the small alpha finds people: those steps only move, soften and sharpen edges. So no foreground can
lie farther from all that the small alpha shows than the guided filter, the temporal edge filter, grow and feather
reach. The check runs before compositing. Any thread.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.errors import ModelError
from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, INTEGERS_IN, INTEGERS_OUT, PLACES_IN, SIZE, Places, kernel
from livebg.core.resize import SIZES
from livebg.core.settings import Settings
from livebg.core.types import LOWEST_ALPHA, Image, Matte
from livebg.matting.params import SUPPORT
from livebg.matting.refine.cells import firsts

# Work pixels: the unknown region (unknown_region.py) reaches 18, and half of 9, a quarter of 9, ... more with each
# finer pass of a photo (pyramid.py).
REACH = 28
# A network's faint specks are no people: where only specks are near, no pixel may come out more than half foreground.
MOST_OF_FAINT, GAIN = np.float32(0.5), 8.0  # of the full-size alpha; how many times the filter may raise the small one
NOTHING_NEAR, FAINT_NEAR = SUPPORT.nothing_near, SUPPORT.faint_near
ONE_BITS, LOWEST_BITS = np.float32(1).view(np.int32), LOWEST_ALPHA.view(np.int32)
HALF_BITS = MOST_OF_FAINT.view(np.int32)
MAGNITUDE = np.int32(0x7FFFFFFF)  # of a float's bits, without its sign
LEAST_TABLE = 1 / 4096  # of the gamma curve in adjust.py: below it, the curve is a straight line
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U0, U1 = np.uintp(0), np.uintp(1)


def prepare() -> None:
    """Compiles the loops now, so that the first frame does not wait for them."""
    find_peaks.prepare()
    extremes.prepare()


def check(full: Matte, small: Matte, height: int, width: int, settings: Settings) -> None:
    """Raises ModelError where `full` is no alpha of height x width, or has foreground that `small` does not support.

    full: float32 (H, W) in 0..1, adjusted by `settings`; small: float32 (h, w) in 0..1, from which it comes.
    """
    if full.dtype != np.float32 or full.shape != (height, width):
        raise ModelError(f"the full-size matte is {full.dtype} of shape {full.shape}, not float32 {(height, width)}")
    places, found = unsupported(small, height, width, settings), np.zeros(4, np.int32)
    borders = (firsts(*each) for each in zip(full.shape, places.shape, strict=True))
    bits = np.ascontiguousarray(full).reshape(-1).view(np.int32)
    extremes(bits, width, *borders, places.reshape(-1), found)
    judge(found)


def judge(found: NDArray[np.int32]) -> None:
    """Raises ModelError where these extremes of a full-size alpha do not allow a composite.

    found: int32 (4,), float32 read as bits: the greatest value; the greatest in cells with nothing near; the greatest
    magnitude of negative values; the greatest in cells with only specks near.
    """
    greatest, astray, negative, faint = found
    if greatest > ONE_BITS or negative > 0:
        values = found[[0, 2]].view(np.float32)
        raise ModelError(
            f"the full-size matte's values reach from {0.0 - values[1]:.9g} to {values[0]:.9g}, not 0 to 1"
        )
    if astray >= LOWEST_BITS or faint > HALF_BITS:
        level = float(found[[1, 3]].view(np.float32).max())
        raise ModelError(f"the full-size matte claims {level:.2f} where nobody is near in the network's")


def unsupported(small: Matte, height: int, width: int, settings: Settings) -> Image:
    """Cells of the picture, uint8 (rows, columns): NOTHING_NEAR where nothing can be foreground, FAINT_NEAR where alpha
    must be at most 0.5, else 0.

    small: float32 (h, w) in 0..1; height, width: of the frame; settings: say how far edges reach.
    """
    rows, columns = SUPPORT.cells_of(small.shape)
    reach_px = REACH * max(width, height) / SIZES.work_long_px + max(settings.grow, 0.0) + settings.feather / 2 + 1
    down, across = math.ceil(reach_px * rows / height) + 1, math.ceil(reach_px * columns / width) + 1
    around = np.ones((2 * down + 1, 2 * across + 1), np.uint8)

    peaks = np.empty((rows, columns), np.float32)
    find_peaks(
        np.ascontiguousarray(small).reshape(-1),
        small.shape[1],
        *_covered(small.shape[0], rows),
        *_covered(small.shape[1], columns),
        peaks.reshape(-1),
    )
    near = cv2.dilate(peaks, around)
    is_more, is_anything = near > np.float32(_faint(settings)), near > np.float32(_least(settings))
    return np.where(is_more, 0, np.where(is_anything, FAINT_NEAR, NOTHING_NEAR)).astype(np.uint8)


@lru_cache(maxsize=16)
def _covered(full: int, count: int) -> tuple[Places, Places]:
    """For each of `count` cells over `full` pixels the first that it covers, also in part, and the one after the last;
    uintp (count,)."""
    return firsts(full, count)[:-1], (-(-np.arange(1, count + 1) * full // count)).astype(np.uintp)


def _faint(settings: Settings) -> float:
    """From a small alpha up to this, the filters, levels and gamma make at most MOST_OF_FAINT."""
    bent = math.pow(float(MOST_OF_FAINT), 1 / settings.gamma)
    return (settings.level_low + (settings.level_high - settings.level_low) * bent) / GAIN


def _least(settings: Settings) -> float:
    """Up to this small alpha, levels and gamma leave nothing visible."""
    straight = float(LOWEST_ALPHA) * LEAST_TABLE / float(LEAST_TABLE**settings.gamma)
    bent = min(straight, float(LOWEST_ALPHA ** (1 / settings.gamma)))
    return 0.5 * min(float(LOWEST_ALPHA), settings.level_low + (settings.level_high - settings.level_low) * bent)


def _find_peaks(
    alpha: Matte, width: int, tops: Places, bottoms: Places, lefts: Places, rights: Places, peaks: Matte
) -> None:
    picture = np.pad(alpha.reshape(-1, width), ((0, 1), (0, 1)))  # reduceat takes no end beyond the last value
    for axis, firsts_and_ends in enumerate(((tops, bottoms), (lefts, rights))):
        bounds = np.stack(firsts_and_ends, 1).reshape(-1).astype(np.intp)
        picture = np.maximum.reduceat(picture, bounds, axis)
        picture = picture[::2] if axis == 0 else picture[:, ::2]
    peaks[:] = picture.reshape(-1)


def _extremes(
    bits: NDArray[np.int32], width: int, tops: Places, lefts: Places, unsupported: Image, found: NDArray[np.int32]
) -> None:
    picture = np.maximum.reduceat(bits.reshape(-1, width), tops[:-1].astype(np.intp), 0)
    most = np.maximum(np.maximum.reduceat(picture, lefts[:-1].astype(np.intp), 1), 0).reshape(-1)
    for place, kind in ((1, NOTHING_NEAR), (3, FAINT_NEAR)):
        found[place] = most[unsupported == kind].max(initial=0)
    negative = bits[bits < 0] & MAGNITUDE
    found[0], found[2] = most.max(), negative.max(initial=0)


@kernel(FLOATS_IN, SIZE, PLACES_IN, PLACES_IN, PLACES_IN, PLACES_IN, FLOATS_OUT, plain=_find_peaks)
def find_peaks(
    alpha: Matte, width: int, tops: Places, bottoms: Places, lefts: Places, rights: Places, peaks: Matte
) -> None:
    """Writes the greatest alpha in each cell into `peaks`, float32 (rows·columns,).

    alpha: float32 (h·w,) in 0..1, rows of `width`; tops, bottoms, lefts, rights: _covered() of rows and of columns.
    """
    line, columns = np.empty(width, np.float32), np.uintp(lefts.size)
    for row in range(np.uintp(tops.size)):
        for x in range(width):
            line[x] = alpha[tops[row] * width + x]
        for y in range(tops[row] + U1, bottoms[row]):
            for x in range(width):
                line[x] = max(line[x], alpha[y * width + x])
        for column in range(columns):
            peak = line[lefts[column]]
            for x in range(lefts[column] + U1, rights[column]):
                peak = max(peak, line[x])
            peaks[row * columns + column] = peak


@kernel(INTEGERS_IN, SIZE, PLACES_IN, PLACES_IN, BYTES_IN, INTEGERS_OUT, plain=_extremes)
def extremes(
    bits: NDArray[np.int32],
    width: int,
    tops: Places,
    lefts: Places,
    unsupported: Image,
    found: NDArray[np.int32],
) -> None:
    """Writes the extremes that judge() takes into `found`, int32 (4,).

    bits: int32 (H·W,), a float32 alpha's memory; unsupported: uint8 (rows·columns,) cells; tops, lefts: uintp
    (rows + 1,) and (columns + 1,), the first pixel of each row and column of cells, then the end.
    """
    columns = np.uintp(lefts.size) - U1
    kinds, ends = np.empty(columns, np.uint8), np.empty(columns, np.uintp)
    greatest = astray = negative = faint = np.int32(0)
    for row in range(np.uintp(tops.size) - U1):
        runs = U0
        for column in range(columns):  # neighbours of one kind together: long runs of vector instructions
            kind = unsupported[row * columns + column]
            if runs == U0 or kinds[runs - U1] != kind:
                kinds[runs] = kind
                runs += U1
            ends[runs - U1] = lefts[column + U1]
        for y in range(tops[row], tops[row + U1]):  # as it lies in memory: run by run takes longer
            left = lefts[U0]
            for run in range(runs):
                most = np.int32(0)
                for place in range(y * width + left, y * width + ends[run]):
                    value = bits[place]
                    most = np.int32(max(most, value))
                    magnitude = np.int32(value & MAGNITUDE) if value < 0 else np.int32(0)
                    negative = np.int32(max(negative, magnitude))
                left, greatest = ends[run], np.int32(max(greatest, most))
                if kinds[run] == NOTHING_NEAR:
                    astray = np.int32(max(astray, most))
                elif kinds[run] == FAINT_NEAR:
                    faint = np.int32(max(faint, most))
    found[0], found[1], found[2], found[3] = greatest, astray, negative, faint
