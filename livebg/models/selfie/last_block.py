"""The last block of the light engine's networks, at half the picture's size, as compiled loops (why: graph.py).

It enlarges the features from below twice, bilinearly, and adds those of the network's first layer, each channel as much
as the means of all say (squeeze and excitation, Hu, Shen and Sun 2018). Then come a 1x1 convolution, a 3x3 convolution
of each channel, which is added, a transposed convolution to 2 x 2 pixels of alpha, and the sigmoid. Row by row,
channel by channel: so all but the features stays in the first cache, where layer by layer a megabyte goes to memory
and back eight times. Any thread.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, kernel, part
from livebg.core.types import Matte

CHANNELS, OUTPUTS, TAPS = 16, 4, 9  # of both networks: outputs are 2 x 2 pixels, taps 3 x 3 features
WIDTH = 128  # of the first layer's features, px; those from below have half of it
Layer = tuple[Matte, Matte]  # weights and bias of a convolution, float32 (n,)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, QUARTER, MOST = np.float32(0), np.float32(0.25), np.float32(0.75)
U0, U1, U2, U3, U4, U5, U6, U7, U8, U9 = (np.uintp(each) for each in range(10))
U16, ROW, HALF, ALL = (np.uintp(each) for each in (CHANNELS, WIDTH, WIDTH // 2, CHANNELS * WIDTH))
ROW_1, ROW_2, ROW_3, ROW_4 = (np.uintp(each * WIDTH) for each in range(1, 5))
PADDED = np.uintp(WIDTH + 8)  # a row with a pixel of 0 at both ends
ALL_PADDED = U16 * PADDED


def prepare() -> None:
    """Loads or compiles the loops now, so that the first frame does not wait for them."""
    add_up.prepare()
    finish.prepare()


class LastBlock:
    def __init__(self, squeeze: Layer, excite: Layer, mix: Layer, spread: Layer, last: Layer) -> None:
        """Weights: squeeze, excite and mix (16·16,), by outputs; spread (9·16,), by taps; last (4·16,), by outputs.
        Raises ValueError."""
        layers = squeeze, excite, mix, spread, last
        sizes = *(3 * [(CHANNELS**2, CHANNELS)]), (TAPS * CHANNELS, CHANNELS), (OUTPUTS * CHANNELS, 1)
        if tuple((weights.size, bias.size) for weights, bias in layers) != sizes:
            raise ValueError(f"the last layers have {[weights.size for weights, _ in layers]} weights")
        self._squeeze, self._excite = ((w.reshape(CHANNELS, CHANNELS), bias) for w, bias in (squeeze, excite))
        taps = spread[0].reshape(TAPS, CHANNELS).T.reshape(-1)
        self._mix, self._spread = np.concatenate(mix), np.concatenate([taps, spread[1]])
        self._last = -np.concatenate(last)

    def confidence(self, below: Matte, first: Matte) -> Matte:
        """float32 (2 h, 2 WIDTH) in 0..1, from features float32 (h / 2, WIDTH / 2, 16) and (h, WIDTH, 16).

        NaN in any of them makes all of it NaN.
        """
        height = first.shape[0]
        sums = np.empty((2, CHANNELS), np.float32)
        add_up(below.reshape(-1), sums[0])
        add_up(first.reshape(-1), sums[1])
        means = (4 * sums[0] + sums[1]) / np.float32(height * WIDTH)  # enlarging keeps the mean
        with np.errstate(over="ignore"):  # 1 / (1 + inf) is 0
            middle = np.maximum(self._squeeze[0] @ means + self._squeeze[1], 0)
            shares = 1 / (1 + np.exp(-(self._excite[0] @ middle + self._excite[1])))
            result = np.empty((2 * height, 2 * WIDTH), np.float32)
            if not np.isfinite(shares).all():
                result.fill(np.nan)
                return result
            weights = shares.astype(np.float32), self._mix, self._spread, self._last
            finish(below.reshape(-1), first.reshape(-1), *weights, result.reshape(-1))
            np.exp(result, out=result)
        result += 1
        return np.reciprocal(result, out=result)


def _add_up(features: Matte, sums: Matte) -> None:
    sums[:] = features.reshape(-1, CHANNELS).sum(axis=0)


@kernel(FLOATS_IN, FLOATS_OUT, plain=_add_up)
def add_up(features: Matte, sums: Matte) -> None:
    """sums: float32 (16,), of each channel of features, float32 (64·16·n,)."""
    line = np.zeros(HALF * U16, np.float32)
    for start in range(U0, np.uintp(features.size), HALF * U16):
        for each in range(HALF * U16):
            line[each] += features[start + each]
    for k in range(U16):
        total = ZERO
        for each in range(k, HALF * U16, U16):
            total += line[each]
        sums[k] = total


def _finish(below: Matte, first: Matte, shares: Matte, mix: Matte, spread: Matte, last: Matte, result: Matte) -> None:
    wide = _twice(_twice(below.reshape(-1, WIDTH // 2, CHANNELS), 0), 1)
    mixed = (wide + first.reshape(wide.shape) * shares) @ mix[: CHANNELS**2].reshape(CHANNELS, CHANNELS).T
    mixed = np.maximum(mixed + mix[CHANNELS**2 :], 0)
    around, taps = np.pad(mixed, ((1, 1), (1, 1), (0, 0))), spread[: TAPS * CHANNELS].reshape(CHANNELS, 3, 3)
    height = wide.shape[0]
    near = sum(around[i : i + height, j : j + WIDTH] * taps[:, i, j] for i in range(3) for j in range(3))
    mixed += np.maximum(near + spread[TAPS * CHANNELS :], 0)
    pixels = (mixed @ last[:-1].reshape(OUTPUTS, CHANNELS).T + last[-1]).reshape(height, WIDTH, 2, 2)
    result[:] = pixels.transpose(0, 2, 1, 3).reshape(-1)


def _twice(features: Matte, axis: int) -> Matte:
    """Twice as many along one axis, bilinear."""
    rows = np.moveaxis(features, axis, 0)
    near = np.concatenate([rows[:1], rows, rows[-1:]])
    pairs = np.stack([QUARTER * near[:-2] + MOST * rows, MOST * rows + QUARTER * near[2:]], 1)
    return np.moveaxis(pairs.reshape(-1, *rows.shape[1:]), 0, axis)


@kernel(FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_OUT, plain=_finish)
def finish(below: Matte, first: Matte, shares: Matte, mix: Matte, spread: Matte, last: Matte, result: Matte) -> None:
    """below: float32 (16·h/2·WIDTH/2,); first: float32 (16·h·WIDTH,); shares: float32 (16,), of the latter's channels;
    mix, spread, last: weights by outputs (spread: by channels), then bias. result: float32 (4·h·WIDTH,).
    """
    height = np.uintp(first.size) // ALL
    narrow, wide = np.empty(U16 * HALF, np.float32), np.empty(U2 * ALL, np.float32)
    added, own, sums = np.empty(ALL, np.float32), np.empty(ALL, np.float32), np.empty(ROW_4, np.float32)
    mixed = np.zeros(U3 * ALL_PADDED, np.float32)  # three rows; before the first and after the last there is 0
    _by_channels(below, U0, HALF, narrow)
    _widen(narrow, wide, U0)
    for y in range(height + U1):
        here = y % U3 * ALL_PADDED
        if y < height:
            upper = (y - U1) // U2 if y > U0 else U0
            lower = min(upper + U1, height // U2 - U1) if y > U0 else U0
            if y % U2 == U1 and lower > upper:
                _by_channels(below, lower * U16 * HALF, HALF, narrow)
                _widen(narrow, wide, lower % U2 * ALL)
            _by_channels(first, y * ALL, ROW, own)
            _add(wide, upper % U2 * ALL, lower % U2 * ALL, QUARTER if y % U2 == U1 else MOST, own, shares, added)
            for k in range(U16):
                _mix(added, mix, k * U16, mix[U16 * U16 + k], own, k * ROW)
                for x in range(ROW):
                    mixed[here + k * PADDED + U1 + x] = max(own[k * ROW + x], ZERO)
        else:
            for x in range(ALL_PADDED):
                mixed[here + x] = ZERO
        if y > U0:
            for k in range(U16):
                place = k * PADDED
                rows = (y + U1) % U3 * ALL_PADDED + place, (y + U2) % U3 * ALL_PADDED + place, here + place
                _spread(mixed, rows[0], rows[1], rows[2], spread, k, own)
            for each in range(U4):
                _mix(own, last, each * U16, last[U4 * U16], sums, each * ROW)
            _lay_out(sums, (y - U1) * ROW_4, result)


@part
def _by_channels(features: Matte, start: Any, width: Any, planes: Matte) -> None:
    """A row of features, pixel by pixel, becomes one run for each channel."""
    for x in range(width):
        for k in range(U16):
            planes[k * width + x] = features[start + U16 * x + k]


@part
def _widen(narrow: Matte, wide: Matte, start: Any) -> None:
    """Twice as wide, bilinear."""
    for k in range(U16):
        source, target = k * HALF, start + k * ROW
        wide[target], wide[target + ROW - U1] = narrow[source], narrow[source + HALF - U1]
        for x in range(HALF - U1):
            left, more = narrow[source + x], narrow[source + x + U1] - narrow[source + x]
            wide[target + U1 + U2 * x], wide[target + U2 + U2 * x] = left + QUARTER * more, left + MOST * more


@part
def _add(wide: Matte, upper: Any, lower: Any, down: Any, own: Matte, shares: Matte, added: Matte) -> None:
    for k in range(U16):
        share = shares[k]
        for x in range(k * ROW, k * ROW + ROW):
            added[x] = wide[upper + x] + down * (wide[lower + x] - wide[upper + x]) + share * own[x]


@part
def _mix(planes: Matte, weights: Matte, at: Any, bias: Any, result: Matte, start: Any) -> None:
    """One output's weighted sum of all channels; in two halves, so that the weights stay in registers."""
    _add_eight(planes, U0, weights, at, bias, True, result, start)
    _add_eight(planes, U8 * ROW, weights, at + U8, ZERO, False, result, start)


