"""The last layer of the light engine's networks, and the sigmoid after it, as a compiled loop (why: graph.py).

A transposed convolution: it makes 2 x 2 pixels of the 16 channels of each. Any thread.
"""

from __future__ import annotations

import numpy as np

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, NUMBER, kernel
from livebg.core.types import Matte

CHANNELS, OUTPUTS, WIDTH = 16, 4, 128  # of both networks; the width of what the layer takes, px
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U1, U2, U3, U4, U16, ROW = (np.uintp(each) for each in (1, 2, 3, 4, CHANNELS, WIDTH))


def prepare() -> None:
    """Loads or compiles the loop now, so that the first frame does not wait for it."""
    enlarge.prepare()


class LastLayer:
    def __init__(self, weights: Matte, bias: Matte) -> None:
        """weights: float32 (64,), for each of 2 x 2 pixels its 16 channels; bias: (1,). Raises ValueError."""
        self._weights = -np.ascontiguousarray(weights.reshape(OUTPUTS, CHANNELS).T).reshape(-1)
        (self._bias,) = -bias

    def confidence(self, features: Matte) -> Matte:
        """float32 (2 h, 2 WIDTH) in 0..1, from features float32 (h, WIDTH, 16). NaN stays NaN."""
        height, width, _ = features.shape
        result = np.empty((2 * height, 2 * width), np.float32)
        enlarge(features.reshape(-1), self._weights, self._bias, result.reshape(-1))
        with np.errstate(over="ignore"):  # 1 / (1 + inf) is 0
            np.exp(result, out=result)
        result += 1
        return np.reciprocal(result, out=result)


def _enlarge(features: Matte, weights: Matte, bias: float, result: Matte) -> None:
    products = np.einsum("yxk,kdc->ydxc", features.reshape(-1, WIDTH, CHANNELS), weights.reshape(CHANNELS, 2, 2))
    np.add(products.reshape(-1), bias, out=result)


@kernel(FLOATS_IN, FLOATS_IN, NUMBER, FLOATS_OUT, plain=_enlarge)
def enlarge(features: Matte, weights: Matte, bias: float, result: Matte) -> None:
    """features: float32 (16·h·WIDTH,); weights: float32 (64,), by channels; result: float32 (4·h·WIDTH,)."""
    planes, sums = np.empty(U16 * ROW, np.float32), np.empty(U4 * ROW, np.float32)
    for y in range(np.uintp(features.size) // (U16 * ROW)):
        start, upper, lower = U16 * y * ROW, U4 * y * ROW, U4 * y * ROW + U2 * ROW
        for x in range(ROW):  # channel by channel: what follows becomes vector instructions
            for k in range(U16):
                planes[k * ROW + x] = features[start + U16 * x + k]
        for each in range(U4):
            for x in range(ROW):
                total = bias
                for k in range(U16):
                    total += planes[k * ROW + x] * weights[U4 * k + each]
                sums[each * ROW + x] = total
        for x in range(ROW):
            result[upper + U2 * x], result[upper + U2 * x + U1] = sums[x], sums[ROW + x]
            result[lower + U2 * x], result[lower + U2 * x + U1] = sums[U2 * ROW + x], sums[U3 * ROW + x]
