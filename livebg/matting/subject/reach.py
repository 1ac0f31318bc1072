"""What is no more than half believed counts only near somebody who is surely there: soft hair does, a chair does not.

A network for people is unsure of furniture beside them for a whole area, and of a person's edge for a few pixels only.
It is made for the alpha after smoothing, as a bound that trembles would show. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import near
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame

LOW, HIGH = 0.6, 0.85  # an alpha up to LOW is doubtful, from HIGH on somebody is surely there
REACH = 0.02  # of the long side: as far as soft hair is from the head (tests/bench/RESULTS.md, 2026-11-29)


class Reach:
    """A correction: alpha falls to 0 beyond the reach of the people. has_presence: see Subject."""

    def __init__(self, has_presence: bool = True) -> None:
        self._has_presence = has_presence

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002 - the shape of a Correction
        """The bounded alpha, float32 (h, w) in 0..1; the same object where settings.presence is off, or for anything.

        alpha: float32 (h, w) in 0..1.
        """
        if not self._has_presence or not settings.presence or settings.subject == "anything":
            return alpha
        values = cv2.multiply(alpha.values, near(alpha.values, LOW, HIGH, REACH))
        return Alpha(np.asarray(values, np.float32), alpha.sequence)

    def reset(self) -> None:
        """Has no memory."""
