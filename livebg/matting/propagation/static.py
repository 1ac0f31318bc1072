"""Whether a picture still shows what the key frame showed, so that the key frame's alpha is this frame's too.

Compared is always with the key frame, never with the frame before: what creeps adds up until it is seen. Luma and both
colour differences each by their own noise: somebody of the room's brightness moves in colour alone. Knows nothing about
engines. The caller's thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Image
from livebg.matting.exposure import Light, lights_between
from livebg.matting.propagation.optical_flow import Small

Plane = NDArray[Any]

REFRESH_S = 1.5  # a key frame is asked for this often although nothing moves
WINDOW_PX = 4  # differences are averaged over this window: noise falls to a quarter, an edge's shift hardly
# Bounds of the largest averaged difference that may be noise, where a codec leaves so much, and between them so many of
# its standard deviations, by channel: 37 thousand windows, none may pass by chance; colours' noise is less even.
LOW_LEVELS, HIGH_LEVELS = 2.75, 8.0
NOISE_FACTORS = 6.0, 7.5, 7.5
# Over such a window noise and a codec's remains are no more than so many levels, or such a share of the bound above:
# somebody who hardly differs from the room does by that.
WIDE_PX, WIDE_LEVELS, WIDE_SHARE = 16, 1.2, 1 / 3
QUARTILE_PER_DEVIATION = 0.319  # lower quartile of |noise|: what moves, up to 3/4 of the picture, leaves it alone
GAIN_SPAN = 0.1  # exposure may change by this share, and OFFSET_LEVELS, and the network would not see it
OFFSET_LEVELS = 12.0


def is_still(new: Small, key: Small) -> bool:
    """True where nothing but noise and a little exposure differs between the two small pictures, in any channel."""
    if new.luma.shape != key.luma.shape:
        return False
    lights = lights_between(new.means, key.means)
    if abs(lights[0][0] - 1) > GAIN_SPAN or abs(float(np.mean(new.means[::3] - key.means[::3]))) > OFFSET_LEVELS:
        return False
    return all(
        _is_noise(new.channels[..., each], key.channels[..., each], light, factor)
        for each, (light, factor) in enumerate(zip(lights, NOISE_FACTORS, strict=True))
    )


def _is_noise(new: Image, key: Image, light: Light, factor: float) -> bool:
    """Whether nothing else differs between the two planes, uint8 (h, w), in the same light."""
    gain, offset = light
    difference: Plane = cv2.addWeighted(new, 1.0, key, -gain, -offset, dtype=cv2.CV_32F)
    wide = _largest(cv2.blur(difference, (WIDE_PX, WIDE_PX)))
    difference = cv2.blur(difference, (WINDOW_PX, WINDOW_PX))
    largest, limit = _largest(difference), LOW_LEVELS
    if LOW_LEVELS < largest <= HIGH_LEVELS:
        limit = factor * float(np.quantile(np.abs(difference[::4, ::4]), 0.25)) / QUARTILE_PER_DEVIATION
    return largest <= limit and wide <= max(WIDE_LEVELS, WIDE_SHARE * limit if limit > LOW_LEVELS else 0.0)


def _largest(values: Plane) -> float:
    """Whatever its sign."""
    low, high, *_ = cv2.minMaxLoc(values)
    return max(high, -low)
