"""Where the picture moved since the last frame, and whether it is still the same scene; once per frame.

Luma at work size and both colour differences at half of it (as most cameras sample them) are compared with those of the
frame before, with exposure and white balance compensated, each against its own noise: the colours show what has the
background's brightness. One thread at a time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from livebg.core.frame_difference import SCENE_CUT_LEVELS
from livebg.core.resize import shrink, work_size
from livebg.core.types import Frame, Image, Matte
from livebg.matting import exposure
from livebg.matting.exposure import Light, Means
from livebg.matting.params import MAX_GAP_S
from livebg.matting.temporal import motion_numba as kernels
from livebg.matting.temporal import shake
from livebg.matting.temporal.shake import NO_SHIFT, CameraShift

SPAN_S = 0.025  # compare with a frame at least so old if there is one, so that 60 fps behave as 30 do
MOTION_LOW, MOTION_HIGH = 0.8, 2.2  # change, over the picture's own noise: still below, moving above
COLOUR_LOW, COLOUR_HIGH = 1.1, 2.5  # the same for the colour differences: three channels are wrong more often than one
MIN_NOISE_LEVELS = 0.8  # so that in a picture without noise (a paused video) rounding is no motion
MAX_NOISE_LEVELS = 6.0  # so that a person who leaves, and was most of the picture, is not taken for noise
NOISE_PER_MEDIAN = 1.5  # the median of |change| is about 2/3 of its standard deviation


def prepare() -> None:
    """Compile the loops now, so that the first frames do not wait for them."""
    kernels.find_motion.prepare()
    exposure.prepare()
    shake.prepare()


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The motion up to a frame.

    values: float32 (h, w) at work size, 0 still .. 1 moving. is_cut: nothing from before this frame counts any more (a
    scene cut, the first frame, another size, a gap, a step back in time); values are all 1 then. elapsed_s: since the
    frame before, 0 for the first. shift_px: how far the whole picture moved since then (shake.py). pictures: luma of
    this frame and of the one before, uint8 (h, w) both; None where is_cut.
    """

    values: Matte
    is_cut: bool
    elapsed_s: float
    shift_px: CameraShift = NO_SHIFT
    pictures: tuple[Image, Image] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A picture in the form that is compared.

    Luma uint8 (h, w), colour differences uint8 of about half the size, the means of its blocks (exposure.py).
    """

    luma: Image
    colours: tuple[Image, Image]
    means: Means

    @classmethod
    def at(cls, frame: Frame) -> _Look:
        small = shrink(frame, *work_size(frame.height, frame.width))
        luma = np.asarray(cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0), np.uint8)
        half = max(1, small.shape[1] // 2), max(1, small.shape[0] // 2)
        coarse = cv2.cvtColor(cv2.resize(small, half, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2YCrCb)
        _, red, blue = cv2.split(coarse)
        colours = np.asarray(red, np.uint8), np.asarray(blue, np.uint8)
        return cls(luma, colours, exposure.block_means(np.asarray(coarse, np.uint8)))


class MotionDetector:
    """Takes frames in order and keeps them, small, for SPAN_S; `reset()` forgets."""

    def __init__(self) -> None:
        self._before: deque[tuple[float, _Look]] = deque()
        self._seen: tuple[Frame, Motion] | None = None

    def reset(self) -> None:
        """The next frame is the first (a new source or size)."""
        self._before.clear()
        self._seen = None

    def see(self, frame: Frame) -> Motion:
        """The motion up to this frame; the same answer for the same frame again."""
        if self._seen is not None and self._seen[0] is frame:
            return self._seen[1]
        look, at_s, before = _Look.at(frame), frame.media_time_s, self._before
        elapsed_s = at_s - before[-1][0] if before else 0.0
        if before and (not 0 < elapsed_s < MAX_GAP_S or before[-1][1].luma.shape != look.luma.shape):
            before.clear()
        while len(before) > 1 and at_s - before[1][0] >= SPAN_S:
            before.popleft()
        if before:
            motion = _between(look, before[0][1], before[-1][1], elapsed_s)
        else:
            motion = Motion(np.ones(look.luma.shape, np.float32), True, elapsed_s)
        before.append((at_s, look))
        self._seen = frame, motion
        return motion


def _between(look: _Look, last: _Look, newest: _Look, elapsed_s: float) -> Motion:
    """The motion from `last`; newest: the frame before."""
    lights = exposure.lights_between(look.means, last.means)
    values, change = _moved(look.luma, last.luma, lights[0], (MOTION_LOW, MOTION_HIGH))
    coloured = []
    for new, old, light in zip(look.colours, last.colours, lights[1:], strict=True):
        moved, colour_change = _moved(new, old, light, (COLOUR_LOW, COLOUR_HIGH))
        coloured.append(moved)
        change = max(change, colour_change)
    if change >= SCENE_CUT_LEVELS:
        values.fill(1)
        return Motion(values, True, elapsed_s)
    size = (values.shape[1], values.shape[0])
    cv2.max(values, cv2.resize(cv2.max(*coloured), size, interpolation=cv2.INTER_LINEAR), values)
    shift_px = shake.shift_between(look.luma, newest.luma)
    return Motion(values, False, elapsed_s, shift_px, (look.luma, newest.luma))


def _moved(plane: Image, last: Image, light: Light, bounds: tuple[float, float]) -> tuple[Matte, float]:
    """Where one channel moved, float32 (h, w) in 0..1, and its mean change in levels.

    plane, last: uint8 (h, w); light: the change of light between them; bounds: change over noise, of still and of
    moving.
    """
    height, width = plane.shape
    values, scratch = np.empty(plane.shape, np.float32), np.empty((height + 5) * (width + 4), np.float32)
    parameters = (*light, MIN_NOISE_LEVELS, MAX_NOISE_LEVELS, NOISE_PER_MEDIAN, *bounds)
    planes = plane.reshape(-1), last.reshape(-1)
    return values, kernels.find_motion(*planes, width, np.array(parameters, np.float32), scratch, values.reshape(-1))
