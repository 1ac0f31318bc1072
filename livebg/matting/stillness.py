"""Where the picture moved since the last frame, and whether it is still the same scene; seen once, for all who ask.

Luma at work size is compared with that of a frame ago, exposure compensated, against the picture's own noise. Knows
nothing about alphas. Main thread.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from livebg.matting import shake
from livebg.matting import stillness_kernels as kernels
from livebg.matting.shake import NOUGHT, Shift
from livebg.shrink import shrink, work_size
from livebg.stages import Frame, Image, Matte

MAX_GAP_S = 1.0  # an older state says nothing about this frame
SPAN_S = 0.025  # compared with a frame at least so old if there is one, so that 60 fps look as 30 do
SCENE_CUT_LEVELS = 40.0  # mean change of the picture, 8-bit levels, above which nothing is carried over
MOTION_LOW, MOTION_HIGH = 0.8, 2.2  # change, over the picture's own noise: still below, moving above
MIN_NOISE_LEVELS = 0.8  # a noiseless picture (a paused video) must not turn rounding into motion
NOISE_PER_MEDIAN = 1.5  # the median of |change| is about 2/3 of its standard deviation


def prepare() -> None:
    """Compile the loops now, so that the first frames need not wait for them."""
    kernels.find_motion.prepare()
    shake.prepare()


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """values: float32 (h, w) at work size, 0 still .. 1 moving. is_cut: nothing may be carried over from before this
    frame (a scene cut, the first frame, another size, a gap, a step back in time); values are all 1 then. elapsed_s:
    since the frame seen before, 0 for the first. shift_px: how far the whole picture moved since then (shake.py)."""

    values: Matte
    is_cut: bool
    elapsed_s: float
    shift_px: Shift = NOUGHT


class Stillness:
    """Sees frames in their order and remembers their lumas for SPAN_S; `reset()` forgets."""

    def __init__(self) -> None:
        self._before: deque[tuple[float, Image]] = deque()
        self._seen: tuple[Frame, Motion] | None = None

    def reset(self) -> None:
        """The next frame is the first (a new source or size)."""
        self._before.clear()
        self._seen = None

    def see(self, frame: Frame) -> Motion:
        """The motion up to this frame; asked again for the same frame, the same answer."""
        if self._seen is not None and self._seen[0] is frame:
            return self._seen[1]
        grey = cv2.cvtColor(shrink(frame, *work_size(frame.height, frame.width)), cv2.COLOR_BGR2GRAY)
        luma = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
        at_s, before = frame.media_time_s, self._before
        elapsed_s = at_s - before[-1][0] if before else 0.0
        if before and (not 0 < elapsed_s < MAX_GAP_S or before[-1][1].shape != luma.shape):
            before.clear()
        while len(before) > 1 and at_s - before[1][0] >= SPAN_S:
            before.popleft()
        if before:
            motion = _between(luma, before[0][1], before[-1][1], elapsed_s)
        else:
            motion = Motion(np.ones(luma.shape, np.float32), True, elapsed_s)
        before.append((at_s, luma))
        self._seen = frame, motion
        return motion


def _between(luma: Image, last: Image, newest: Image, elapsed_s: float) -> Motion:
    """last: the luma that motion is measured from; newest: that of the frame before."""
    values = np.empty(luma.shape, np.float32)
    knobs = np.array((MIN_NOISE_LEVELS, NOISE_PER_MEDIAN, MOTION_LOW, MOTION_HIGH), np.float32)
    scratch = np.empty((luma.shape[0] + 5) * (luma.shape[1] + 4), np.float32)
    change = kernels.find_motion(luma.reshape(-1), last.reshape(-1), luma.shape[1], knobs, scratch, values.reshape(-1))
    if change >= SCENE_CUT_LEVELS:
        values.fill(1)
        return Motion(values, True, elapsed_s)
    return Motion(values, False, elapsed_s, shake.shift_between(luma, newest))
