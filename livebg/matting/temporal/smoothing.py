"""Smooth a small alpha over time where nothing moves, and let it change at once where something does.

A plain exponential average trades flicker against ghosting with one slider. Here each pixel averages all values since
it last changed, up to a longest time (the recursive mean whose gain falls as evidence grows, a Kalman filter of a
constant). It starts again where old and new alpha disagree over a neighbourhood: a little where the picture moves, much
where it stands still (the motion-adaptive recursive filter of video noise reduction, Dubois and Sabri 1984). Nothing of
a person who has left the picture stays (leaving.py). One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.frame_difference import measure_change
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Matte
from livebg.matting.temporal import smoothing_numba as kernels
from livebg.matting.temporal.leaving import Lately, with_leaving
from livebg.matting.temporal.motion import Motion

REFERENCE_FPS = 30.0  # the shares below are per frame at this rate
LONGEST_S = 0.4  # of the average at the usual strength: longer ones drag slow edges behind (tests/bench/stages.py)
# The same of a fine alpha, whose edge shows each pixel's step: holding.py and edge.py calm it, and drag it less.
FINE_LONGEST_S = 0.07
USUAL_STRENGTH = 0.9
STILL_DISAGREEMENT = (
    0.25,
    0.6,
)  # disagreement, mean of 3x3 pixels: jitter below, a change of mind of the network above
MOVING_DISAGREEMENT = (0.05, 0.15)  # the same where the picture moves: there alpha is expected to change
STILL_RISE, STILL_FALL = 0.5, 0.3  # share of such a change that is taken at once where nothing moved: a limb that the
# network loses for a frame or two fades little and comes back quickly


def prepare() -> None:
    """Compile the loops now, so that the first frames do not wait for them."""
    measure_change.prepare()
    kernels.steady.prepare()


class Smoother:
    """It keeps the last alpha, and for how long each of its pixels has been averaged."""

    def __init__(self) -> None:
        self._alpha: Matte | None = None
        self._evidence_s = np.empty((0, 0), np.float32)
        self._lately = Lately()

    @property
    def evidence_s(self) -> Matte:
        """Seconds for which each pixel of the last alpha has been averaged, float32 (h, w).

        The next frame overwrites it.
        """
        return self._evidence_s

    def reset(self) -> None:
        """Take the next alpha as it is (a new source, size or engine)."""
        self._alpha = None

    def apply(self, alpha: Alpha, motion: Motion, settings: Settings, longest_s: float = LONGEST_S) -> Alpha:
        """The smoothed alpha, float32 (h, w) in 0..1. With settings.smoothing 0 (of 0..1) the same object.

        alpha: float32 (h, w) in 0..1; motion: up to the alpha's frame, from that of the alpha before; longest_s: of the
        average at the usual strength.
        """
        if settings.smoothing == 0:
            self.reset()
            return alpha
        values = np.ascontiguousarray(alpha.values, np.float32)
        last = self._alpha
        if last is None or last.shape != values.shape or motion.is_cut:
            self._evidence_s = np.full_like(values, 1 / REFERENCE_FPS)
            self._lately = Lately()
        else:
            longest_s *= settings.smoothing / USUAL_STRENGTH
            values = self._steadied(values, last, motion.values, motion.elapsed_s, longest_s)
        self._alpha = values
        return Alpha(values, alpha.sequence)

    def _steadied(self, values: Matte, last: Matte, motion: Matte, elapsed_s: float, longest_s: float) -> Matte:
        height, width = values.shape
        if motion.shape != values.shape:
            motion = np.asarray(cv2.resize(motion, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        self._lately.add(motion, elapsed_s)
        motion = with_leaving(motion, values, last, self._lately.values)
        (low, high), (moving_low, moving_high) = STILL_DISAGREEMENT, MOVING_DISAGREEMENT
        disagreements = (low, 1 / (high - low), moving_low, 1 / (moving_high - moving_low))
        parameters = (*disagreements, STILL_RISE, STILL_FALL, elapsed_s, longest_s, elapsed_s * REFERENCE_FPS)
        planes = (each.reshape(-1) for each in (values, last, motion, self._evidence_s))
        result, scratch = np.empty_like(values), np.empty(kernels.STEPS + 4 + width, np.float32)
        kernels.steady(*planes, width, np.array(parameters, np.float32), scratch, result.reshape(-1))
        return result
