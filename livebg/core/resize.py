"""Pictures at smaller sizes: a frame's, made once per frame and size however many steps ask, and which sizes those are.

area_average is what cv2.INTER_AREA answers, within one level, in a sixth to a half of its time
(tests/bench/compositing.py): each row is weighed into a row of sums (one run of bytes, which the compiler makes SIMD
of), and that row is then weighed along itself. Where a small pixel covers whole pixels only, as in frames of 720 lines,
the sums are whole numbers, twice as many to an instruction. Whichever thread asks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, PLACES_IN, SIZE, Places, kernel, part
from livebg.core.types import Frame, Image, Matte

MOST_PX = 257  # that a small pixel covers, for the sums to stay below 2**16
UP = np.float32(0.501)  # rounds to the nearest level, a half upwards: a mean of so few pixels is no nearer to one
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U0, U1, U2, U3, U6 = (np.uintp(each) for each in (0, 1, 2, 3, 6))


@dataclass(frozen=True, slots=True)
class SizeParams:
    """Of the two reduced sizes that steps work at, px."""

    small_area_px: int = 256 * 144  # of the small picture that most steps look at, whatever its shape
    grain_px: int = 8  # its sides are multiples of this
    longest: float = 4.0  # long side at most this many short sides; beyond it the small picture is squeezed
    work_long_px: int = 320  # of the work size: more gains nothing but costs (tests/bench/edges.py)
    work_area_px: int = 320 * 180
    fine: float = 2.0  # times the work size: from there on a matte shows the edge itself


SIZES = SizeParams()


def prepare() -> None:
    """Compiles the loops now, so that the first frame does not wait for them."""
    for each in (average, average_blocks, average_both):
        each.prepare()


def shrink(frame: Frame, width: int, height: int) -> Image:
    """BGR uint8 (height, width, 3), area-averaged, bilinear where either side is larger. Not to be written to.

    Two threads that ask at the same moment may both make it; they get equal pictures.
    """
    size = (width, height)
    if size == (frame.width, frame.height):
        return frame.image
    small = frame.shrunk.get(size)
    if small is None:
        if width <= frame.width and height <= frame.height:
            small = area_average(frame.image, width, height)
        else:
            small = np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        frame.shrunk[size] = small
    return small


def shrink_usual(frame: Frame) -> None:
    """Makes the pictures of small_size and work_size that the frame has not yet, where it can both in one reading."""
    height, width = frame.height, frame.width
    sizes = small_size(height, width), work_size(height, width)
    blocks = [_blocks_of(height, width, *size) for size in sizes]
    if all(blocks) and not any(size in frame.shrunk for size in sizes):
        pictures = [np.empty((high, wide, 3), np.uint8) for wide, high in sizes]
        flat = (picture.reshape(-1) for picture in pictures)
        average_both(np.ascontiguousarray(frame.image).reshape(-1), *flat, 3 * width, *blocks[0], *blocks[1])
        frame.shrunk.update(zip(sizes, pictures, strict=True))
    for size in sizes:
        shrink(frame, *size)


@lru_cache(maxsize=16)
def small_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) of the small picture of a frame of height x width, px: its shape with about small_area_px."""
    shape, grain, area = min(max(width / height, 1 / SIZES.longest), SIZES.longest), SIZES.grain_px, SIZES.small_area_px
    high = max(1, round(math.sqrt(area / shape) / grain)) * grain
    wide = max(1, round(math.sqrt(area * shape) / grain)) * grain
    return wide, high


