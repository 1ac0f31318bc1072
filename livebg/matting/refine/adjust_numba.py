"""Compiled loops that move, soften and bend the edge of a full-size alpha. adjust.py calls them.

Moving and softening take the picture cell by cell, each with its surroundings in a window of its own, small enough for
the nearest cache. Where that window is flat, which is nearly everywhere, nothing is computed. The loops take a window's
rows as one run of pixels, so that they are long; the wrong results this gives at its sides are never used.
Results are written as bits at the end: a 0 is +0, which compiled float arithmetic cannot promise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import (
    FLAG,
    FLOATS_IN,
    FLOATS_OUT,
    INTEGERS_IN,
    INTEGERS_OUT,
    NUMBER,
    PLACES_IN,
    SIZE,
    Bits,
    Place,
    Places,
    kernel,
    part,
)
from livebg.core.types import Matte

Number = Any  # one float32

TALL, WIDE = 32, 64  # px of a cell
TOGETHER = 4  # places that are compared at once
TABLE = 4096  # steps of the bent line: a power per pixel would cost more than all the rest
BLOCK = 128  # px that are looked at together, by `bend`
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE, NO_BITS = np.float32(0), np.float32(1), np.int32(0)
U0, U1, U2, U3, U4 = (np.uintp(each) for each in range(5))
ROWS, COLUMNS = np.uintp(TALL), np.uintp(WIDE)


@kernel(
    FLOATS_IN, INTEGERS_IN, SIZE, SIZE, PLACES_IN, FLOATS_IN, NUMBER, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT, INTEGERS_OUT
)
def spread(
    alpha: Matte,
    bits: Bits,
    width: int,
    reach: int,
    passes: Places,
    shares: Matte,
    sign: float,
    windows: Matte,
    most: Matte,
    result: Matte,
    result_bits: Bits,
) -> None:
    """result: the largest (sign 1) or smallest (sign -1) alpha around each pixel.

    alpha, result: float32 (H·W,) in 0..1.
    bits, result_bits: the same memory as int32. passes: per pass its radius and number of sets; per set its number of
    places, a multiple of TOGETHER, and the places, as distances from the one `radius` up and left, in a window with
    rows of WIDE + 2·reach. The first set always holds the pixel itself. shares: how much each set's result counts
    beyond that of the sets before; 1 for the first. reach: the sum of the radii, px. windows, most: scratch for two of
    (TALL + 2·reach)·(WIDE + 2·reach), and for one.
    """
    area = (ROWS + U2 * reach) * (COLUMNS + U2 * reach)
    here, there = windows[:area], windows[area:]
    for top in range(U0, np.uintp(alpha.size) // width, ROWS):
        for left in range(U0, width, COLUMNS):
            if _is_flat(bits, width, reach, top, left):
                _fill(bits[top * width + left], width, top, left, result_bits)
                continue
            _look(alpha, width, reach, top, left, sign, here)
            margin, at, number = reach, U0, U0
            while at < np.uintp(passes.size):
                inner = margin - passes[at]
                at, number = _pass(passes, at, shares, number, here, inner, reach, most, there)
                margin = inner
                here, there = there, here
            _hand_over(here, COLUMNS + U2 * reach, reach, sign, width, top, left, result, result_bits)


@part
def _pass(
    passes: Places,
    at: Place,
    shares: Matte,
    number: Place,
    here: Matte,
    inner: Place,
    reach: Place,
    most: Matte,
    there: Matte,
) -> Any:
    """One pass over the cell and `inner` px around it. Returns where the next pass's numbers begin."""
    stride, radius, sets = COLUMNS + U2 * reach, passes[at], passes[at + U1]
    start = (reach - inner) * stride + radius
    length = (ROWS + U2 * inner) * stride - U2 * radius
    corner = start - radius * stride - radius
    at += U2
    for each in range(sets):
        count, share = passes[at], shares[number]
        target = (there if each == U0 else most)[start : start + length]
        middle = here[start : start + length]
        for x in range(target.size):
            target[x] = middle[x]
        for place in range(at + U1, at + U1 + count, U4):
            one, two = here[corner + passes[place] :], here[corner + passes[place + U1] :]
            three, four = here[corner + passes[place + U2] :], here[corner + passes[place + U3] :]
            for x in range(target.size):
                target[x] = max(target[x], max(max(one[x], two[x]), max(three[x], four[x])))
        if each > U0:
            followed = there[start : start + length]
            for x in range(target.size):
                followed[x] += share * max(target[x] - followed[x], ZERO)
        at += count + U1
        number += U1
    return at, number


