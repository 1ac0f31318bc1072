"""What stands still is believed only as far as it was believed before: a network's sudden certainty about a chair is no
news where nothing has changed. What moves is believed at once.

A running mean of the belief that begins anew where the picture moves (the motion-adaptive recursive filter of video
noise reduction, Dubois and Sabri 1984), at half the size of the motion. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import FULL
from livebg.core.types import Image, Matte
from livebg.matting.temporal.leaving import Lately
from livebg.matting.temporal.motion import Motion

TIME_S = 0.5  # time constant of the mean (longer: in the dark, where motion hides in noise, people lose parts)
LOW, HIGH = 0.4, 0.8  # a mean up to the one is no trust, from the other on it is full
STILL, MOVING = 0.5, 1.0  # motion, mean of 3x3 px: noise below, somebody who moves above
AROUND = (3, 3)
BESIDE = np.ones((3, 3), np.uint8)  # px: the edge of somebody who is trusted is, too


class Trust:
    """It keeps the mean; `reset()` forgets it. from_first: the first belief is trusted as it is; else not at all."""

    def __init__(self, from_first: bool = True) -> None:
        self._from_first = from_first
        self.reset()

    def reset(self) -> None:
        """The next belief is the first (a new source, size, engine or scene)."""
        self._mean: Matte | None = None
        self._lately = Lately()

    def bounded(self, belief: Image, motion: Motion) -> Image:
        """The belief, uint8 (h, w) in 0..255, where it is trusted, less elsewhere. The first one as it is, or nothing.

        motion: up to the belief's frame, from that of the belief before.
        """
        if motion.is_cut:
            self.reset()
        is_first = motion.is_cut and not self._from_first
        self._lately.add(np.zeros_like(motion.values) if is_first else motion.values, motion.elapsed_s)
        moving, mean = self._lately.values, self._mean
        size = moving.shape[1], moving.shape[0]
        new = cv2.resize(belief, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        if mean is None or mean.shape != new.shape:
            self._mean = new if self._from_first else np.zeros_like(new)
            return belief if self._from_first else np.zeros_like(belief)
        share = (cv2.blur(moving, AROUND) - np.float32(STILL)) * np.float32(1 / (MOVING - STILL))
        mean += np.maximum(share, np.float32(min(1.0, motion.elapsed_s / TIME_S))) * (new - mean)
        trust = cv2.convertScaleAbs(np.maximum(mean - np.float32(LOW * FULL), 0), alpha=1 / (HIGH - LOW))
        trust = cv2.resize(cv2.dilate(trust, BESIDE), belief.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.min(belief, trust), np.uint8)
