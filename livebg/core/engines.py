"""Protocols of matting engines, of what they can do besides, and of the steps that judge and correct their alphas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Matte


class MattingEngine(Protocol):
    """A matting engine: finds the foreground of a frame."""

    @property
    def description(self) -> str:
        """Engine, size, runtime and device with the reason, for one line of text."""
        ...

    def matte(self, frame: Frame) -> Alpha:
        """The alpha of exactly this frame, at the engine's own size. Raises ModelError."""
        ...

    def reset(self) -> None:
        """Forgets earlier frames (a new source or size)."""
        ...

    def close(self) -> None:
        """Releases everything; may be called twice."""
        ...


@runtime_checkable
class Resizable(Protocol):
    """A MattingEngine whose network can look at pictures of another size."""

    @property
    def matte_size(self) -> int:
        """Short side of the next picture that the network looks at, px."""
        ...

    def resize(self, matte_size: int) -> None:
        """From the next frame on; from any thread."""
        ...


@runtime_checkable
class LooksCloser(Protocol):
    """A MattingEngine that may look a second time, at the person alone."""

    @property
    def has_closer_look(self) -> bool:
        """False where it could not get what that needs."""
        ...

    def set_closer_look(self, is_on: bool) -> None:
        """From the next frame on; from any thread."""
        ...


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


@runtime_checkable
class Batches(MattingEngine, Protocol):
    """A MattingEngine that can look at several frames at once."""

    @property
    def at_once(self) -> int:
        """How many frames mattes() is best given."""
        ...

    def mattes(self, frames: Sequence[Frame]) -> list[Alpha]:
        """Of frames of one size, as matte() one by one. Raises ModelError where one of them has none."""
        ...


@runtime_checkable
class Foresees(MattingEngine, Protocol):
    """A MattingEngine whose mattes get better if it has seen what comes."""

    def foresee(self, frames: Iterable[Frame]) -> None:
        """Some of the frames that matte() gets next, .2 s apart, in order. Forgets earlier ones. Raises ModelError."""
        ...


class Correction(Protocol):
    """One named step that makes a small alpha better, whatever engine it came from."""

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
        """The better alpha of this frame, same size; the very same object where the step's setting is off.

        Off is as if it had never been there: what it remembers is forgotten then. Input is not written to.
        """
        ...

    def reset(self) -> None:
        """Forgets earlier frames (a new source, size or engine)."""
        ...
