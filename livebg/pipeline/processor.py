"""A frame's way as the loop sees it: begun, pending, finished. The vocabulary between the two ends.

Knows nothing about what happens on the way, on the CPU (cpu.py) or on a GPU (cuda/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Background, Composite, Frame


class PendingFrame(Protocol):
    """A frame under way."""

    @property
    def frame(self) -> Frame: ...

    def finish(self) -> Composite:
        """What may be shown for exactly this frame; once, in the order of begin(). Raises ModelError where it has no
        valid matte, BackgroundError."""
        ...


class Processor(Protocol):
    """A frame's way from its picture to its composite, with everything between in one place: on the host or a GPU."""

    @property
    def description(self) -> str:
        """Engine, size, runtime and device with the reason, for one line of text."""
        ...

    @property
    def is_asynchronous(self) -> bool:
        """True where a frame goes on by itself once begun: a second may then be begun before the first is finished."""
        ...

    def begin(self, frame: Frame, settings: Settings, background: Background) -> PendingFrame: ...

    def govern(self, settings: Settings) -> None:
        """Called after each frame: count, and adapt to the load."""
        ...

    def close(self) -> None:
        """Give everything back; may be called twice."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Unmatted:
    """A frame without a valid matte, and why."""

    frame: Frame
    failure: ModelError
