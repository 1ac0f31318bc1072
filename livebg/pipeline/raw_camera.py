"""`--show-camera`: the camera's own picture in a conspicuous warning frame, for setting up. No matte, no engine.

The only way for the room to leave the program, and only if the user asked for it at the start. Processing thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livebg.core.settings import Settings
from livebg.core.types import Background, Composite, Frame
from livebg.sinks.preview.overlay import with_warning_frame


class ShownCamera:
    """A processor.Processor."""

    description = "none: --show-camera shows the room"
    is_asynchronous = False

    def begin(self, frame: Frame, settings: Settings, background: Background) -> ShownPendingFrame:  # noqa: ARG002 - the Protocol's shape
        return ShownPendingFrame(frame)

    def govern(self, settings: Settings) -> None:
        """Nothing to adapt."""

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to release."""


@dataclass(frozen=True, slots=True)
class ShownPendingFrame:
    """A processor.PendingFrame."""

    frame: Frame

    def finish(self) -> Composite:
        alpha = np.ones((self.frame.height, self.frame.width), np.float32)
        return Composite(with_warning_frame(self.frame.image), self.frame, alpha)