@part
def _add_eight(
    planes: Matte, first: Any, weights: Matte, at: Any, bias: Any, is_first: bool, result: Matte, start: Any
) -> None:
    a, b, c, d = weights[at], weights[at + U1], weights[at + U2], weights[at + U3]
    e, f, g, h = weights[at + U4], weights[at + U5], weights[at + U6], weights[at + U7]
    for x in range(ROW):
        near, total = first + x, bias if is_first else result[start + x]
        total += a * planes[near] + b * planes[near + ROW_1] + c * planes[near + ROW_2] + d * planes[near + ROW_3]
        near += ROW_4
        total += e * planes[near] + f * planes[near + ROW_1] + g * planes[near + ROW_2] + h * planes[near + ROW_3]
        result[start + x] = total


@part
def _spread(mixed: Matte, above: Any, middle: Any, below: Any, weights: Matte, k: Any, result: Matte) -> None:
    """What one channel says about the pixels beside it, added to its own."""
    at, bias = U9 * k, weights[U9 * U16 + k]
    a, b, c, d, e = weights[at], weights[at + U1], weights[at + U2], weights[at + U3], weights[at + U4]
    f, g, h, i = weights[at + U5], weights[at + U6], weights[at + U7], weights[at + U8]
    for x in range(ROW):
        near = bias + a * mixed[above + x] + b * mixed[above + x + U1] + c * mixed[above + x + U2]
        near += d * mixed[middle + x] + e * mixed[middle + x + U1] + f * mixed[middle + x + U2]
        near += g * mixed[below + x] + h * mixed[below + x + U1] + i * mixed[below + x + U2]
        result[k * ROW + x] = mixed[middle + x + U1] + max(near, ZERO)


@part
def _lay_out(sums: Matte, start: Any, result: Matte) -> None:
    """2 x 2 pixels of alpha for each of a row."""
    lower = start + ROW_2
    for x in range(ROW):
        result[start + U2 * x], result[start + U2 * x + U1] = sums[x], sums[ROW_1 + x]
        result[lower + U2 * x], result[lower + U2 * x + U1] = sums[ROW_2 + x], sums[ROW_3 + x]
