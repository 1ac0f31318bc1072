"""What exposure and white balance did to the whole picture from one frame to another, told from what moved in it.

Found in the means of some blocks, of which most must follow: somebody who comes or goes, or is most of the picture's
change, must not pass for a change of light. Pictures here are luma and both colour differences, as OpenCV's YCrCb has
them. Knows nothing about frames. Whichever thread asks.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, kernel
from livebg.core.types import Image

Means = NDArray[np.float32]
Light = tuple[float, float]  # gain and offset of one channel: new = gain · old + offset

BLOCKS = 16, 9  # across and down
MOST_GAIN, MOST_LEVELS = 0.3, 24.0  # a larger change is another picture
AGREEING, AGREE_LEVELS = 0.7, 1.5  # such a share of the blocks follows, each within so much
GREY = np.float32(128)  # of the colour differences
NOTHING, ALL = np.float32(0), np.float32(1)
N1, N2, N3 = np.uintp(1), np.uintp(2), np.uintp(3)


def prepare() -> None:
    """Compile the loop now, so that the first frame need not wait for it."""
    find_lights.prepare()


def block_means(picture: Image) -> Means:
    """Of YCrCb uint8 (h, w, 3), float32 (n·3,)."""
    size = min(BLOCKS[0], picture.shape[1]), min(BLOCKS[1], picture.shape[0])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32).reshape(-1)


def lights_between(means: Means, last: Means) -> tuple[Light, Light, Light]:
    """Of luma, red and blue difference; (1, 0) where the change of light is none, or most blocks do not follow it."""
    knobs, found = np.array((MOST_GAIN, MOST_LEVELS, AGREEING, AGREE_LEVELS), np.float32), np.empty(6, np.float32)
    find_lights(means, last, knobs, found)
    luma, luma_offset, red, red_offset, blue, blue_offset = found.tolist()
    return (luma, luma_offset), (red, red_offset), (blue, blue_offset)


@kernel(FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_OUT)
def find_lights(means: Means, last: Means, knobs: NDArray[Any], lights: Means) -> None:
    """lights: gain and offset of three channels, (6,). means, last: (n·3,); knobs: the four bounds above.

    For luma, the median ratio or the median difference of the blocks, whichever more of them follow, made exact by
    least squares over these. Colour differences grow with the luma, and are moved by white balance.
    """
    most_gain, most_levels, share, levels = knobs[0], knobs[1], knobs[2], knobs[3]
    count = np.uintp(means.size) // N3
    enough = share * np.float32(count)
    values = np.empty(count, np.float32)
    for x in range(count):
        values[x] = (means[N3 * x] + ALL) / (last[N3 * x] + ALL)
    gain, offset = np.float32(np.median(values)), NOTHING
    for x in range(count):
        values[x] = means[N3 * x] - last[N3 * x]
    shift = np.float32(np.median(values))
    by_gain, by_shift = NOTHING, NOTHING
    for x in range(count):
        by_gain += abs(means[N3 * x] - gain * last[N3 * x]) < levels
        by_shift += abs(values[x] - shift) < levels
    if by_shift >= by_gain:
        gain, offset = ALL, shift
    followers = sums = last_sums = products = squares = NOTHING
    for x in range(count):
        new, old = means[N3 * x], last[N3 * x]
        if abs(new - gain * old - offset) < levels:
            followers, sums, last_sums = followers + ALL, sums + new, last_sums + old
            products, squares = products + new * old, squares + old * old
    if followers >= enough:
        mean, last_mean = sums / followers, last_sums / followers
        spread = squares / followers - last_mean * last_mean
        if spread > ALL:
            gain = (products / followers - mean * last_mean) / spread
        offset = mean - gain * last_mean
        followers = followers if abs(gain - ALL) <= most_gain and abs(mean - last_mean) <= most_levels else NOTHING
    if followers < enough:
        gain, offset = ALL, NOTHING
    lights[0], lights[1] = gain, offset
    for channel in range(N1, N3):
        for x in range(count):
            values[x] = means[N3 * x + channel] - GREY - gain * (last[N3 * x + channel] - GREY)
        tint = np.float32(np.median(values))
        followers = NOTHING
        for x in range(count):
            followers += abs(values[x] - tint) < levels
        tint = tint if followers >= enough and abs(tint) <= most_levels else NOTHING
        lights[N2 * channel], lights[N2 * channel + N1] = gain, GREY - gain * GREY + tint
