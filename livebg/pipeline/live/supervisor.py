"""Supervises the processing thread: gives the loop the next result, and replaces a thread that hangs. Main thread.

Whatever hangs or fails on a frame's way, the loop goes on. Knows nothing about what is made there (worker.py).
"""

from __future__ import annotations

import logging

from livebg.core.live_settings import LiveSettings
from livebg.core.stats import Stats
from livebg.core.types import Result
from livebg.pipeline.live.worker import RENEW_S, Openers, ProcessingThread

log = logging.getLogger(__name__)

STUCK_S = 5.0  # then a new thread with a new engine replaces the one that hangs
MOST_STUCK = 3  # abandoned threads; each keeps its engine's memory


class Supervisor:
    """Owns the processing thread. stuck_s: a frame that takes longer has hung. renew_s: see ProcessingThread."""

    def __init__(
        self, openers: Openers, controls: LiveSettings, stats: Stats, stuck_s: float = STUCK_S, renew_s: float = RENEW_S
    ) -> None:
        self._openers, self._controls, self._stats = openers, controls, stats
        self._stuck_s, self._renew_s = stuck_s, renew_s
        self._stuck = 0
        self._thread = self._new_thread()

    def _new_thread(self) -> ProcessingThread:
        return ProcessingThread(
            self._openers, self._controls, self._stats, is_first=not self._stuck, renew_s=self._renew_s
        )

    @property
    def description(self) -> str:
        """The engine's, '' until it is open."""
        return self._thread.description

    @property
    def ready_at_s(self) -> float | None:
        """Monotonic clock when the first engine was open; None until then."""
        return self._thread.ready_at_s

    @property
    def dropped(self) -> int:
        """Frames that the source dropped since then."""
        return self._thread.dropped

    def next(self, timeout_s: float) -> Result | None:
        """The next frame's result, None if none came in time. Raises Closed after the last one, SourceError, and the
        failure to open the first engine."""
        result = self._thread.slot.get(timeout_s)
        if result is None and self._thread.stuck_s > self._stuck_s and self._stuck < MOST_STUCK:
            self._stuck += 1
            last = "; this was the last time: start livebg again" if self._stuck == MOST_STUCK else ""
            log.error(
                "the engine has not answered for %g s: livebg leaves it behind and opens a new one%s",
                self._stuck_s,
                last,
            )
            self._thread.slot.close()
            self._thread = self._new_thread()
        return result

    def forget(self) -> None:
        """The next frame is the first: nothing of earlier ones counts."""
        self._thread.forget()

    def close(self) -> None:
        """Ends the thread. If it does not end in time, logs that; it ends by itself later, when it can."""
        self._thread.stop()
