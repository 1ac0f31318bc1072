"""A window of frames that wait until the frames after them are known; when it is full, half of it is released.

So each frame has at least half a window of future, at the cost of two backward steps per frame. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Held = TypeVar("Held")


class Window(Generic[Held]):
    """Frames in the order of add().

    look_back: takes all frames in the window, oldest first, and how many of them are done now; it goes from the newest
    to the oldest and finishes those.
    """

    def __init__(self, frames: int, look_back: Callable[[Sequence[Held], int], None]) -> None:
        self._most, self._look_back = max(2, frames), look_back
        self._held: list[Held] = []

    def add(self, held: Held, is_cut: bool) -> list[Held]:
        """Add a frame; returns those that are done.

        is_cut: this frame has nothing to do with those before it, so all of these are done.
        """
        done = self.flush() if is_cut else []
        self._held.append(held)
        return done + self._let_go(self._most // 2) if len(self._held) >= self._most else done

    def flush(self) -> list[Held]:
        """Returns all frames that are left."""
        return self._let_go(len(self._held)) if self._held else []

    def _let_go(self, count: int) -> list[Held]:
        self._look_back(self._held, count)
        done, self._held = self._held[:count], self._held[count:]
        return done
