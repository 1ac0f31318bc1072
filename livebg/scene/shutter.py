"""The fail-closed rule: what may leave the program. The only place that decides it; pure, main thread.

No valid matte for this very frame means that the output shows the background alone, or a standby card, never
the camera's picture.
"""

from __future__ import annotations

import logging

import numpy as np

from livebg.stages import Alpha, Frame

log = logging.getLogger(__name__)


def fault_of(alpha: Alpha, frame: Frame) -> str:
    """Why this alpha may not be used for this frame; '' when it may.

    Valid is: of this very frame, two-dimensional float32, not empty, finite, in 0..1.
    """
    values = alpha.values
    if alpha.sequence != frame.sequence:
        return f"the matte is of frame {alpha.sequence}, not {frame.sequence}"
    if values.ndim != 2 or values.size == 0 or values.dtype != np.float32:
        return f"the matte is {values.dtype} of shape {values.shape}, not float32 (h, w)"
    low, high = float(values.min()), float(values.max())
    if not (low >= 0.0 and high <= 1.0):  # false for NaN too
        return f"the matte's values reach from {low:g} to {high:g}, not 0 to 1"
    return ""


class Shutter:
    """Remembers whether it is closed, so that a fault is said once when it begins and once when it ends."""

    def __init__(self) -> None:
        self._fault = ""

    def lets_through(self, fault: str) -> bool:
        """True when nothing is wrong with this frame's matte; logs each change of state once."""
        if fault and not self._fault:
            log.error("no valid matte (%s): the outputs show the standby picture until there is one", fault)
        elif not fault and self._fault:
            log.warning("valid mattes again")
        self._fault = fault
        return not fault
