"""A steady alpha over time: per pixel, averaged long where the picture stands still, taken as it comes where it moves.

A plain exponential average trades flicker against ghosting with one slider. Here the share of the new alpha is
chosen per pixel from how much the picture moved there since the last frame (the motion-adaptive recursive filter
of video noise reduction, Dubois and Sabri 1984) and from how much the two alphas disagree. Knows nothing about where
alpha or frame come from. Main thread.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.matting import smoothing_kernels as kernels
from livebg.shrink import shrink
from livebg.stages import Alpha, Frame, Matte

REFERENCE_FPS = 30.0  # the shares below are per frame at this rate
MAX_GAP_S = 1.0  # an older state says nothing about this frame
SCENE_CUT_LEVELS = 40.0  # mean change of the picture, 8-bit levels, above which nothing is carried over
MOTION_LOW, MOTION_HIGH = 3.0, 8.0  # change over the picture's own noise: still below, moving above
MIN_NOISE_LEVELS = 0.8  # a noiseless picture (a paused video) must not turn rounding into motion
NOISE_PER_MEDIAN = 1.5  # the median of |change| is about 2/3 of its standard deviation
DOUBT_LOW, DOUBT_HIGH = 0.1, 0.35  # disagreement of new and old alpha: jitter below, a change of mind above
DOUBT_SHARE = 0.6  # share of the new alpha where the network changed its mind and nothing moved


def prepare() -> None:
    """Compile the loops now, so that the first frames need not wait for them."""
    kernels.measure_change.prepare()
    kernels.steady.prepare()


class Smoother:
    """Blends each alpha with the state that earlier ones left; the state is visible here and `reset()` forgets it."""

    def __init__(self) -> None:
        self._alpha: Matte | None = None
        self._luma: kernels.Luma | None = None
        self._at_s = 0.0

    def reset(self) -> None:
        """The next alpha is taken as it is (a new source, size or engine)."""
        self._alpha = self._luma = None

    def smooth(self, alpha: Alpha, frame: Frame, strength: float) -> Alpha:
        """The steady alpha of this frame, same size; strength 0..1, 0 gives the alpha back unchanged."""
        values = np.ascontiguousarray(alpha.values, np.float32)
        luma = _small_luma(frame, *values.shape)
        elapsed_s = frame.media_time_s - self._at_s
        last_alpha, last_luma = self._alpha, self._luma
        if (
            strength > 0
            and last_alpha is not None
            and last_luma is not None
            and last_alpha.shape == values.shape
            and 0 < elapsed_s < MAX_GAP_S
        ):
            values = _steadied(values, last_alpha, luma, last_luma, strength, elapsed_s)
        self._alpha, self._luma, self._at_s = values, luma, frame.media_time_s
        return Alpha(values, alpha.sequence)


def _small_luma(frame: Frame, height: int, width: int) -> kernels.Luma:
    """Luma of the frame at the matte's size, uint8 (height, width)."""
    grey = cv2.cvtColor(shrink(frame, width, height), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)


def _steadied(
    values: Matte, last: Matte, luma: kernels.Luma, last_luma: kernels.Luma, strength: float, elapsed_s: float
) -> Matte:
    """The new alpha averaged with the last, float32 (h, w); the new one alone after a cut.

    Lumas are compared after taking away their mean difference, so that a change of exposure is no motion.
    """
    shift, spread, median = kernels.measure_change(luma.reshape(-1), last_luma.reshape(-1))
    if spread >= SCENE_CUT_LEVELS:
        return values
    noise = max(MIN_NOISE_LEVELS, NOISE_PER_MEDIAN * median)
    still_share = 1 - 0.9 * strength
    knobs = (
        still_share,
        max(0.0, DOUBT_SHARE - still_share),
        MOTION_LOW * noise,
        1 / ((MOTION_HIGH - MOTION_LOW) * noise),
        DOUBT_LOW,
        1 / (DOUBT_HIGH - DOUBT_LOW),
        elapsed_s * REFERENCE_FPS,
    )
    planes = (each.reshape(-1) for each in (values, last, luma, last_luma))
    result = np.empty_like(values)
    scratch = np.empty(kernels.STEPS + 6 + 2 * values.shape[1], np.float32)
    kernels.steady(*planes, values.shape[1], shift, np.array(knobs, np.float32), scratch, result.reshape(-1))
    return result
