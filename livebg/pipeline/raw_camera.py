"""`--show-camera`: the camera's own picture, for setting up, in a frame that nobody overlooks. No matte, no engine.

The only way on which the room may leave the program, and only where the user asked for it at the start. The pictures'
thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livebg.core.settings import Settings
from livebg.core.types import Background, Composite, Frame
from livebg.sinks.preview.overlay import framed


class ShownCamera:
    """A processor.Processor."""

    description = "none: --show-camera shows the room"
    is_asynchronous = False

    def begin(self, frame: Frame, settings: Settings, background: Background) -> ShownPendingFrame:  # noqa: ARG002 - the Protocol's shape
        return ShownPendingFrame(frame)

    def govern(self, settings: Settings) -> None:
        """Nothing to adapt."""

    def close(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True)
class ShownPendingFrame:
    """A processor.PendingFrame."""

    frame: Frame

    def finish(self) -> Composite:
        alpha = np.ones((self.frame.height, self.frame.width), np.float32)
        return Composite(framed(self.frame.image), self.frame, alpha)
