"""Frames that wait until what comes after them is known: so many are held, and half of them let go when it is full.

So each is judged with at least half a window of the future, at the cost of two steps back per frame. Knows nothing of
what is held. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Held = TypeVar("Held")


class Window(Generic[Held]):
    """In order of add(). look_back: is given all that are held, oldest first, and how many of them are done now: it
    goes from the newest to the oldest and finishes these."""

    def __init__(self, frames: int, look_back: Callable[[Sequence[Held], int], None]) -> None:
        self._most, self._look_back = max(2, frames), look_back
        self._held: list[Held] = []

    def add(self, held: Held, is_cut: bool) -> list[Held]:
        """Those that are done. is_cut: this one has nothing to do with those before it, which are done then."""
        done = self.flush() if is_cut else []
        self._held.append(held)
        return done + self._let_go(self._most // 2) if len(self._held) >= self._most else done

    def flush(self) -> list[Held]:
        """All that are left."""
        return self._let_go(len(self._held)) if self._held else []

    def _let_go(self, count: int) -> list[Held]:
        self._look_back(self._held, count)
        done, self._held = self._held[:count], self._held[count:]
        return done
