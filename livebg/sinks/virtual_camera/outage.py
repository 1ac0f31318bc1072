"""A virtual camera that is lost for a while: when to try again, and what to log."""

from __future__ import annotations

import logging
import time

from livebg.core.errors import SinkError

log = logging.getLogger(__name__)
RETRY_S = 0.5
QUIET_S = 10.0


class Outage:
    """A lost device, from begins() to is_over(); is_due() says when to try again."""

    def __init__(self) -> None:
        self._failure: SinkError | None = None
        self._lost = ""
        self._try_at_s = 0.0
        self._logged_at_s = float("-inf")
        self._is_logged = False

    def begins(self, failure: SinkError, name: str) -> None:
        """name: the device's, as it was when the failure came."""
        self._failure, self._lost, self._is_logged = failure, name, False
        self.lasts()

    def lasts(self) -> None:
        """A try failed."""
        now_s = time.monotonic()
        self._try_at_s = now_s + RETRY_S
        if not self._is_logged and now_s - self._logged_at_s >= QUIET_S:
            self._logged_at_s, self._is_logged = now_s, True
            log.warning("%s. Frames are dropped until it takes them again; livebg tries twice a second", self._failure)

    def is_due(self) -> bool:
        return time.monotonic() >= self._try_at_s

    def is_over(self, name: str) -> None:
        """name: the device's now. A new one is always logged: it is where other programs have to look."""
        if self._is_logged or name != self._lost:
            log.info("%s: is back", name)
