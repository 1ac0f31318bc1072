"""An engine that is guided by another, which finds people, and what is believed of the finder."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from livebg.core.types import Alpha, Frame, Matte, MattingEngine


@runtime_checkable
class Guided(MattingEngine, Protocol):
    """A MattingEngine of people in two parts, one thread each: find() is quick and sure, detail() slow and fine.

    matte() is both.
    """

    def find(self, frame: Frame) -> Alpha:
        """Where people are in this frame, float32 in 0..1 at a size of its own. Raises ModelError."""
        ...

    @property
    def unguided(self) -> MattingEngine:
        """The same network without the guide: its foreground is whatever stands out."""
        ...

    def detail(self, frame: Frame, belief: Alpha) -> Alpha:
        """The alpha of this frame, where the belief, find()'s answer to it, allows one. Raises ModelError."""
        ...

    def bound_by(self, bound: Bound) -> None:
        """From now on matte() takes find()'s answer as `bound` leaves it, which it owns. find() answers as before."""
        ...


class Bound(Protocol):
    """Judges a finder's alpha before that guides another: apply(), then edge(), of frame after frame."""

    def apply(self, alpha: Alpha, frame: Frame) -> Alpha:
        """The alpha without what is not believed, same size; input is not written to."""
        ...

    def edge(self, alpha: Alpha, frame: Frame) -> Matte:
        """apply()'s answer with its edge where this frame shows it, float32 (h, w) in 0..1, same size."""
        ...

    def reset(self) -> None:
        """Forgets earlier frames (a new source, size or engine)."""
        ...
