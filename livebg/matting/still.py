"""Whether a picture still shows what the key frame showed, so that the key frame's alpha is this frame's too.

Compared is always with the key frame, never with the frame before: what creeps adds up until it is seen. Knows nothing
about engines. The caller's thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.matting.motion import Small

REFRESH_S = 1.5  # a key frame is asked for this often although nothing moves
WINDOW_PX = 4  # differences are averaged over this window: noise falls to a quarter, an edge's shift hardly
LOW_LEVELS, HIGH_LEVELS = 2.5, 8.0  # bounds of the largest averaged difference that may be noise
NOISE_FACTOR = 6.0  # and between them so many of its standard deviations: 37 thousand windows, none may pass by chance
QUARTILE_PER_DEVIATION = 0.319  # lower quartile of |noise|: what moves, up to 3/4 of the picture, leaves it alone
GAIN_SPAN = 0.1  # exposure may change by this share, and OFFSET_LEVELS, and the network would not see it
OFFSET_LEVELS = 12.0


def is_still(new: Small, key: Small) -> bool:
    """True where nothing but noise and a little exposure differs between the two small pictures."""
    if new.luma.shape != key.luma.shape:
        return False
    difference = _less_exposure(new.luma, key.luma)
    if difference is None:
        return False
    cv2.blur(difference, (WINDOW_PX, WINDOW_PX), difference)
    cv2.absdiff(difference, np.zeros_like(difference), difference)
    largest = float(difference.max())
    if not LOW_LEVELS < largest <= HIGH_LEVELS:
        return largest <= LOW_LEVELS
    deviation = float(np.quantile(difference[::4, ::4], 0.25)) / QUARTILE_PER_DEVIATION
    return largest <= NOISE_FACTOR * deviation


def _less_exposure(new: NDArray[np.uint8], key: NDArray[np.uint8]) -> NDArray[Any] | None:
    """new − (gain · key + offset), float32 (h, w), gain and offset by least squares; None where they are large."""
    here, there = new[::4, ::4].astype(np.float32), key[::4, ::4].astype(np.float32)
    mean, key_mean = float(here.mean()), float(there.mean())
    spread = float(((there - key_mean) ** 2).mean())
    gain = float(((here - mean) * (there - key_mean)).mean()) / spread if spread > 1 else 1.0
    if abs(gain - 1) > GAIN_SPAN or abs(mean - key_mean) > OFFSET_LEVELS:
        return None
    return np.asarray(cv2.addWeighted(new, 1.0, key, -gain, gain * key_mean - mean, dtype=cv2.CV_32F))
