"""What is no more than half believed counts only near somebody who is surely there: soft hair does, a chair does not.

Where the picture moves, somebody who was surely there a moment ago still is, unless the alpha has fallen far
(hysteresis, as in Canny 1986): a network doubts a moving hand for a frame or two, and it would flash. Furniture stands
still: whoever is to be surely there must have been for a while (trust.py). It is made for the alpha after smoothing, as
a bound that trembles would show. One thread at a time.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from livebg.core.nearness import DOUBTFUL, FULL, SURE, believed, within
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Image, Matte
from livebg.matting.subject.trust import Trust
from livebg.matting.temporal.motion import Motion

LOST, KEPT = 0.3, 0.4  # an alpha up to the one is nobody, whoever was there; from the other on they still are
MEMORY_S = 0.1  # who was surely there counts so long, less and less


class Reach:
    """Lets alpha fall to 0 beyond the reach of the people, whom it remembers. has_presence: see Subject."""

    def __init__(self, has_presence: bool = True) -> None:
        self._has_presence = has_presence
        self._people: Image | None = None  # of the last frame, uint8 (h, w) of 0..255
        self._trust = Trust()

    def apply(self, alpha: Alpha, motion: Motion, settings: Settings) -> Alpha:
        """The bounded alpha, float32 (h, w) in 0..1; the same object where settings.presence is off, or for anything.

        alpha: float32 (h, w) in 0..1; motion: up to the alpha's frame, from that of the alpha before.
        """
        if not self._has_presence or not settings.presence or settings.subject == "anything":
            self.reset()
            return alpha
        people, last = self._trust.bounded(believed(alpha.values, DOUBTFUL, SURE), motion), self._people
        if last is not None and last.shape == people.shape and not motion.is_cut:
            people = np.asarray(cv2.max(people, _still_there(last, alpha.values, motion)), np.uint8)
        self._people = people
        return Alpha(within(alpha.values, people), alpha.sequence)

    def reset(self) -> None:
        """Forget who was there (a new source, size, engine or scene)."""
        self._people = None
        self._trust.reset()


def _still_there(people: Image, alpha: Matte, motion: Motion) -> Image:
    """Who of the last frame's people, uint8 (h, w) of 0..255, may still be there; below half, nobody counts.

    alpha: float32 (h, w) in 0..1.
    """
    fading = np.full_like(people, min(FULL, math.ceil(FULL / 2 * motion.elapsed_s / MEMORY_S)))
    moving = cv2.convertScaleAbs(motion.values, alpha=FULL)
    if moving.shape != people.shape:
        moving = cv2.resize(moving, people.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.min(cv2.min(cv2.subtract(people, fading), moving), believed(alpha, LOST, KEPT)), np.uint8)
