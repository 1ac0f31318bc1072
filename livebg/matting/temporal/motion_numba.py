"""The loops that tell motion from a picture's noise, compiled. Know nothing about frames or settings (stillness.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, SIZE, kernel, part
from livebg.core.types import Matte

Plane = NDArray[np.uint8]

REACH = 2  # px: motion is averaged over 5x5
BINS = 8  # per level: how exactly the median is found
SAMPLE = np.uintp(4)  # of so many pixels one is asked for the median
MOST = np.float32(255)
TAPS = np.float32(1 / (2 * REACH + 1) ** 2)
NOTHING, ALL = np.float32(0), np.float32(1)
ONE, TWO, THREE, FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)


@kernel(BYTES_IN, BYTES_IN, SIZE, FLOATS_IN, FLOATS_OUT, FLOATS_OUT)
def find_motion(plane: Plane, last: Plane, width: int, knobs: NDArray[Any], scratch: Matte, motion: Matte) -> Any:
    """The mean of |plane − gain · last − offset| in levels; motion: that of 5x5 px against the noise, float32 (h·w,).

    motion: in 0..1; plane, last: one channel of two pictures, uint8 (h·w,). knobs: gain and offset, least and most
    noise, noise per median, motion from and up to (both per noise). scratch: (h + 5)·(w + 4).
    """
    stride, height = width + FOUR, np.uintp(plane.size) // width
    gain, offset, total = knobs[0], knobs[1], NOTHING
    for y in range(height):
        start, target = y * width, y * stride + TWO
        for x in range(width):
            scratch[target + x] = abs(np.float32(plane[start + x]) - gain * np.float32(last[start + x]) - offset)
        for x in range(width):
            total += scratch[target + x]
        for x in range(TWO):
            scratch[target + x - TWO] = scratch[target]
            scratch[target + width + x] = scratch[target + width - ONE]
    noise = min(max(knobs[2], knobs[4] * _median(scratch, width, height)), knobs[3])
    low, slope = knobs[5] * noise, ALL / ((knobs[6] - knobs[5]) * noise)
    around = scratch[height * stride :]
    for y in range(height):
        for x in range(stride):
            around[x] = NOTHING
        for step in range(-REACH, REACH + 1):
            row: Any = min(max(np.intp(y) + step, 0), np.intp(height) - 1)
            begin = np.uintp(row) * stride
            for x in range(stride):
                around[x] += scratch[begin + x]
        for x in range(width):
            near = around[x] + around[x + ONE] + around[x + TWO] + around[x + THREE] + around[x + FOUR]
            motion[y * width + x] = min(max((near * TAPS - low) * slope, NOTHING), ALL)
    return total / np.float32(plane.size)


@part
def _median(changes: Matte, width: Any, height: Any) -> Any:
    """That of every SAMPLE-th pixel of a row, another one in each row; the lower end of its bin."""
    counts = np.zeros(256 * BINS + 1, np.int32)
    passed = 0
    for y in range(height):
        for x in range(min(y % SAMPLE, width - ONE), width, SAMPLE):
            change = changes[y * (width + FOUR) + TWO + x]
            counts[np.intp(min(change, MOST) * np.float32(BINS))] += 1
            passed += 1
    middle, each = passed // 2, 0
    passed = counts[0]
    while passed <= middle:
        each += 1
        passed += counts[each]
    return np.float32(each) / np.float32(BINS)
