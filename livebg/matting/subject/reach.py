"""What is no more than half believed counts only near somebody who is surely there: soft hair does, a chair does not.

It is made for the alpha after smoothing, as a bound that trembles would show. One thread at a time.
"""

from __future__ import annotations

from livebg.core.nearness import near_people
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame


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
        return Alpha(near_people(alpha.values), alpha.sequence)

    def reset(self) -> None:
        """Has no memory."""
