"""Area averaging of a whole picture, compiled: what cv2.INTER_AREA answers, within one level, in a sixth to a half of
its time (tests/bench/compositing.py).

Each picture row is weighed into a row of sums (one run of bytes, which the compiler makes SIMD of), and that row is
then weighed along itself. Knows nothing about frames; whichever thread asks.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, PLACES_IN, SIZE, kernel
from livebg.core.types import Image, Matte

Places = NDArray[np.uintp]


def prepare() -> None:
    """Compile the loop now, so that the first frame need not wait for it."""
    average.prepare()


def area_average(image: Image, width: int, height: int) -> Image:
    """BGR uint8 (H, W, 3) → (height, width, 3), each no larger than the picture's: the mean of what a pixel covers."""
    small = np.empty((height, width, 3), np.uint8)
    rows, columns = _shares(image.shape[0], height), _shares(image.shape[1], width)
    average(np.ascontiguousarray(image).reshape(-1), small.reshape(-1), 3 * image.shape[1], *rows, *columns)
    return small


@lru_cache(maxsize=16)
def _shares(large: int, small: int) -> tuple[Places, Places, Matte]:
    """For each of `small` pixels over `large`: the first it covers, how many, and their weights end to end."""
    edges = np.arange(small + 1) * large / small
    firsts = np.floor(edges[:-1] + 1e-9).astype(np.uintp)
    counts = (np.ceil(edges[1:] - 1e-9) - firsts).astype(np.uintp)
    places = [np.arange(first, first + count) for first, count in zip(firsts, counts, strict=True)]
    covered = [
        np.minimum(each + 1, high) - np.maximum(each, low)
        for each, low, high in zip(places, edges[:-1], edges[1:], strict=True)
    ]
    return firsts, counts, (np.concatenate(covered) * small / large).astype(np.float32)


@kernel(BYTES_IN, BYTES_OUT, SIZE, PLACES_IN, PLACES_IN, FLOATS_IN, PLACES_IN, PLACES_IN, FLOATS_IN)
def average(
    image: Image,
    small: Image,
    stride: int,
    row_firsts: Places,
    row_counts: Places,
    row_weights: Matte,
    firsts: Places,
    counts: Places,
    weights: Matte,
) -> None:
    """image, small: uint8 (n,); stride: bytes of an image row; the rest: _shares of rows and of columns."""
    sums = np.empty(stride, np.float32)
    used = np.uintp(0)
    out = np.uintp(0)
    for y in range(row_firsts.size):
        row = image[row_firsts[y] * stride : (row_firsts[y] + np.uintp(1)) * stride]
        weight = row_weights[used]
        for byte in range(stride):
            sums[byte] = weight * np.float32(row[byte])
        for k in range(np.uintp(1), row_counts[y]):
            row = image[(row_firsts[y] + k) * stride : (row_firsts[y] + k + np.uintp(1)) * stride]
            weight = row_weights[used + k]
            for byte in range(stride):
                sums[byte] += weight * np.float32(row[byte])
        used += row_counts[y]
        at = np.uintp(0)
        for x in range(firsts.size):
            blue = green = red = np.float32(0.5)
            place = np.uintp(3) * firsts[x]
            for k in range(counts[x]):
                share = weights[at + k]
                blue += share * sums[place]
                green += share * sums[place + np.uintp(1)]
                red += share * sums[place + np.uintp(2)]
                place += np.uintp(3)
            at += counts[x]
            small[out] = np.uint8(np.int32(blue))
            small[out + np.uintp(1)] = np.uint8(np.int32(green))
            small[out + np.uintp(2)] = np.uint8(np.int32(red))
            out += np.uintp(3)
