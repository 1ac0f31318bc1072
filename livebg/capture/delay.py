"""Delays a source by some frames, and shows each frame to a callback as it arrives.

For `--latency matched`: a frame's matte is made with the frames after it. No thread of its own: runs in its reader's.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from livebg.capture.wrapped import WrappedSource
from livebg.core.types import EndOfSource, Frame, FrameSource


class Delayed(WrappedSource):
    """A FrameSource over another one, which it owns: read() returns the frame `frames` before the newest.

    on_arrival: called with each frame when it arrives, in the reader's thread, before any read() returns it.
    """

    def __init__(self, source: FrameSource, frames: int, on_arrival: Callable[[Frame], None]) -> None:
        super().__init__(source)
        self._frames, self._on_arrival = frames, on_arrival
        self._held: deque[Frame] = deque()
        self._is_closed = False

    def read(self, timeout_s: float) -> Frame | None:
        """As in FrameSource; when the source has ended, the frames left come without waiting."""
        ends_at_s = time.monotonic() + timeout_s
        while True:
            if self._is_closed:
                raise EndOfSource
            try:
                frame = self._source.read(max(0.0, ends_at_s - time.monotonic()))
            except EndOfSource:
                if self._held and not self._is_closed:
                    return self._held.popleft()
                raise
            if frame is None:
                return None
            self._on_arrival(frame)
            self._held.append(frame)
            if len(self._held) > self._frames:
                return self._held.popleft()

    def rest(self, is_resting: bool) -> None:
        """Drops the frames from before a rest, so that none appears after it."""
        self._held.clear()
        super().rest(is_resting)

    def close(self) -> None:
        self._is_closed = True
        super().close()
        self._held.clear()
