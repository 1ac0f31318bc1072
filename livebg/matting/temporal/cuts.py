"""Find scene cuts in films, more surely than the live loop's motion step does.

Two frames of one scene look alike even where much moves: the correlation of their small pictures shows it, in dim
scenes as in bright ones (shot boundary detection by what frames have in common, Boreczky and Rowe 1996). One thread at
a time.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.resize import shrink, work_size
from livebg.core.types import Frame
from livebg.matting.temporal.motion import Motion, MotionDetector

WIDTH_PX, HEIGHT_PX = 64, 36
ALIKE = 0.4  # correlation: 0.85 and more where somebody moves fast, below 0.2 between cases' rooms; a whip pan, too
FLAT_LEVELS = 1.0  # a picture that varies by less, black or white, is like any other of its kind


class Scenes:
    """Motion detection with scene cuts; takes each frame once, in order. `reset()` forgets."""

    def __init__(self) -> None:
        self._stillness = MotionDetector()
        self._last: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """The next frame is the first."""
        self._stillness.reset()
        self._last = None

    def see(self, frame: Frame) -> Motion:
        """The motion up to this frame; at a cut, all of it moves."""
        motion = self._stillness.see(frame)
        seen = shrink(frame, *work_size(frame.height, frame.width))  # which the motion step has made
        small = cv2.resize(seen, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
        pattern = small - small.mean(axis=(0, 1))
        last, self._last = self._last, pattern
        if motion.is_cut or last is None or _are_alike(pattern, last):
            return motion
        return replace(motion, values=np.ones_like(motion.values), is_cut=True)


def _are_alike(pattern: NDArray[np.float32], last: NDArray[np.float32]) -> bool:
    """Whether two pictures correlate: float32 (h, w, 3), each channel less its mean."""
    new_power, last_power, both = (
        float((one * other).mean()) for one, other in ((pattern, pattern), (last, last), (pattern, last))
    )
    flat = FLAT_LEVELS**2
    if new_power < flat or last_power < flat:
        return new_power < flat and last_power < flat
    return both >= ALIKE * math.sqrt(new_power * last_power)
