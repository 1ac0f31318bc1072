"""The loop that makes a composite, compiled. Knows nothing about pictures' shapes: everything is one run of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.compiled import BYTES_IN, BYTES_OUT, FLAG, FLOATS_IN, FLOATS_OUT, INTEGERS_IN, kernel, part
from livebg.stages import Image, Matte

Bits = NDArray[np.int32]

LOWEST_ALPHA = np.float32(0.5 / 255)  # below it the foreground's share rounds to nothing in 8 bits
LOWEST_BITS = LOWEST_ALPHA.view(np.int32)  # floats from 0 up are ordered as their bits are, and those compare faster
HIGHEST_BITS = np.float32(1 - 0.5 / 255).view(np.int32)
BLOCK = (
    128  # px that are copied together: from 32 to 128 the copying gets 2.4 times faster (tests/bench/compositing.py)
)
BYTES = 3 * BLOCK
HALF, NOTHING, ALL = np.float32(0.5), np.float32(0), np.float32(1)


@kernel(BYTES_IN, FLOATS_IN, INTEGERS_IN, BYTES_IN, BYTES_OUT, FLOATS_OUT, FLAG)
def compose(
    image: Image, alpha: Matte, bits: Bits, background: Image, result: Image, shares: Matte, is_cut_out: bool
) -> None:
    """image, background, result: uint8 (3 n,); alpha: float32 (n,) in 0..1, bits: the same memory
    as int32. Blocks that need no blending are copied. shares: float32 (BYTES,), scratch.

    is_cut_out: nothing is blended: the image where alpha does not round to 0, else the background.
    """
    blocks = alpha.size // BLOCK
    for block in range(blocks):
        start = block * BLOCK
        over = image[3 * start : 3 * start + BYTES]
        under = background[3 * start : 3 * start + BYTES]
        target = result[3 * start : 3 * start + BYTES]
        block_bits = bits[start : start + BLOCK]
        low = high = np.int32(0)
        for pixel in range(BLOCK):
            low += (block_bits[pixel] - LOWEST_BITS) >> np.int32(31)
            high += (HIGHEST_BITS - block_bits[pixel]) >> np.int32(31)
        if low == -BLOCK:
            for byte in range(BYTES):
                target[byte] = under[byte]
        elif high == -BLOCK:
            for byte in range(BYTES):
                target[byte] = over[byte]
        else:
            _blend(over, alpha[start : start + BLOCK], under, target, shares, is_cut_out)
    start = blocks * BLOCK
    _blend(image[3 * start :], alpha[start:], background[3 * start :], result[3 * start :], shares, is_cut_out)


@part
def _blend(image: Image, alpha: Matte, background: Image, result: Image, shares: Matte, is_cut_out: bool) -> None:
    """Each pixel by its share, rounded: what alpha leaves below half a level comes out as an exact copy."""
    for pixel in range(alpha.size):
        share = alpha[pixel]
        if is_cut_out:
            share = ALL if share >= LOWEST_ALPHA else NOTHING
        shares[3 * pixel] = shares[3 * pixel + 1] = shares[3 * pixel + 2] = share
    for byte in range(result.size):
        under = np.float32(background[byte])
        mixed = under + shares[byte] * (np.float32(image[byte]) - under)
        result[byte] = np.uint8(np.int32(mixed + HALF))