@kernel(FLOATS_IN, INTEGERS_IN, SIZE, SIZE, FLOATS_IN, FLOATS_OUT, FLOATS_OUT, INTEGERS_OUT)
def soften(
    alpha: Matte,
    bits: Bits,
    width: int,
    reach: int,
    taps: Matte,
    windows: Matte,
    result: Matte,
    result_bits: Bits,
) -> None:
    """result: alpha weighted along rows and columns, float32 (H·W,) in 0..1; other arguments as in spread().

    taps: float32 (reach,), weights from next to the centre outwards; the centre's weight makes their sum 1.
    """
    stride = COLUMNS + U2 * reach
    area = (ROWS + U2 * reach) * stride
    here, there = windows[:area], windows[area:]
    for top in range(U0, np.uintp(alpha.size) // width, ROWS):
        for left in range(U0, width, COLUMNS):
            if _is_flat(bits, width, reach, top, left):
                _fill(bits[top * width + left], width, top, left, result_bits)
                continue
            _look(alpha, width, reach, top, left, ONE, here)
            _weigh(here, reach * stride, (ROWS + reach) * stride, stride, taps, there)
            _weigh(there, reach * stride + reach, (ROWS + reach) * stride - reach, U1, taps, here)
            _hand_over(here, stride, reach, ONE, width, top, left, result, result_bits)


@part
def _weigh(source: Matte, start: Place, end: Place, step: Place, taps: Matte, result: Matte) -> None:
    target, middle = result[start:end], source[start:end]  # slices, whose places count from 0: with an offset no SIMD
    for x in range(target.size):
        target[x] = middle[x]
    for each in range(np.uintp(taps.size)):
        before, after, weight = source[start - (each + U1) * step :], source[start + (each + U1) * step :], taps[each]
        for x in range(target.size):
            target[x] += weight * ((before[x] - middle[x]) + (after[x] - middle[x]))
    for x in range(target.size):
        target[x] = min(max(target[x], ZERO), ONE)


@kernel(FLOATS_IN, NUMBER, NUMBER, FLAG, FLOATS_IN, FLOATS_OUT, INTEGERS_OUT)
def bend(alpha: Matte, low: float, high: float, is_bent: bool, table: Matte, result: Matte, result_bits: Bits) -> None:
    """result: 0 up to `low`, 1 from `high` on, between them straight or along `table`, float32 (TABLE + 2,).

    alpha, result: float32 (n,) in 0..1, may be the same memory; result_bits: result as int32. 0 stays 0 and 1 stays 1.
    """
    slope = ONE / (high - low) if high > low else ZERO
    for start in range(0, alpha.size, BLOCK):
        block, target = alpha[start : start + BLOCK], result[start : start + BLOCK]
        least, most = ONE, ZERO
        for pixel in range(block.size):
            least, most = min(least, block[pixel]), max(most, block[pixel])
        if most <= low or least >= high:
            flat = ZERO if most <= low else ONE
            for pixel in range(block.size):
                target[pixel] = flat
            continue
        for pixel in range(block.size):
            value = min(max((block[pixel] - low) * slope, ZERO), ONE)
            if is_bent:
                place = value * np.float32(TABLE)
                below = np.uintp(np.int32(place))
                value = table[below] + (place - np.float32(below)) * (table[below + U1] - table[below])
            target[pixel] = value if block[pixel] < high else ONE
        for pixel in range(start, start + block.size):
            result_bits[pixel] = max(result_bits[pixel], NO_BITS)


@part
def _is_flat(bits: Bits, width: Place, reach: Place, top: Place, left: Place) -> bool:
    """True where the cell at (top, left) and all within `reach` px of it are the same to the last bit."""
    first, end = max(left, reach) - reach, min(left + COLUMNS + reach, width)
    upper, lower = max(top, reach) - reach, min(top + ROWS + reach, np.uintp(bits.size) // width)
    value = bits[top * width + left]
    for y in range(upper, lower):
        differences = np.int32(0)
        for place in range(y * width + first, y * width + end):
            differences |= bits[place] ^ value
        if differences:
            return False
    return True


@part
def _look(alpha: Matte, width: Place, reach: Place, top: Place, left: Place, sign: Number, window: Matte) -> None:
    """window: sign · alpha of the cell at (top, left) and `reach` px around it; outside the picture, its border's."""
    height, stride = np.uintp(alpha.size) // width, COLUMNS + U2 * reach
    first, end = max(left, reach) - reach, min(left + COLUMNS + reach, width)
    before, count = reach - min(reach, left), end - first
    for y in range(ROWS + U2 * reach):
        source = min(max(top + y, reach) - reach, height - U1) * width + first
        target = y * stride
        for x in range(count):
            window[target + before + x] = sign * alpha[source + x]
        for x in range(before):
            window[target + x] = sign * alpha[source]
        for x in range(before + count, stride):
            window[target + x] = sign * alpha[source + count - U1]


@part
def _fill(value: Any, width: Place, top: Place, left: Place, result_bits: Bits) -> None:
    """Fill the cell with a number, given as its bits; a number below 0, and -0, become 0."""
    for y in range(top, min(top + ROWS, np.uintp(result_bits.size) // width)):
        for place in range(y * width + left, y * width + min(left + COLUMNS, width)):
            result_bits[place] = max(value, NO_BITS)


@part
def _hand_over(
    window: Matte,
    stride: Place,
    margin: Place,
    sign: Number,
    width: Place,
    top: Place,
    left: Place,
    result: Matte,
    result_bits: Bits,
) -> None:
    """Write the cell in the window's middle into the picture, as far as that reaches.

    Numbers below 0, and -0, become 0.
    """
    count = min(left + COLUMNS, width) - left
    for y in range(min(ROWS, np.uintp(result.size) // width - top)):
        source, target = (y + margin) * stride + margin, (top + y) * width + left
        for x in range(count):
            result[target + x] = sign * window[source + x]
        for x in range(target, target + count):
            result_bits[x] = max(result_bits[x], NO_BITS)
