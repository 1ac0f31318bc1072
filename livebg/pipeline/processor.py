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
    """A frame in processing."""

    @property
    def frame(self) -> Frame: ...

    def finish(self) -> Composite:
        """The composite of exactly this frame; call it once, in the order of begin(). Raises ModelError if it has no
        valid matte, BackgroundError."""
        ...


class Processor(Protocol):
    """Makes a composite from a frame, with all steps between, on the CPU or a GPU."""

    @property
    def description(self) -> str:
        """Engine, size, runtime and device with the reason, for one line of text."""
        ...

    @property
    def is_asynchronous(self) -> bool:
        """True if a frame proceeds by itself after begin(): a second one may begin before finish() of the first."""
        ...

    def begin(self, frame: Frame, settings: Settings, background: Background) -> PendingFrame: ...

    def govern(self, settings: Settings) -> None:
        """Counts, and adapts to the load; the loop calls it after each frame."""
        ...

    def reset(self) -> None:
        """The next frame is the first: forgets earlier ones. The engine stays open."""
        ...

    def close(self) -> None:
        """Releases everything; may be called twice."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Unmatted:
    """A frame without a valid matte, and why."""

    frame: Frame
    failure: ModelError
