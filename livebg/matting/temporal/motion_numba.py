"""The compiled loop that separates motion from a picture's noise. motion.py calls it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, SIZE, kernel, part
from livebg.core.types import Matte

Plane = NDArray[np.uint8]

REACH = 2  # px: motion is averaged over 5x5
BINS = 8  # per level: how exactly the median is found
SAMPLE = np.uintp(4)  # the median uses one of so many pixels
MOST = np.float32(255)
TAPS = np.float32(1 / (2 * REACH + 1) ** 2)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE = np.float32(0), np.float32(1)
U1, U2, U3, U4 = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)


@kernel(BYTES_IN, BYTES_IN, SIZE, FLOATS_IN, FLOATS_OUT, FLOATS_OUT)
def find_motion(plane: Plane, last: Plane, width: int, parameters: NDArray[Any], scratch: Matte, motion: Matte) -> Any:
    """Writes the motion, float32 (h·w,) in 0..1, into `motion`.

    Returns the mean of |plane − gain · last − offset| in levels. Motion is the mean change of 5x5 px against the noise.
    plane, last: one channel of two pictures, uint8 (h·w,). parameters: float32 (7,): gain and offset; least and most
    noise; noise per median; motion from and up to (both per noise). scratch: (h + 5)·(w + 4).
    """
    stride, height = width + U4, np.uintp(plane.size) // width
    gain, offset, total = parameters[0], parameters[1], ZERO
    for y in range(height):
        start, target = y * width, y * stride + U2
        for x in range(width):
            scratch[target + x] = abs(np.float32(plane[start + x]) - gain * np.float32(last[start + x]) - offset)
        for x in range(width):
            total += scratch[target + x]
        for x in range(U2):
            scratch[target + x - U2] = scratch[target]
            scratch[target + width + x] = scratch[target + width - U1]
    noise = min(max(parameters[2], parameters[4] * _median(scratch, width, height)), parameters[3])
    low, slope = parameters[5] * noise, ONE / ((parameters[6] - parameters[5]) * noise)
    around = scratch[height * stride :]
    for y in range(height):
        for x in range(stride):
            around[x] = ZERO
        for step in range(-REACH, REACH + 1):
            row: Any = min(max(np.intp(y) + step, 0), np.intp(height) - 1)
            begin = np.uintp(row) * stride
            for x in range(stride):
                around[x] += scratch[begin + x]
        for x in range(width):
            near = around[x] + around[x + U1] + around[x + U2] + around[x + U3] + around[x + U4]
            motion[y * width + x] = min(max((near * TAPS - low) * slope, ZERO), ONE)
    return total / np.float32(plane.size)


@part
def _median(changes: Matte, width: Any, height: Any) -> Any:
    """The median of every SAMPLE-th pixel of each row, starting elsewhere in each row; the lower end of its bin."""
    counts = np.zeros(256 * BINS + 1, np.int32)
    passed = 0
    for y in range(height):
        for x in range(min(y % SAMPLE, width - U1), width, SAMPLE):
            change = changes[y * (width + U4) + U2 + x]
            counts[np.intp(min(change, MOST) * np.float32(BINS))] += 1
            passed += 1
    middle, each = passed // 2, 0
    passed = counts[0]
    while passed <= middle:
        each += 1
        passed += counts[each]
    return np.float32(each) / np.float32(BINS)
