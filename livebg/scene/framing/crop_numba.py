"""Enlarges a part of a picture and of its matte to the whole size: bilinear, exact to a fraction of a pixel.

cv2.warpAffine does the same and takes several times as long (tests/bench/framing.py). cv2.resize begins at whole
pixels, so that a slow pan jitters. Main thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, FLOATS_OUT, PLACES_IN, SHORTS_IN, SHORTS_OUT, Places, kernel
from livebg.core.types import Image, Matte

Shorts = NDArray[np.uint16]

ACROSS, DOWN = 128, 1 << 15  # steps of a share along a row, and from row to row: sums fit 16 bits with their sign
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
FULL, LANE, TWO_LANES = np.uint64(ACROSS), np.uint64(16), np.uint64(32)
BITS, LEVEL, HALF = np.int32(16), np.uint16(7), np.int16(ACROSS // 2)
U0, U1, U2, U3 = (np.uintp(each) for each in range(4))


def prepare() -> None:
    """Compiles the loops now, so that the first frame does not wait for them."""
    enlarge_image.prepare()
    enlarge_matte.prepare()


def crop(image: Image, alpha: Matte, left: float, top: float, size: float) -> tuple[Image, Matte]:
    """BGR uint8 (H, W, 3) and float32 (H, W) in 0..1, of the same sizes again; the inputs if a side is below 2 px.

    left, top, size: 0..1 of the picture's sides, left + size and top + size at most 1; size is that of both sides.
    """
    height, width = alpha.shape
    if min(height, width) < 2:
        return image, alpha
    rows, row_shares = _neighbours(height, top, size)
    columns, column_shares = _neighbours(width, left, size)
    steps = (row_shares * (DOWN - 1)).astype(np.uint16), np.rint(column_shares * ACROSS).astype(np.uint16)
    picture, matte = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.float32)
    source = np.ascontiguousarray(image).reshape(-1)
    enlarge_image(source, rows, steps[0], columns, steps[1], np.empty(6 * width, np.uint16), picture.reshape(-1))
    shares = np.ascontiguousarray(alpha).reshape(-1)
    enlarge_matte(shares, rows, row_shares, columns, column_shares, np.empty(2 * width, np.float32), matte.reshape(-1))
    return picture, matte


def _neighbours(full: int, start: float, size: float) -> tuple[Places, Matte]:
    """For each of `full` output pixels: the last source pixel whose centre is not beyond its own; the way to the next.

    Positions beyond the border's centres count as the border, so that no loop reads outside the picture.
    """
    centres = (np.arange(full) + 0.5) * size + start * full - 0.5
    before = np.floor(centres).clip(0, full - 2)
    return before.astype(np.uintp), (centres - before).clip(0, 1).astype(np.float32)


@kernel(BYTES_IN, PLACES_IN, SHORTS_IN, PLACES_IN, SHORTS_IN, SHORTS_OUT, BYTES_OUT)
def enlarge_image(
    image: Image, rows: Places, downs: Shorts, columns: Places, acrosses: Shorts, lines: Shorts, result: Image
) -> None:
    """image, result: uint8 (3·H·W,). rows, columns: the pixel before each of H and W; downs, acrosses: the way to the
    next, in steps. lines: scratch of 6·W, which holds two lines at full width for the rows between them. Along a row
    one number holds the three colours side by side, 16 bits each, so that one product serves all.
    """
    width = np.uintp(columns.size)
    pixels = np.empty(width, np.uint64)
    ready = U0
    for y in range(np.uintp(rows.size)):
        for row in range(max(ready, rows[y]), rows[y] + U2):
            line = lines[row % U2 * U3 * width : (row % U2 + U1) * U3 * width]
            source = image[row * U3 * width : (row + U1) * U3 * width]
            for x in range(width):
                pixels[x] = (
                    np.uint64(source[U3 * x])
                    | np.uint64(source[U3 * x + U1]) << LANE
                    | np.uint64(source[U3 * x + U2]) << TWO_LANES
                )
            for x in range(width):
                share = np.uint64(acrosses[x])
                mixed = pixels[columns[x]] * (FULL - share) + pixels[columns[x] + U1] * share
                line[U3 * x] = np.uint16(mixed)
                line[U3 * x + U1] = np.uint16(mixed >> LANE)
                line[U3 * x + U2] = np.uint16(mixed >> TWO_LANES)
        ready = rows[y] + U2
        upper = lines[rows[y] % U2 * U3 * width : (rows[y] % U2 + U1) * U3 * width]
        lower = lines[(rows[y] + U1) % U2 * U3 * width : ((rows[y] + U1) % U2 + U1) * U3 * width]
        target = result[y * U3 * width : (y + U1) * U3 * width]
        down = np.int32(downs[y])
        for byte in range(target.size):
            change = np.int32(np.int16(lower[byte] - upper[byte]))
            half = np.int16(change * down >> BITS)  # of the way, since `down` has one bit less than 16 bits hold
            target[byte] = np.uint8(np.uint16(np.int16(upper[byte]) + half + half + HALF) >> LEVEL)


@kernel(FLOATS_IN, PLACES_IN, FLOATS_IN, PLACES_IN, FLOATS_IN, FLOATS_OUT, FLOATS_OUT)
def enlarge_matte(
    alpha: Matte, rows: Places, downs: Matte, columns: Places, acrosses: Matte, lines: Matte, result: Matte
) -> None:
    """As enlarge_image, of one plane: alpha, result float32 (H·W,), shares 0..1, lines: scratch of 2·W."""
    width = np.uintp(columns.size)
    ready = U0
    for y in range(np.uintp(rows.size)):
        for row in range(max(ready, rows[y]), rows[y] + U2):
            line = lines[row % U2 * width : (row % U2 + U1) * width]
            source = alpha[row * width : (row + U1) * width]
            for x in range(width):
                level = source[columns[x]]
                line[x] = level + acrosses[x] * (source[columns[x] + U1] - level)
        ready = rows[y] + U2
        upper = lines[rows[y] % U2 * width : (rows[y] % U2 + U1) * width]
        lower = lines[(rows[y] + U1) % U2 * width : ((rows[y] + U1) % U2 + U1) * width]
        target = result[y * width : (y + U1) * width]
        for x in range(target.size):
            target[x] = upper[x] + downs[y] * (lower[x] - upper[x])
