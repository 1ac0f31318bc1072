"""What all recordings of one run share: pauses, markers, and the number of lost frames.

The main thread changes it; recorders' threads read it.
"""

from __future__ import annotations

import logging
import math
import threading
import time

log = logging.getLogger(__name__)

MARKER_SHOWN_S = 2.0


class RecordingSession:
    """All times are of the monotonic clock. Each change replaces a whole tuple, so that readers need no lock."""

    def __init__(self) -> None:
        self.pauses: tuple[tuple[float, float], ...] = ()  # (begin, end); end is inf during a pause
        self.markers: tuple[float, ...] = ()
        self._lock = threading.Lock()
        self._said, self._said_s = "", -math.inf
        self.recordings = 0
        self.left_out = 0

    def begin(self) -> None:
        """A recording begins; the first one not in a pause that was meant for others."""
        with self._lock:
            self.recordings += 1
        if self.recordings == 1 and self.is_paused:
            self.pauses = (*self.pauses[:-1], (self.pauses[-1][0], time.monotonic()))

    def end(self) -> None:
        """A recording ends. Any thread."""
        with self._lock:
            self.recordings -= 1

    @property
    def is_paused(self) -> bool:
        return bool(self.pauses) and math.isinf(self.pauses[-1][1])

    def is_paused_at(self, at_s: float) -> bool:
        return any(begin_s <= at_s < end_s for begin_s, end_s in reversed(self.pauses))

    def toggle_pause(self, at_s: float) -> None:
        """Pauses every recording from this time on, or resumes them."""
        if not self._has_recordings("paused"):
            return
        if self.is_paused:
            self.pauses = (*self.pauses[:-1], (self.pauses[-1][0], at_s))
            log.info("the recording goes on after %.1f s", at_s - self.pauses[-1][0])
        else:
            self.pauses = (*self.pauses, (at_s, math.inf))
            log.info("the recording is paused; other outputs go on")

    def mark(self, at_s: float) -> None:
        """Sets a marker at this time."""
        if self._has_recordings("marked"):
            self.markers = (*self.markers, at_s)
            log.info("marker %d", len(self.markers))

    def say(self, text: str) -> None:
        """The window shows it for a moment."""
        self._said, self._said_s = text, time.monotonic()

    def notice(self) -> str:
        """The window's text about it now, '' for none."""
        if self.is_paused:
            return "recording paused (p goes on)"
        if time.monotonic() - self._said_s < MARKER_SHOWN_S:
            return self._said
        if self.markers and time.monotonic() - self.markers[-1] < MARKER_SHOWN_S:
            return f"marker {len(self.markers)}"
        return ""

    def _has_recordings(self, asked: str) -> bool:
        if not self.recordings:
            log.warning("there is no recording yet that could be %s", asked)
        return bool(self.recordings)
