"""A device that fails while it is in use: when to try it again, and what is said of it, once each.

Knows nothing about the device. A device that comes and goes is not told more than every ten seconds.
"""

from __future__ import annotations

import logging
import time

from livebg.core.errors import SinkError

log = logging.getLogger(__name__)

RETRY_S = 0.5
QUIET_S = 10.0


class Outage:
    """From begins() to is_over(); is_due() says when to try again."""

    def __init__(self) -> None:
        self._failure: SinkError | None = None
        self._try_at_s = 0.0
        self._told_at_s = float("-inf")
        self._is_told = False

    def begins(self, failure: SinkError) -> None:
        self._failure, self._is_told = failure, False
        self.lasts()

    def lasts(self) -> None:
        """A try has failed."""
        now_s = time.monotonic()
        self._try_at_s = now_s + RETRY_S
        if not self._is_told and now_s - self._told_at_s >= QUIET_S:
            self._told_at_s, self._is_told = now_s, True
            log.warning("%s. Frames are dropped until it takes them again; it is tried twice a second", self._failure)

    def is_due(self) -> bool:
        return time.monotonic() >= self._try_at_s

    def is_over(self, name: str) -> None:
        if self._is_told:
            log.info("%s: is back", name)
