"""The loop that makes a composite straight in 4:2:0, compiled: the same samples as over_numba.compose, then
yuv_numba.from_bgr.

Most of a picture is wholly background or wholly person: there the samples of both are copied as they are. BGR is made
only of the blocks between, a few lines at a time, so that it stays in the processor's cache. Any thread.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import (
    BYTES_IN,
    BYTES_OUT,
    FLOATS_IN,
    FLOATS_OUT,
    INTEGERS_IN,
    SIZE,
    Bits,
    Place,
    Places,
    kernel,
    part,
)
from livebg.core.types import Image, Matte
from livebg.media.video.yuv_numba import convert_pair, keep_pair
from livebg.scene.compositing.foreground_spans import Spans
from livebg.scene.compositing.over_numba import (
    BLOCK,
    CHUNK,
    HINTS,
    ONE_BITS,
    SCRATCH,
    ZERO_BITS,
    find_spans,
    paint,
)

WIDEST = int(CHUNK // 2)  # px: of a picture whose pair of lines is no more than a chunk
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U0, U1, U2, U3, U4 = (np.uintp(each) for each in range(5))
HALF_BLOCK = np.uintp(BLOCK // U2)
BACKGROUND, PERSON, MIXED = np.uint8(0), np.uint8(1), np.uint8(2)  # kinds of a block

OWN_SCRATCH = (BYTES_OUT, FLOATS_OUT)


def own_scratch(height: int, width: int) -> tuple[NDArray[Any], ...]:
    """compose_planes' own scratch, uint8 and float32: a BGR picture, of which it uses mixed blocks only, and lines."""
    return np.empty(3 * height * width, np.uint8), np.empty(6 * (int(BLOCK) + 1), np.float32)


@kernel(BYTES_IN, INTEGERS_IN, BYTES_IN, BYTES_IN, BYTES_IN, SIZE, FLOATS_IN, BYTES_OUT, *OWN_SCRATCH, *SCRATCH, *HINTS)
def compose_planes(
    image: Image,
    bits: Bits,
    samples: Image,
    background: Image,
    backdrop: Image,
    width: int,
    factors: Matte,
    result: Image,
    picture: Image,
    numbers: Matte,
    spans: Spans,
    person: Image,
    shares: Matte,
    share_bits: Bits,
    lines: Matte,
    made: Spans,
    columns: Places,
    column_shares: Matte,
    rows: Places,
    row_shares: Matte,
    colours: Matte,
    plate: Image,
    tones: Image,
    light: Matte,
) -> None:
    """result: I420 uint8 (1.5·H·W,), both sides even, W from BLOCK to WIDEST.

    samples: the image as decoded, backdrop: the background, both as the result; backdrop may be empty: then it is made
    here, of what of the background shows. factors: of yuv_numba.writing(). image, bits, background: (3·H·W,), (H·W,);
    they and the rest: as in over_numba.compose.
    """
    is_changed = tones.size > 0 or light.size > 0
    scratch, places = (spans, person, shares, share_bits, lines, made), (columns, column_shares, rows, row_shares)
    height, blocks = np.uintp(bits.size) // width, (width + BLOCK - U1) // BLOCK
    luma, quarter = result[: height * width], height * width // U4
    first, second = result[height * width : height * width + quarter], result[height * width + quarter :]
    kinds, marks = np.empty(CHUNK // BLOCK, np.uint8), np.empty(BLOCK, np.uint8)
    step = U2 * (CHUNK // (U2 * BLOCK * blocks))  # lines
    for top in range(U0, height, step):
        bottom, used, each = min(top + step, height), U0, U0
        for y in range(top, bottom, U2):
            for block in range(blocks):
                at = y * width + min(block * BLOCK, width - BLOCK)  # the last one may lie over the one before it
                kinds[each] = _kind(bits, at, at + width, is_changed)
                if kinds[each] == MIXED:
                    for start in range(at, at + U2 * width, width):
                        for byte in range(U3 * BLOCK):
                            picture[U3 * start + byte] = background[U3 * start + byte]
                        used = find_spans(image, bits, start, is_changed, share_bits, picture, spans, used)
                each += U1
        paint(image, bits, used, background, False, picture, scratch, places, colours, plate, tones, light)
        each = U0
        for y in range(top, bottom, U2):
            for block in range(blocks):
                x = min(block * BLOCK, width - BLOCK)
                at, half = y * width + x, y // U2 * (width // U2) + x // U2
                ours = (at, at + width, half)
                if kinds[each] == PERSON:
                    _copy(samples, at, width, half, result)
                elif kinds[each] == MIXED:
                    theirs = (at, at + width, height * width + half, height * width + quarter + half)
                    convert_pair(picture, at, at + width, BLOCK, factors, numbers, luma, first, second, ours)
                    keep_pair(picture, image, bits, samples, theirs, BLOCK, marks, luma, first, second, ours)
                elif backdrop.size > 0:
                    _copy(backdrop, at, width, half, result)
                else:
                    convert_pair(background, at, at + width, BLOCK, factors, numbers, luma, first, second, ours)
                each += U1


@part
def _kind(bits: Bits, upper: Place, lower: Place, is_changed: bool) -> Any:
    """Of a block of two lines. Only what is exactly 0 or 1 is background or person here; a changed person is mixed."""
    from_zero = from_one = ZERO_BITS  # bits that differ
    for pixel in range(BLOCK):
        from_zero = np.int32(from_zero | bits[upper + pixel] | bits[lower + pixel])
        from_one = np.int32(from_one | (bits[upper + pixel] ^ ONE_BITS) | (bits[lower + pixel] ^ ONE_BITS))
    if from_zero == ZERO_BITS:
        return BACKGROUND
    return PERSON if from_one == ZERO_BITS and not is_changed else MIXED


@part
def _copy(source: Image, at: Place, width: Place, half: Place, result: Image) -> None:
    """All samples of a block, from one I420 picture to another; half: where its chroma begins."""
    for x in range(BLOCK):
        result[at + x] = source[at + x]
    for x in range(BLOCK):
        result[at + width + x] = source[at + width + x]
    size = np.uintp(result.size) // U3
    for x in range(HALF_BLOCK):
        result[U2 * size + half + x] = source[U2 * size + half + x]
    for x in range(HALF_BLOCK):
        result[U2 * size + size // U2 + half + x] = source[U2 * size + size // U2 + half + x]
