"""What the live loop shows, for who asks to see it: keeps the newest composite while somebody asks, and nothing else.

The loop gives, askers' threads take. Shrinking and encoding are theirs (previews.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from livebg.core.live_settings import LiveSettings
from livebg.core.types import Composite
from livebg.pipeline.live.status import State

LINGER_S = 2.0  # after the last question the camera may rest again


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One composite as the outputs got it. is_own: its matte is of its very frame; else it is a standby image, or the
    last composite while no better one comes."""

    composite: Composite
    sequence: int
    state: State
    is_own: bool


class Feed:
    """One slot; the newest composite wins."""

    def __init__(self, controls: LiveSettings, linger_s: float = LINGER_S) -> None:
        """linger_s: somebody who has asked is there for so long."""
        self._controls, self._linger_s = controls, linger_s
        self._changed = threading.Condition()
        self._newest: Shown | None = None
        self._sequence = 0
        self._asked_until_s = self._alpha_until_s = float("-inf")

    @property
    def is_asked(self) -> bool:
        """Whether somebody looks."""
        return time.monotonic() < self._asked_until_s

    @property
    def needs_alpha(self) -> bool:
        """Whether somebody looks at what needs an alpha."""
        return time.monotonic() < self._alpha_until_s

    def give(self, composite: Composite, state: State, is_own: bool) -> None:
        """From the loop: what the outputs have just got. Never waits, and does nothing while nobody looks."""
        if not self.is_asked:
            self._newest = None
            return
        with self._changed:
            self._sequence += 1
            self._newest = Shown(composite, self._sequence, state, is_own)
            self._changed.notify_all()

    def next(
        self, suits: Callable[[Shown], bool], after: int | None, timeout_s: float, needs_alpha: bool = False
    ) -> Shown | None:
        """From an asker's thread: the newest one that suits, other than number `after`; None if none came in time.

        While the user hides, only what was made for that suits.
        """

        def is_there() -> bool:
            newest = self._newest
            return newest is not None and newest.sequence != after and self.may_be_seen(newest) and suits(newest)

        deadline_s = time.monotonic() + timeout_s
        self._note(deadline_s, needs_alpha)
        with self._changed:
            self._changed.wait_for(is_there, deadline_s - time.monotonic())
            self._note(time.monotonic(), needs_alpha)
            return self._newest if is_there() else None

    def may_be_seen(self, shown: Shown) -> bool:
        """Whether this still holds: false for what was made before the user hid."""
        return shown.state == "hidden" or not self._controls.settings.hide

    def _note(self, now_s: float, needs_alpha: bool) -> None:
        self._asked_until_s = max(self._asked_until_s, now_s + self._linger_s)
        if needs_alpha:
            self._alpha_until_s = max(self._alpha_until_s, now_s + self._linger_s)
