"""What a guided engine's finder believes, bounded as the light engine's own alpha is, before it guides the network.

A network of salient objects is sure of a chair, so a finder's moment of error beside somebody would show all of it. One
thread at a time.
"""

from __future__ import annotations

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting.refine.local_colour import LocalColour
from livebg.matting.subject.reach import Reach
from livebg.matting.temporal.motion import MotionDetector


class BoundBelief:
    """A core.guiding.Bound. settings: those at the start; without presence and colours it changes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._reach, self._motion = settings, Reach(), MotionDetector()
        self._colours = LocalColour()

    def apply(self, alpha: Alpha, frame: Frame) -> Alpha:
        """The alpha, float32 (h, w) in 0..1, only near people who are trusted; the same object if presence is off."""
        return self._reach.apply(alpha, self._motion.see(frame), self._settings)

    def edge(self, alpha: Alpha, frame: Frame) -> Matte:
        """What colours make of it, float32 (h, w) in 0..1: a finder's edge lies pixels beside the picture's."""
        return self._colours.apply(alpha, frame, self._settings).values

    def reset(self) -> None:
        """Forget who was there (a new source, size or engine)."""
        self._colours.reset()
        self._reach.reset()
        self._motion.reset()
