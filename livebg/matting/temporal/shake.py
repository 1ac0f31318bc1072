"""Camera shake: how far the whole picture has moved since the frame before (a camera that is knocked, or on a lap).

The shift that explains most of the change, by least squares of brightness gradients (Lucas and Kanade 1981), found in
each of some blocks and believed only where nearly all of these agree. Where the background moves behind a person, or
the person before the background, it is 0. Any thread.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_OUT, NUMBER, SIZE, kernel, part
from livebg.core.types import Image, Matte

CameraShift = tuple[float, float]  # px to the right and down

NO_SHIFT: CameraShift = (0.0, 0.0)
ACROSS, DOWN = 8, 5  # blocks
SUMS = 5  # per block: of slopes squared, across and down; of their product; of each times the change
WEAK = 0.28  # squared levels per pixel: a block whose weaker direction has less is not used
FEWEST = 6  # blocks with texture
AGREED = 0.85  # of these: less is somebody who moves, not the camera (tests/bench/shaken.py)
NEAR_PX, NEAR_SHARE = 0.06, 0.25  # a block agrees within so much, and so much of the shift
LEAST_PX = 0.02  # less counts as none: the edge filter follows what is so slow
ROUNDS = 4  # how often the blocks that do not agree are left out
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
QUARTER, ZERO = np.float32(0.25), np.float32(0)
U0, U1, U2, U3, U4 = (np.uintp(each) for each in range(5))
SIDE, TALL = np.uintp(ACROSS), np.uintp(DOWN)


def prepare() -> None:
    """Compile the loop now, so that the first frame does not wait for it."""
    sum_slopes.prepare()


def shift_between(luma: Image, last: Image) -> CameraShift:
    """How far the picture of `last` lies elsewhere in `luma`, px to the right and down; both uint8 (h, w).

    Up to about 2 px.
    """
    width = luma.shape[1]
    lines, sums = np.empty((SUMS + 3) * width, np.float32), np.empty(SUMS * ACROSS * DOWN, np.float32)
    gain = (cv2.mean(luma)[0] + 1) / (cv2.mean(last)[0] + 1)  # a change of exposure is no shift
    sum_slopes(luma.reshape(-1), last.reshape(-1), width, gain, lines, sums)
    return _agreed(sums.reshape(SUMS, -1).astype(np.float64), WEAK * luma.size / (2 * ACROSS * DOWN))


def _agreed(sums: NDArray[np.float64], weak: float) -> CameraShift:
    """The shift on which nearly all blocks agree; each block is a column of `sums`."""
    across, down, both, *_ = sums
    weaker = (across + down) / 2 - np.hypot((across - down) / 2, both)
    telling = sums[:, weaker > weak]
    if telling.shape[1] < FEWEST:
        return NO_SHIFT
    agreeing = telling
    for _ in range(ROUNDS):
        x, y = _solved(*agreeing.sum(axis=1).tolist())
        if math.hypot(x, y) < LEAST_PX:
            return NO_SHIFT
        own_x, own_y = _solved(*telling)
        is_near = np.hypot(own_x - x, own_y - y) < NEAR_PX + NEAR_SHARE * math.hypot(x, y)
        agreeing = telling[:, is_near]
        if agreeing.shape[1] < AGREED * telling.shape[1] / 2:
            return NO_SHIFT
    return (x, y) if agreeing.shape[1] >= AGREED * telling.shape[1] else NO_SHIFT


def _solved(across: Any, down: Any, both: Any, change_across: Any, change_down: Any) -> tuple[Any, Any]:
    """The shift of one block, or of each: numbers, or arrays of them."""
    scale = across * down - both * both
    return (both * change_down - down * change_across) / scale, (both * change_across - across * change_down) / scale


@kernel(BYTES_IN, BYTES_IN, SIZE, NUMBER, FLOATS_OUT, FLOATS_OUT)
def sum_slopes(luma: Image, last: Image, width: int, gain: float, lines: Matte, sums: Matte) -> None:
    """Writes SUMS planes of DOWN x ACROSS blocks into `sums`, float32, from every second row.

    luma, last: uint8 (h·w,), rows of `width`. Slopes are those of the mean of both, with `last` made as bright as luma
    by `gain`. lines: (SUMS + 3)·w, scratch.
    """
    height = np.uintp(luma.size) // width
    rights, downs, changes = (np.uintp(SUMS) * width, np.uintp(SUMS + 1) * width, np.uintp(SUMS + 2) * width)
    for block in range(TALL):
        for x in range(lines.size):
            lines[x] = ZERO
        for y in range(max(block * height // TALL, U1), min((block + U1) * height // TALL, height - U1), U2):
            row = y * width
            above, below = row - width, row + width
            for x in range(U1, width - U1):
                slope = np.float32(luma[row + x + U1]) - np.float32(luma[row + x - U1])
                lines[rights + x] = slope + gain * (np.float32(last[row + x + U1]) - np.float32(last[row + x - U1]))
            for x in range(U1, width - U1):
                slope = np.float32(luma[below + x]) - np.float32(luma[above + x])
                lines[downs + x] = slope + gain * (np.float32(last[below + x]) - np.float32(last[above + x]))
            for x in range(U1, width - U1):
                lines[changes + x] = np.float32(luma[row + x]) - gain * np.float32(last[row + x])
            _add(lines, U0, rights, rights, width)
            _add(lines, U1, downs, downs, width)
            _add(lines, U2, rights, downs, width)
            _add(lines, U3, rights, changes, width)
            _add(lines, U4, downs, changes, width)
        for plane in range(np.uintp(SUMS)):
            scale = QUARTER * QUARTER if plane < U3 else QUARTER  # slopes are over two pixels of two pictures
            for part_across in range(SIDE):
                total = ZERO
                for x in range(part_across * width // SIDE, (part_across + U1) * width // SIDE):
                    total += lines[plane * width + x]
                sums[(plane * TALL + block) * SIDE + part_across] = total * scale


@part
def _add(lines: Matte, plane: Any, first: Any, second: Any, width: Any) -> None:
    target = plane * width
    for x in range(width):
        lines[target + x] += lines[first + x] * lines[second + x]
