"""A source whose frames come some frames late, while somebody already sees each as it arrives.

For `--latency matched`: the matte of a frame is made with what comes after it. Knows nothing about mattes. No thread
of its own: works in its reader's.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from livebg.core.types import EndOfSource, Frame, FrameSource, SourceInfo


class Delayed:
    """FrameSource over another one, which it owns: read() gives the frame that came `frames` frames before the newest.

    on_arrival: called with each frame when it comes, in the reader's thread, before any read() gives it.
    """

    def __init__(self, source: FrameSource, frames: int, on_arrival: Callable[[Frame], None]) -> None:
        self._source, self._frames, self._on_arrival = source, frames, on_arrival
        self._held: deque[Frame] = deque()
        self._is_closed = False

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    @property
    def dropped(self) -> int:
        return self._source.dropped

    def read(self, timeout_s: float) -> Frame | None:
        """As FrameSource says; when the source has ended, the frames still held come without waiting."""
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
        """Frames from before the rest are not shown after it."""
        self._held.clear()
        self._source.rest(is_resting)

    def close(self) -> None:
        self._is_closed = True
        self._source.close()
        self._held.clear()
