"""The user's adjustments of a full-size alpha: move its edge (grow), soften it (feather), bend it (levels, gamma).

In this order: a moved edge is as soft as before; feathering softens the moved edge; levels see the result and can make
it hard again or cut off its low end. Moving is the greyscale dilation and erosion of mathematical morphology (Serra
1982), so soft hair stays soft. No state. One thread at a time.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from livebg.core.jit import Bits
from livebg.core.settings import Settings
from livebg.core.types import Matte
from livebg.matting.refine import adjust_numba as kernels

Places = tuple[tuple[int, int], ...]
Sets = tuple[tuple[float, Places], ...]

SQUARE_SHARE = math.sqrt(2) - 1  # blend of cross and square that moves a diagonal edge as far as an upright one
POINTS = 12  # of a circle
CENTRE = (0, 0)
SIDES: Places = ((0, 1), (0, -1), (1, 0), (-1, 0))
CORNERS: Places = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def prepare() -> None:
    """Compile the loops now, so that the first frames do not wait for them."""
    for each in (kernels.spread, kernels.soften, kernels.bend):
        each.prepare()


def finish(alpha: Matte, settings: Settings) -> Matte:
    """float32 (H, W) in 0..1 → the same; the same array where grow, feather, levels and gamma have their defaults.

    Flat parts stay flat; outside the picture alpha continues as at its border. Does not write to the input.
    """
    result = alpha
    if settings.grow:
        result = grow(result, settings.grow)
    if settings.feather:
        result = feather(result, settings.feather)
    if (settings.level_low, settings.level_high, settings.gamma) != (0, 1, 1):
        own = None if result is alpha else result
        result = levels(result, settings.level_low, settings.level_high, settings.gamma, own)
    return result


def grow(alpha: Matte, distance_px: float) -> Matte:
    """float32 (H, W) in 0..1 → the same with every edge moved outwards by distance_px (inwards below 0).

    A ramp keeps its slope; parts of a px count, too.
    """
    steps = _passes(abs(distance_px))
    reach = sum(radius for radius, _ in steps)
    stride = kernels.WIDE + 2 * reach
    numbers: list[int] = []
    for radius, sets in steps:
        numbers += [radius, len(sets)]
        for _, places in sets:
            numbers += [len(places), *((row + radius) * stride + column + radius for row, column in places)]
    shares = np.array([share for _, sets in steps for share, _ in sets], np.float32)
    program = np.array(numbers, np.uintp)
    flat, result = _flat_and_like(alpha)
    sign = 1 if distance_px > 0 else -1
    run = (flat, flat.view(np.int32), alpha.shape[1], reach)
    kernels.spread(*run, program, shares, sign, _scratch(reach, 2), _scratch(reach, 1), *_with_bits(result))
    return result


def feather(alpha: Matte, width_px: float) -> Matte:
    """float32 (H, W) in 0..1 → the same with hard edges as slopes over width_px, half on either side.

    Two box filters.
    """
    reach = math.ceil(width_px / 2 - 0.5)
    if reach <= 0:
        return alpha
    borders = np.clip((np.arange(reach + 2) - 0.5) * 2 / width_px, -1, 1)
    below = 0.5 + borders - borders * np.abs(borders) / 2  # of a tent's area, the part to the left of each border
    taps = np.diff(below)[1:].astype(np.float32)
    flat, result = _flat_and_like(alpha)
    run = (flat, flat.view(np.int32), alpha.shape[1], reach)
    kernels.soften(*run, taps, _scratch(reach, 2), *_with_bits(result))
    return result


def levels(alpha: Matte, low: float, high: float, gamma: float, result: Matte | None = None) -> Matte:
    """clip((alpha − low) / (high − low), 0, 1) ** gamma of a float32 (H, W) in 0..1.

    Settings makes sure that low < high.
    result: C-contiguous float32 (H, W) to write to, may be alpha itself: that saves as much time as fresh memory costs.
    """
    flat = np.ascontiguousarray(alpha, np.float32).reshape(-1)
    result = np.empty(alpha.shape, np.float32) if result is None else result
    kernels.bend(flat, low, high, gamma != 1, _powers(gamma), *_with_bits(result))
    return result


def _flat_and_like(alpha: Matte) -> tuple[Matte, Matte]:
    """The pixels as one run, float32 (H·W,), and fresh memory of alpha's shape: sinks keep the result."""
    return np.ascontiguousarray(alpha, np.float32).reshape(-1), np.empty(alpha.shape, np.float32)


def _with_bits(result: Matte) -> tuple[Matte, Bits]:
    """A result's pixels as one run, and the same memory as the bits of its numbers (int32)."""
    flat = result.reshape(-1)
    return flat, flat.view(np.int32)


def _scratch(reach: int, windows: int) -> Matte:
    return np.empty(windows * (kernels.TALL + 2 * reach) * (kernels.WIDE + 2 * reach), np.float32)


@lru_cache(maxsize=1)
def _powers(gamma: float) -> Matte:
    steps = np.minimum(np.arange(kernels.TABLE + 2) / kernels.TABLE, 1)
    return np.asarray(steps**gamma, np.float32)


@lru_cache(maxsize=8)
def _passes(distance: float) -> tuple[tuple[int, Sets], ...]:
    """Passes whose circles add up to one with this radius, px.

    A shape round to r, moved along the circle of radius j <= r, is round to r + j. So: radius 1, then doubled, then the
    rest, and parts of a pixel by blending.
    """
    whole = math.floor(distance)
    part = distance - whole
    passes: list[tuple[int, Sets]] = []
    reached = 0
    while whole >= max(1, 2 * reached):
        step = max(1, reached)
        passes.append((step, _circle(step)))
        reached += step
    rest = whole - reached
    if part:
        passes.append((rest + 1, _between(rest, part)))
    elif rest:
        passes.append((rest, _circle(rest)))
    return tuple(passes)


def _between(radius: int, part: float) -> Sets:
    """From the circle of this radius to that of the next."""
    if radius == 0:
        square = SQUARE_SHARE * part
        return ((1.0, (CENTRE,) * 4), ((part - square) / (1 - square), SIDES), (square, CORNERS))
    return (*_circle(radius), *((part * share, places) for share, places in _circle(radius + 1)))


def _circle(radius: int) -> Sets:
    """Places on a circle, in sets; each set with how much its result counts beyond that of the sets before it."""
    if radius == 1:
        return ((1.0, SIDES), (SQUARE_SHARE, CORNERS))
    return ((1.0, tuple(_nearest(radius, 2 * math.pi * each / POINTS) for each in range(POINTS))),)


def _nearest(radius: int, turn: float) -> tuple[int, int]:
    """Of the pixels on the circle's side at `turn`, the one whose distance from the centre is nearest to the radius."""
    down, across = radius * math.sin(turn), radius * math.cos(turn)
    rows, columns = {math.floor(down), math.ceil(down)}, {math.floor(across), math.ceil(across)}
    pixels = ((row, column) for row in sorted(rows) for column in sorted(columns))
    return min(pixels, key=lambda pixel: abs(math.hypot(*pixel) - radius))
