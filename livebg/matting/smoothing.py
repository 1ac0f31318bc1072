"""A steady alpha over time: per pixel, averaged long where the picture stands still, taken as it comes where it moves.

A plain exponential average trades flicker against ghosting with one slider. Here the share of the new alpha is
chosen per pixel from how much the picture moved there since the last frame (the motion-adaptive recursive filter
of video noise reduction, Dubois and Sabri 1984) and from how much the two alphas disagree. Knows nothing about where
alpha or frame come from. Main thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.stages import Alpha, Frame, Matte

REFERENCE_FPS = 30.0  # the shares below are per frame at this rate
MAX_GAP_S = 1.0  # an older state says nothing about this frame
SCENE_CUT_LEVELS = 40.0  # mean change of the picture, 8-bit levels, above which nothing is carried over
MOTION_LOW, MOTION_HIGH = 3.0, 8.0  # change over the picture's own noise: still below, moving above
MIN_NOISE_LEVELS = 0.8  # a noiseless picture (a paused video) must not turn rounding into motion
DOUBT_LOW, DOUBT_HIGH = 0.1, 0.35  # disagreement of new and old alpha: jitter below, a change of mind above
DOUBT_SHARE = 0.6  # share of the new alpha where the network changed its mind and nothing moved


class Smoother:
    """Blends each alpha with the state that earlier ones left; the state is visible here and `reset()` forgets it."""

    def __init__(self) -> None:
        self._alpha: Matte | None = None
        self._luma: Matte | None = None
        self._at_s = 0.0

    def reset(self) -> None:
        """The next alpha is taken as it is (a new source, size or engine)."""
        self._alpha = self._luma = None

    def smooth(self, alpha: Alpha, frame: Frame, strength: float) -> Alpha:
        """The steady alpha of this frame, same size; strength 0..1, 0 gives the alpha back unchanged."""
        height, width = alpha.values.shape
        luma = _small_luma(frame, width, height)
        elapsed_s = frame.media_time_s - self._at_s
        last_alpha, last_luma = self._alpha, self._luma
        values = alpha.values
        if (
            strength > 0
            and last_alpha is not None
            and last_luma is not None
            and last_alpha.shape == values.shape
            and 0 < elapsed_s < MAX_GAP_S
        ):
            change = cv2.absdiff(luma, last_luma)
            if float(change.mean()) < SCENE_CUT_LEVELS:
                share = _share_of_new(values, last_alpha, change, strength, elapsed_s)
                values = np.asarray(last_alpha + share * (values - last_alpha), dtype=np.float32)
        self._alpha, self._luma, self._at_s = values, luma, frame.media_time_s
        return Alpha(values, alpha.sequence)


def _small_luma(frame: Frame, width: int, height: int) -> Matte:
    """Luma of the frame at the matte's size, float32 (height, width), zero mean so that exposure is not motion."""
    small = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)
    luma = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0).astype(np.float32)
    return np.asarray(luma - luma.mean(), dtype=np.float32)


def _share_of_new(values: Matte, last: Matte, change: NDArray[Any], strength: float, elapsed_s: float) -> Matte:
    """How much of the new alpha enters each pixel, float32 0..1; change is |luma difference| in 8-bit levels."""
    noise = max(MIN_NOISE_LEVELS, 1.5 * float(np.median(change)))
    moving = _ramp(cv2.blur(change, (5, 5)), MOTION_LOW * noise, MOTION_HIGH * noise)
    doubt = _ramp(cv2.absdiff(values, last), DOUBT_LOW, DOUBT_HIGH)
    still_share = 1 - 0.9 * strength
    calm_share = still_share + doubt * max(0.0, DOUBT_SHARE - still_share)
    share = calm_share + (1 - calm_share) * moving
    return np.asarray(1 - (1 - share) ** (elapsed_s * REFERENCE_FPS), dtype=np.float32)


def _ramp(values: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    """0 below low, 1 above high, linear between."""
    return np.asarray(np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1))
