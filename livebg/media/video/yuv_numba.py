"""Compiled conversions between a film's 4:2:0 samples and BGR, in a quarter of the time that FFmpeg's exact ones take.

Colours by ITU-T H.273. Read as FFmpeg reads: chroma lies at the left of each pair of pixels, between two lines, and is
interpolated. Written as it writes: chroma is the mean of 2x2 pixels. Any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import (
    BYTES_IN,
    BYTES_OUT,
    FLOATS_IN,
    FLOATS_OUT,
    INTEGERS_IN,
    PLACES_IN,
    Bits,
    Place,
    kernel,
    part,
)
from livebg.core.types import HIGHEST_ALPHA, Image, Matte

Sizes = NDArray[np.uintp]

# Shares of red and blue in luma, by H.273's number of the matrix; without one it counts as BT.601.
LUMA: Mapping[int, tuple[float, float]] = {
    1: (0.2126, 0.0722), 2: (0.299, 0.114), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}  # fmt: skip
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U0, U1, U2, U3, U4, U6 = (np.uintp(each) for each in (0, 1, 2, 3, 4, 6))
ZERO, HALF, MOST, THREE, CENTRE = (np.float32(each) for each in (0, 0.5, 255, 3, 8 * 128))
NO_SOURCE = np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.uint8)  # from_bgr's source, bits, samples
SURE, NUMBERS_END = HIGHEST_ALPHA.view(np.int32), np.float32(np.inf).view(np.int32)


def prepare() -> None:
    """Compiles the loops now, so that the first frame does not wait for them."""
    to_bgr.prepare()
    from_bgr.prepare()


@lru_cache(maxsize=8)
def reading(matrix: int, is_full_range: bool) -> Matte:
    """Of to_bgr: luma's factor and offset; chroma's factors / 8 for blue, green, green and red. float32 (6,)."""
    red, blue = LUMA[matrix]
    green, luma, chroma, black = 1 - red - blue, *((1.0, 1.0, 0.0) if is_full_range else (255 / 219, 255 / 224, 16.0))
    to_blue, to_red = 2 * (1 - blue) * chroma / 8, 2 * (1 - red) * chroma / 8
    offset = 0.5 - black * luma
    return np.array([luma, offset, to_blue, -to_blue * blue / green, -to_red * red / green, to_red], np.float32)


@lru_cache(maxsize=8)
def writing(matrix: int, is_full_range: bool) -> Matte:
    """Of from_bgr: the factors of blue, green and red, then an offset, for luma; the same for the sum of four pixels,
    for both chromas. float32 (12,)."""
    red, blue = LUMA[matrix]
    green, luma, chroma, black = 1 - red - blue, *((1.0, 1.0, 0.0) if is_full_range else (219 / 255, 224 / 255, 16.0))
    first, second = chroma / 8 / (1 - blue), chroma / 8 / (1 - red)
    factors = (
        *(blue * luma, green * luma, red * luma, black + 0.5),
        *((1 - blue) * first, -green * first, -red * first, 128.5),
        *(-blue * second, -green * second, (1 - red) * second, 128.5),
    )
    return np.array(factors, np.float32)


@kernel(BYTES_IN, BYTES_IN, BYTES_IN, PLACES_IN, FLOATS_IN, FLOATS_OUT, BYTES_OUT, BYTES_OUT)
def to_bgr(
    luma: Image, first: Image, second: Image, sizes: Sizes, factors: Matte, lines: Matte, row: Image, result: Image
) -> None:
    """Writes BGR, uint8 (3·H·W,), into `result`. luma, first, second: uint8 (n,), the decoded planes.

    sizes: H and W, both even, then how many bytes a line of luma and one of chroma has. factors: of reading().
    Scratch: lines 2·(W + 2) + 2·W, row 3·W.
    """
    height, width, stride, half_stride = sizes[U0], sizes[U1], sizes[U2], sizes[U3]
    half, bottom = width // U2, height // U2 - U1
    beside, wide = half + U1, U2 * (half + U1)
    for y in range(height):
        near = y // U2
        far = min(near + U1, bottom) if y % U2 else near - min(near, U1)
        near, far = near * half_stride, far * half_stride
        for x in range(half):
            lines[x] = THREE * np.float32(first[near + x]) + np.float32(first[far + x])
        for x in range(half):
            lines[beside + x] = THREE * np.float32(second[near + x]) + np.float32(second[far + x])
        lines[half], lines[beside + half] = lines[half - U1], lines[beside + half - U1]
        for x in range(half):
            lines[wide + U2 * x], lines[wide + U2 * x + U1] = lines[x] + lines[x], lines[x] + lines[x + U1]
        for x in range(half):
            here = beside + x
            lines[wide + width + U2 * x] = lines[here] + lines[here]
            lines[wide + width + U2 * x + U1] = lines[here] + lines[here + U1]
        for x in range(width):
            grey = factors[U0] * np.float32(luma[y * stride + x]) + factors[U1]
            one, other = lines[wide + x] - CENTRE, lines[wide + width + x] - CENTRE
            row[x] = _level(grey + factors[U2] * one)
            row[width + x] = _level(grey + factors[U3] * one + factors[U4] * other)
            row[U2 * width + x] = _level(grey + factors[U4 + U1] * other)
        start = U3 * y * width
        for x in range(width):
            result[start + U3 * x] = row[x]
            result[start + U3 * x + U1] = row[width + x]
            result[start + U3 * x + U2] = row[U2 * width + x]


@part
def _level(value: Any) -> Any:
    return np.uint8(np.int32(min(max(value, ZERO), MOST)))


@kernel(BYTES_IN, PLACES_IN, FLOATS_IN, FLOATS_OUT, BYTES_OUT, BYTES_OUT, BYTES_OUT, BYTES_IN, INTEGERS_IN, BYTES_IN)
def from_bgr(
    picture: Image,
    sizes: Sizes,
    factors: Matte,
    lines: Matte,
    luma: Image,
    first: Image,
    second: Image,
    source: Image,
    bits: Bits,
    samples: Image,
) -> None:
    """Writes the planes of a picture, BGR uint8 (3·H·W,), into luma, first and second, uint8 (n,).

    Takes the source's own samples, I420 uint8 (1.5·H·W,), for 2x2 pixels that are the same in picture and source, BGR
    uint8 (3·H·W,), and whose alpha rounds to 1; bits: int32 (H·W,), the memory of a float32 alpha. All three are empty
    where there is no such source; else H and W are even. sizes, factors: as in to_bgr, of writing(). Scratch: lines
    6·(W + 1).
    """
    height, width, stride, half_stride = sizes[U0], sizes[U1], sizes[U2], sizes[U3]
    half, marks = (width + U1) // U2, np.empty(width, np.uint8)
    for row in range((height + U1) // U2):
        upper, lower = U2 * row, min(U2 * row + U1, height - U1)
        ours = upper * stride, lower * stride, row * half_stride
        convert_pair(picture, upper * width, lower * width, width, factors, lines, luma, first, second, ours)
        if source.size:
            theirs = height * width + row * half
            theirs = upper * width, lower * width, theirs, theirs + (height // U2) * half
            keep_pair(picture, source, bits, samples, theirs, width, marks, luma, first, second, ours)


@part
def convert_pair(
    picture: Image,
    upper: Place,
    lower: Place,
    width: Place,
    factors: Matte,
    lines: Matte,
    luma: Image,
    first: Image,
    second: Image,
    ours: tuple[Place, Place, Place],
) -> None:
    """Writes the samples of `width` pixels of two lines, from the pixels upper and lower of a BGR picture on.

    ours: where they begin, in luma for either line and in both chromas. lines: scratch, 6·(width + 1).
    """
    half, line = (width + U1) // U2, width + U1
    _one_line(picture, upper, width, factors, lines, luma, ours[0])
    for x in range(U3 * line):
        lines[U3 * line + x] = lines[x]
    _one_line(picture, lower, width, factors, lines, luma, ours[1])
    for x in range(U3 * line):
        lines[x] += lines[U3 * line + x]
    for x in range(half):
        blue, green = lines[U2 * x] + lines[U2 * x + U1], lines[line + U2 * x] + lines[line + U2 * x + U1]
        red = lines[U2 * line + U2 * x] + lines[U2 * line + U2 * x + U1]
        at, f = ours[2] + x, factors
        first[at] = np.uint8(np.int32(f[4] * blue + f[5] * green + f[6] * red + f[7]))
        second[at] = np.uint8(np.int32(f[8] * blue + f[9] * green + f[10] * red + f[11]))


@part
def _one_line(
    picture: Image, start: Place, width: Place, factors: Matte, lines: Matte, luma: Image, target: Place
) -> None:
    """Luma of one line, and its colours as numbers into the first half of `lines`; the last pixel repeats there."""
    start, line = U3 * start, width + U1
    for x in range(width):
        blue, green = np.float32(picture[start + U3 * x]), np.float32(picture[start + U3 * x + U1])
        red = np.float32(picture[start + U3 * x + U2])
        lines[x], lines[line + x], lines[U2 * line + x] = blue, green, red
        luma[target + x] = np.uint8(np.int32(factors[0] * blue + factors[1] * green + factors[2] * red + factors[3]))
    for plane in range(U3):
        lines[plane * line + width] = lines[plane * line + width - U1]


@part
def keep_pair(
    picture: Image,
    source: Image,
    bits: Bits,
    samples: Image,
    theirs: tuple[Place, Place, Place, Place],
    width: Place,
    marks: Image,
    luma: Image,
    first: Image,
    second: Image,
    ours: tuple[Place, Place, Place],
) -> None:
    """The source's samples for `width` pixels of two lines, an even number. Each loop goes along all of them, so that
    it becomes vector code.

    theirs: where they begin: the pixel in the upper and the lower line, and the samples of both chromas. ours: as in
    convert_pair(). marks: scratch, uint8 (width,).
    """
    half, found = width // U2, np.uint8(0)
    upper, lower = theirs[0], theirs[1]
    for x in range(width):
        least, most = min(bits[upper + x], bits[lower + x]), max(bits[upper + x], bits[lower + x])
        marks[x] = np.uint8((least > SURE) & (most < NUMBERS_END))
    for x in range(width):
        found |= marks[x]
    if found == np.uint8(0):
        return
    for x in range(width):
        above, below = U3 * (upper + x), U3 * (lower + x)
        differing = (picture[above] ^ source[above]) | (picture[below] ^ source[below])
        differing |= (picture[above + U1] ^ source[above + U1]) | (picture[below + U1] ^ source[below + U1])
        differing |= (picture[above + U2] ^ source[above + U2]) | (picture[below + U2] ^ source[below + U2])
        marks[x] = marks[x] & np.uint8(differing == 0)
    for x in range(half):
        both = marks[U2 * x] & marks[U2 * x + U1]
        marks[U2 * x], marks[U2 * x + U1] = both, both
    _take(samples, upper, marks, U1, luma, ours[0], width)
    _take(samples, lower, marks, U1, luma, ours[1], width)
    _take(samples, theirs[2], marks, U2, first, ours[2], half)
    _take(samples, theirs[3], marks, U2, second, ours[2], half)


@part
def _take(samples: Image, theirs: Place, marks: Image, step: Place, plane: Image, ours: Place, count: Place) -> None:
    """So many samples from one place on into a plane, where every step-th mark, 0 or 1, is set."""
    for x in range(count):
        kept, new = plane[ours + x], samples[theirs + x]
        plane[ours + x] = new if marks[step * x] else kept