@lru_cache(maxsize=16)
def work_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) at which a matte is worked on, px: the frame's shape, 320x180 for 16:9, never larger than it."""
    scale = min(1.0, SIZES.work_long_px / max(width, height), math.sqrt(SIZES.work_area_px / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def is_fine(matte: Matte, frame: Frame) -> bool:
    """Whether a small matte, float32 (h, w), shows more of this frame's edge than the steps at the work size can.

    The guided filter then costs more than it gives, and holding the edge still needs less (tests/bench/RESULTS.md).
    """
    return is_fine_width(matte.shape[1], frame.height, frame.width)


def is_fine_width(matte_width: int, height: int, width: int) -> bool:
    """is_fine() for a matte of this width, px, and a frame of height x width."""
    return matte_width >= min(width, SIZES.fine * work_size(height, width)[0])


def area_average(image: Image, width: int, height: int) -> Image:
    """BGR uint8 (H, W, 3) → (height, width, 3), each no larger than the picture's: the mean of what a pixel covers.

    The image may be a part of a larger one.
    """
    small, (high, wide) = np.empty((height, width, 3), np.uint8), image.shape[:2]
    if high > MOST_PX * height:
        return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    bytes_, stride = _run_of(image)
    if block := _blocks_of(high, wide, width, height):
        average_blocks(bytes_, small.reshape(-1), stride, 3 * wide, *block)
    else:
        average(bytes_, small.reshape(-1), stride, 3 * wide, *_shares(high, height), *_shares(wide, width))
    return small


def _blocks_of(high: int, wide: int, width: int, height: int) -> tuple[int, int] | tuple[()]:
    """How many rows and columns of a picture of high x wide px each pixel of one of width x height covers, where these
    are whole and few enough for average_blocks; else nothing."""
    down, across = high // height, wide // width
    is_whole = (down * height, across * width) == (high, wide)
    return (down, across) if is_whole and 0 < down * across <= MOST_PX else ()


def _run_of(image: Image) -> tuple[Image, int]:
    """The bytes from the first to the last pixel of an image, uint8 (n,), and how far apart its rows begin.

    A part of a larger image need not be copied for that.
    """
    if image.flags.c_contiguous:
        return image.reshape(-1), image.strides[0]
    if image.strides[1:] != (3, 1) or image.strides[0] < 3 * image.shape[1]:
        image = np.ascontiguousarray(image)
    stride = image.strides[0]
    size = stride * (image.shape[0] - 1) + 3 * image.shape[1]
    return np.lib.stride_tricks.as_strided(image, (size,), (1,), writeable=False), stride


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


def _average(image: Image, small: Image, stride: int, length: int, rows: int, columns: int) -> None:
    picture = np.lib.stride_tricks.as_strided(image, (rows, length // 3, 3), (stride, 3, 1), writeable=False)
    small[:] = cv2.resize(picture, (columns, small.size // (3 * columns)), interpolation=cv2.INTER_AREA).reshape(-1)


def _average_shares(image: Image, small: Image, stride: int, length: int, *shares: Places) -> None:
    row_firsts, row_counts, _, firsts, *_ = shares
    _average(image, small, stride, length, int(row_firsts[-1] + row_counts[-1]), firsts.size)


def _average_blocks(image: Image, small: Image, stride: int, length: int, down: int, across: int) -> None:
    columns = length // (3 * across)
    _average(image, small, stride, length, small.size // (3 * columns) * down, columns)


AXIS = (PLACES_IN, PLACES_IN, FLOATS_IN)


@kernel(BYTES_IN, BYTES_OUT, SIZE, SIZE, *AXIS, *AXIS, plain=_average_shares)
def average(
    image: Image,
    small: Image,
    stride: int,
    length: int,
    row_firsts: Places,
    row_counts: Places,
    row_weights: Matte,
    firsts: Places,
    counts: Places,
    weights: Matte,
) -> None:
    """image, small: uint8 (n,); stride: bytes from one image row to the next, `length` of them are the row's own; the
    rest: _shares of rows and of columns."""
    sums, whole = np.empty(length, np.float32), np.empty(length, np.uint16)
    used = out = U0
    for y in range(row_firsts.size):
        count, first = row_counts[y], row_firsts[y] * stride
        last, weight, last_weight = first + (count - U1) * stride, row_weights[used], row_weights[used + count - U1]
        if count > U2:  # all rows between the first and the last weigh the same
            inner = row_weights[used + U1]
            _sum_rows(image, first + stride, stride, count - U2, whole)
            for byte in range(length):
                ends = weight * np.float32(image[first + byte]) + last_weight * np.float32(image[last + byte])
                sums[byte] = ends + inner * np.float32(np.int32(whole[byte]))
        else:
            last_weight = last_weight if count == U2 else np.float32(0)
            for byte in range(length):
                ends = weight * np.float32(image[first + byte])
                sums[byte] = ends + last_weight * np.float32(image[last + byte])
        used += count
        at = U0
        for x in range(firsts.size):
            blue = green = red = np.float32(0.5)
            place = U3 * firsts[x]
            for k in range(counts[x]):
                share = weights[at + k]
                blue += share * sums[place]
                green += share * sums[place + U1]
                red += share * sums[place + U2]
                place += U3
            at += counts[x]
            small[out] = np.uint8(np.int32(blue))
            small[out + U1] = np.uint8(np.int32(green))
            small[out + U2] = np.uint8(np.int32(red))
            out += U3


@kernel(BYTES_IN, BYTES_OUT, SIZE, SIZE, SIZE, SIZE, plain=_average_blocks)
def average_blocks(image: Image, small: Image, stride: int, length: int, down: int, across: int) -> None:
    """The same where each small pixel covers down x across pixels."""
    width = U3 * (length // (U3 * across))
    sums, blocks, line = np.empty(length, np.uint16), np.empty(length, np.uint16), np.empty(width, np.uint16)
    for y in range(np.uintp(small.size) // width):
        _average_row(image, y * down * stride, stride, down, across, sums, blocks, line, small, y * width)


def _average_both(image: Image, small: Image, other: Image, length: int, *blocks: int) -> None:
    _average_blocks(image, small, length, length, *blocks[:2])
    _average_blocks(image, other, length, length, *blocks[2:])


@kernel(BYTES_IN, BYTES_OUT, BYTES_OUT, SIZE, SIZE, SIZE, SIZE, SIZE, plain=_average_both)
def average_both(
    image: Image, small: Image, other: Image, length: int, down: int, across: int, other_down: int, other_across: int
) -> None:
    """average_blocks for two pictures at once: some rows for the one and then for the other, from the cache.

    length: bytes of an image row; other_down, other_across: of `other`.
    """
    width, other_width = U3 * (length // (U3 * across)), U3 * (length // (U3 * other_across))
    sums, blocks = np.empty(length, np.uint16), np.empty(length, np.uint16)
    line = np.empty(max(width, other_width), np.uint16)
    first, second, rows = line[:width], line[:other_width], np.uintp(image.size) // length
    y = other_y = U0
    while y * down < rows or other_y * other_down < rows:
        if y * down <= other_y * other_down and y * down < rows:
            _average_row(image, y * down * length, length, down, across, sums, blocks, first, small, y * width)
            y += U1
        else:
            place, out = other_y * other_down * length, other_y * other_width
            _average_row(image, place, length, other_down, other_across, sums, blocks, second, other, out)
            other_y += U1


@part
def _average_row(
    image: Image,
    first: Any,
    stride: Any,
    down: Any,
    across: Any,
    sums: NDArray[np.uint16],
    blocks: NDArray[np.uint16],
    line: NDArray[np.uint16],
    small: Image,
    out: Any,
) -> None:
    """Writes one row of small pixels, from the byte `out` on, of `down` rows from the byte `first` on; the rest:
    scratch, `line` as long as the row."""
    own, share = np.uintp(sums.size) - U3 * (across - U1), np.float32(1) / np.float32(down * across)
    _sum_rows(image, first, stride, down, sums)
    for byte in range(own):  # from every pixel on, for vector instructions
        blocks[byte] = sums[byte]
    for k in range(U3, U3 * across - U3, U6):
        for byte in range(own):
            blocks[byte] = np.uint16(blocks[byte] + sums[byte + k] + sums[byte + k + U3])
    if across % U2 == U0:
        for byte in range(own):
            blocks[byte] = np.uint16(blocks[byte] + sums[byte + U3 * (across - U1)])
    for x in range(U0, np.uintp(line.size), U3):
        line[x], line[x + U1], line[x + U2] = blocks[x * across], blocks[x * across + U1], blocks[x * across + U2]
    for x in range(np.uintp(line.size)):
        small[out + x] = np.uint8(np.int32(np.float32(np.int32(line[x])) * share + UP))


@part
def _sum_rows(image: Image, first: Any, stride: Any, count: Any, sums: NDArray[np.uint16]) -> None:
    """Writes the sums of so many rows, from the byte `first` on; two at a time, as memory is slower than adding."""
    begun = first + stride
    for byte in range(np.uintp(sums.size)):
        sums[byte] = image[first + byte]
    if count % U2 == U0:
        begun += stride
        for byte in range(np.uintp(sums.size)):
            sums[byte] = np.uint16(sums[byte] + image[first + stride + byte])
    for row in range(begun, first + count * stride, U2 * stride):
        for byte in range(np.uintp(sums.size)):
            sums[byte] = np.uint16(sums[byte] + np.uint16(image[row + byte]) + np.uint16(image[row + stride + byte]))
