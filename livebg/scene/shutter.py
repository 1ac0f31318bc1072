"""The fail-closed rule: what may leave the program. The only place that decides it; main thread.

No valid matte for this very frame means that the output shows the background alone, or a standby card, never
the camera's picture.
"""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


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
