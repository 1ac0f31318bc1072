"""Blocks of sound with their capture times, on their way from a microphone to the recordings.

A feed is a bounded hand-off: one thread puts, one takes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

HELD_BLOCKS = 500  # about 10 s: after a longer stall of its disk a recording loses sound, counted


@dataclass(frozen=True, slots=True, eq=False)
class SoundBlock:
    """One block. samples: float32 (n, channels) in -1..1; captured_at_s: monotonic clock, of the first sample.

    age_s: the block's age when it arrived. is_after_gap: the sound just before it is lost.
    """

    samples: Samples
    captured_at_s: float
    age_s: float = 0.0
    is_after_gap: bool = False


@dataclass(frozen=True, slots=True)
class SoundInfo:
    name: str
    rate_hz: int
    channels: int


class SoundFeed:
    """One recording's blocks from a microphone. look: take() calls it each time, in its thread."""

    def __init__(self, look: Callable[[], None] = lambda: None) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._blocks: deque[SoundBlock] = deque()
        self._has_gap = self.is_closed = False
        self.lost_samples = 0

    def close(self) -> None:
        """Nothing more comes; what waits can still be taken. The microphone forgets this feed."""
        self.is_closed = True

    def put(self, sound: SoundBlock) -> None:
        """Never waits. Where too many blocks wait, it drops and counts the oldest and marks the one after it."""
        with self._lock:
            self._blocks.append(sound)
            if len(self._blocks) > HELD_BLOCKS:
                self.lost_samples += len(self._blocks.popleft().samples)
                self._has_gap = True

    def take(self) -> list[SoundBlock]:
        """Every block that came since the last call, in order."""
        self._look()
        with self._lock:
            taken = list(self._blocks)
            self._blocks.clear()
            if taken and self._has_gap:
                taken[0] = replace(taken[0], is_after_gap=True)
                self._has_gap = False
        return taken


class SoundSource(Protocol):
    """Where sound comes from."""

    @property
    def info(self) -> SoundInfo: ...

    def listen(self) -> SoundFeed:
        """A new feed for one recording, from now on."""
        ...

    def close(self) -> None:
        """Releases the device; may be called twice."""
        ...
