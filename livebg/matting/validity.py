"""Whether an alpha that is valid by its numbers can be true at all: what a dead network answers is not.

Judges the network's own small alpha, before anything is made of it, and remembers how much of the picture the last
one that passed had covered. Whichever thread runs the engine.
"""

from __future__ import annotations

from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame, MattingEngine, fault_of

NEARLY_ALL = 0.97  # of the picture: with more of it foreground, the composite is the room
JUMP = 0.3  # of the picture, from one frame to the next: a person who comes close takes many frames for that
FLAT = 1e-4  # between the least and the greatest alpha: no picture of a room or a person gives that
NOBODY = 0.02  # a flat alpha below it is an empty room
SMALLEST_PX = 64  # a smaller alpha says nothing about being flat


class ImplausibleError(ModelError):
    """A matte that may show the room: the frame is not shown, the engine is left as it is."""


class Plausible:
    """One judge for the frames of one source, in turn.

    is_live: also judge how the foreground grows from frame to frame; a file may begin with a close-up.
    """

    def __init__(self, is_live: bool) -> None:
        self._is_live = is_live
        self._covered = 0.0

    def judged(self, alpha: Alpha, frame: Frame) -> Alpha:
        """The engine's alpha of this frame, the very same. Raises ModelError where it may not be used."""
        fault = fault_of(alpha, frame)
        if fault:
            raise ModelError(f"the engine's matte of {frame} cannot be used: {fault}")
        self.check(alpha)
        return alpha

    def check(self, alpha: Alpha) -> None:
        """alpha: valid by stages.fault_of. Raises ModelError: dead; ImplausibleError."""
        values = alpha.values
        low, high, covered = float(values.min()), float(values.max()), float(values.mean())
        if values.size >= SMALLEST_PX and high - low < FLAT and high > NOBODY:
            raise ModelError(f"the network answers {high:.2f} everywhere, as if dead; it is opened anew if it goes on")
        if self._is_live and covered >= NEARLY_ALL and covered - self._covered > JUMP:
            raise ImplausibleError(
                f"{covered:.0%} of the picture became foreground at once; if you are so close, move back a little"
            )
        self._covered = covered


class Judged:
    """A MattingEngine over another one, which it owns: what may not be used of its answers is a ModelError."""

    def __init__(self, engine: MattingEngine, is_live: bool) -> None:
        """is_live: as Plausible wants it."""
        self._engine, self._plausible = engine, Plausible(is_live)

    @property
    def description(self) -> str:
        return self._engine.description

    def matte(self, frame: Frame) -> Alpha:
        return self._plausible.judged(self._engine.matte(frame), frame)

    def reset(self) -> None:
        self._engine.reset()

    def close(self) -> None:
        self._engine.close()
