"""What a guided engine's finder believes, bounded as the light engine's own alpha is, before it guides the network.

A network of salient objects is sure of a chair, so a finder's moment of error beside somebody would show all of it. One
thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import DEEP, DOUBTFUL, FULL, REACH, SURE, around, believed, square
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Image, Matte
from livebg.matting.refine.local_colour import LocalColour
from livebg.matting.subject.reach import Reach
from livebg.matting.subject.trust import Trust
from livebg.matting.temporal.motion import MotionDetector

SURER = 0.95  # with SURE: as sure as the gate of the network's alpha wants a core to be (models/guided/gate.py)


class BoundBelief:
    """A core.engines.Bound. settings: those at the start; without presence and colours it changes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._reach, self._motion = settings, Reach(), MotionDetector()
        self._colours, self._lasting = LocalColour(), Trust(from_first=False)

    def apply(self, alpha: Alpha, frame: Frame) -> Alpha:
        """The alpha, float32 (h, w) in 0..1, only near people who are trusted; the same object if presence is off."""
        return self._reach.apply(alpha, self._motion.see(frame), self._settings)

    def edge(self, alpha: Alpha, frame: Frame) -> Matte:
        """What colours make of it, float32 (h, w) in 0..1: a finder's edge lies pixels beside the picture's.

        They take nothing away of which it is sure. What has neither moved nor lasted is not in it: a pot that it takes
        for an arm in the first pictures.
        """
        edge = cv2.convertScaleAbs(self._colours.apply(alpha, frame, self._settings).values, alpha=FULL)
        edge = np.asarray(cv2.max(edge, cv2.convertScaleAbs(alpha.values, alpha=FULL)), np.uint8)
        if self._settings.presence:
            lasting = self._lasting.bounded(believed(alpha.values, 0, DOUBTFUL), self._motion.see(frame))
            edge = np.asarray(cv2.min(edge, cv2.max(lasting, _surely(alpha.values))), np.uint8)
        return edge * np.float32(1 / FULL)

    def reset(self) -> None:
        """Forget who was there (a new source, size or engine)."""
        self._colours.reset()
        self._lasting.reset()
        self._reach.reset()
        self._motion.reset()


def _surely(alpha: Matte) -> Image:
    """Deep inside somebody who is surely there, and a little around that: uint8 (h, w) in 0..255."""
    deep = square(DEEP * max(alpha.shape))
    sure = cv2.erode(believed(alpha, SURE, SURER), deep, borderType=cv2.BORDER_REPLICATE)
    return around(np.asarray(sure, np.uint8), REACH)
