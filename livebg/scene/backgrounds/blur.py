"""The camera's own picture, blurred, with the person left out before the blur spreads them.

A normalised blur (Knutsson and Westin, "Normalized and differential convolution", 1993): every pixel counts as much
as it is background, and the surroundings fill the area that the person covers. Works at 1/4 to 1/8 size, where the same
blur costs a hundredth. Caller's thread.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.errors import BackgroundError
from livebg.core.types import Frame, Image, Matte, usable
from livebg.scene.backgrounds.params import BLUR
from livebg.scene.backgrounds.still import OncePerSize, neutral_standby

DEFAULT_STRENGTH = 50.0
LEAST_SHARE, MOST_SHARE = 0.008, 0.06  # strength 0 and 100: the Gaussian's sigma as a share of the picture's height


class BlurBackground:
    """strength: 0..100, from a light blur (sigma 0.8 % of the picture's height) to a strong one (6 %).

    A share of the height, so that it looks alike at any frame size; 50 is 3.4 %, 24 px at 720p.
    """

    is_transparent = False
    needs_matte = True

    def __init__(self, strength: float) -> None:
        self._strength = strength
        self._standby = OncePerSize(neutral_standby)

    @property
    def sigma_share(self) -> float:
        """The blur's sigma as a share of the picture's height: all that a GPU needs to make the blur itself."""
        return LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * self._strength / 100

    def picture(self, frame: Frame, alpha: Matte) -> Image:
        """BGR uint8 (H, W, 3) of a frame of that size; alpha: float32 (H, W) in 0..1."""
        return blurred(frame.image, alpha, self.sigma_share * frame.height)

    def standby(self, height: int, width: int) -> Image:
        """A neutral picture, BGR uint8 (height, width, 3): without a matte nobody knows where the person is."""
        return self._standby(height, width)

    def close(self) -> None:
        pass


def parse_strength(text: str) -> float:
    """The strength after 'blur:', 0..100. Raises BackgroundError."""
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 100:
        raise BackgroundError(f"blur strength {text!r} is not a number from 0 to 100, e.g. blur:50")
    return strength


def blurred(image: Image, alpha: Matte, sigma_px: float) -> Image:
    """BGR uint8 (H, W, 3), alpha float32 (H, W) in 0..1 → BGR uint8 (H, W, 3) without the foreground's colours."""
    height, width = alpha.shape
    factor = BLUR.factor(sigma_px)
    size = (max(2, width // factor), max(2, height // factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    person = usable(np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32))
    person = np.asarray(cv2.dilate(person, np.ones((3, 3), np.uint8)), np.float32)
    weights = np.maximum(1 - BLUR.steepness * person, BLUR.faint * (1 - 2 * person)).clip(0, 1)

    weighted = cv2.multiply(small, cv2.merge((weights, weights, weights)))
    total = cv2.sumElems(weights)[0]
    mean = np.array(cv2.sumElems(weighted)[:3]) / total if total > 0 else np.full(3, BLUR.unknown)
    sigma = max(0.5, sigma_px / factor)
    taps = 2 * round(3 * sigma) + 1
    above = cv2.GaussianBlur(weighted, (taps, taps), sigma) + (BLUR.faintest * mean).astype(np.float32)
    below = cv2.GaussianBlur(weights, (taps, taps), sigma) + np.float32(BLUR.faintest)
    soft = cv2.convertScaleAbs(cv2.divide(above, cv2.merge((below, below, below))))
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
