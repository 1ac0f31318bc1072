"""Pictures at smaller sizes: a frame's, made once per frame and size however many steps ask, and which sizes those are.

area_average is what cv2.INTER_AREA answers, within one level, in a sixth to a half of its time
(tests/bench/compositing.py): each row is weighed into a row of sums (one run of bytes, which the compiler makes SIMD
of), and that row is then weighed along itself. Whichever thread asks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, BYTES_OUT, FLOATS_IN, PLACES_IN, SIZE, kernel
from livebg.core.types import Frame, Image, Matte

Places = NDArray[np.uintp]


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
    """Compile the loop now, so that the first frame need not wait for it."""
    average.prepare()


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


def small_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) of the small picture of a frame of height x width, px: its shape with about small_area_px."""
    shape, grain, area = min(max(width / height, 1 / SIZES.longest), SIZES.longest), SIZES.grain_px, SIZES.small_area_px
    high = max(1, round(math.sqrt(area / shape) / grain)) * grain
    wide = max(1, round(math.sqrt(area * shape) / grain)) * grain
    return wide, high


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
