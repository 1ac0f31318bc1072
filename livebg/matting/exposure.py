"""How exposure and white balance changed the whole picture between two frames, apart from what moved in it.

It compares the means of blocks. Most blocks must follow the same change, so that a person who comes or goes does not
count as a change of light. Pictures are luma and two colour differences (OpenCV's YCrCb). Any thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, kernel, part
from livebg.core.types import Image

Means = NDArray[np.float32]
Light = tuple[float, float]  # gain and offset (levels) of one channel: new = gain · old + offset

BLOCKS = 16, 9  # across and down
MOST_GAIN, MOST_LEVELS = 0.3, 24.0  # a larger change is another picture
AGREEING, AGREE_LEVELS = 0.7, 1.5  # this share of the blocks must follow, each to within so many levels
GREY = np.float32(128)  # of the colour differences
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE = np.float32(0), np.float32(1)
U1, U2, U3 = np.uintp(1), np.uintp(2), np.uintp(3)
GAPS = tuple(np.uintp(each) for each in (57, 23, 10, 4, 1))  # Ciura 2001


def prepare() -> None:
    """Compile the loop now, so that the first frame does not wait for it."""
    find_lights.prepare()


def block_means(picture: Image) -> Means:
    """YCrCb uint8 (h, w, 3) → the means of its blocks, float32 (n·3,) in 0..255, the channels innermost."""
    size = min(BLOCKS[0], picture.shape[1]), min(BLOCKS[1], picture.shape[0])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32).reshape(-1)


def lights_between(means: Means, last: Means) -> tuple[Light, Light, Light]:
    """The change of light from `last` to `means`, as (gain, offset) of luma, red and blue difference.

    means, last: float32 (n·3,) of block_means(). Returns (1, 0) where the light did not change, or where most blocks
    follow no common change.
    """
    parameters, found = np.array((MOST_GAIN, MOST_LEVELS, AGREEING, AGREE_LEVELS), np.float32), np.empty(6, np.float32)
    find_lights(means, last, parameters, found)
    luma, luma_offset, red, red_offset, blue, blue_offset = found.tolist()
    return (luma, luma_offset), (red, red_offset), (blue, blue_offset)


@part
def _median(values: Means) -> np.float32:
    """Sorts the values (Shell 1959). numba's own median would bring 18 MB of its libraries into memory."""
    for gap in GAPS:
        for start in range(gap, np.uintp(values.size)):
            place = np.uintp(start)
            value = values[place]
            while place >= gap and values[place - gap] > value:
                values[place] = values[place - gap]
                place -= gap
            values[place] = value
    half = np.uintp(values.size) // U2
    lower = values[half - U1] if values.size % 2 == 0 else values[half]
    return np.float32((lower + values[half]) / np.float32(2))


@kernel(FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_OUT)
def find_lights(means: Means, last: Means, parameters: NDArray[Any], lights: Means) -> None:
    """Writes gain and offset of three channels into `lights`, float32 (6,).

    means, last: float32 (n·3,) of block_means(). parameters: float32 (4,): MOST_GAIN, MOST_LEVELS, AGREEING,
    AGREE_LEVELS.
    For luma, it takes the median ratio or the median difference of the blocks, whichever more blocks follow, and makes
    it exact by least squares over these blocks. Colour differences grow with luma, and white balance shifts them.
    """
    most_gain, most_levels, share, levels = parameters[0], parameters[1], parameters[2], parameters[3]
    count = np.uintp(means.size) // U3
    enough = share * np.float32(count)
    values = np.empty(count, np.float32)
    for x in range(count):
        values[x] = (means[U3 * x] + ONE) / (last[U3 * x] + ONE)
    gain, offset = _median(values), ZERO
    for x in range(count):
        values[x] = means[U3 * x] - last[U3 * x]
    shift = _median(values)
    by_gain, by_shift = ZERO, ZERO
    for x in range(count):
        by_gain += abs(means[U3 * x] - gain * last[U3 * x]) < levels
        by_shift += abs(values[x] - shift) < levels
    if by_shift >= by_gain:
        gain, offset = ONE, shift
    followers = sums = last_sums = products = squares = ZERO
    for x in range(count):
        new, old = means[U3 * x], last[U3 * x]
        if abs(new - gain * old - offset) < levels:
            followers, sums, last_sums = followers + ONE, sums + new, last_sums + old
            products, squares = products + new * old, squares + old * old
    if followers >= enough:
        mean, last_mean = sums / followers, last_sums / followers
        spread = squares / followers - last_mean * last_mean
        if spread > ONE:
            gain = (products / followers - mean * last_mean) / spread
        offset = mean - gain * last_mean
        followers = followers if abs(gain - ONE) <= most_gain and abs(mean - last_mean) <= most_levels else ZERO
    if followers < enough:
        gain, offset = ONE, ZERO
    lights[0], lights[1] = gain, offset
    for channel in range(U1, U3):
        for x in range(count):
            values[x] = means[U3 * x + channel] - GREY - gain * (last[U3 * x + channel] - GREY)
        tint = _median(values)
        followers = ZERO
        for x in range(count):
            followers += abs(values[x] - tint) < levels
        tint = tint if followers >= enough and abs(tint) <= most_levels else ZERO
        lights[U2 * channel], lights[U2 * channel + U1] = gain, GREY - gain * GREY + tint
