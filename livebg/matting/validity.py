"""Checks the small alpha that comes from the network: a dead network gives the same value everywhere.

It remembers how much of the picture the last valid alpha covered. Runs in the thread that runs the engine.
"""

from __future__ import annotations

from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame, fault_of, fault_of_network

NEARLY_ALL = 0.97  # of the picture: with more foreground than this, the composite shows the room
JUMP = 0.3  # of the picture, from one frame to the next: a person who comes close needs many frames


class ImplausibleError(ModelError):
    """A matte that might show the room: livebg does not show this frame, and keeps the engine."""


class ValidityCheck:
    """The check for the frames of one source, in order.

    is_live: also check how the foreground grows from frame to frame; a file can begin with a close-up.
    """

    def __init__(self, is_live: bool) -> None:
        self._is_live = is_live
        self._covered = 0.0

    def judged(self, alpha: Alpha, frame: Frame) -> Alpha:
        """Returns the same alpha, float32 (h, w) in 0..1. Raises ModelError where livebg cannot use it.

        alpha: the engine's, for this frame.
        """
        fault = fault_of(alpha, frame)
        if fault:
            raise ModelError(f"the engine's matte of {frame} cannot be used: {fault}")
        self.check(alpha)
        return alpha

    def check(self, alpha: Alpha) -> None:
        """Raises ModelError where the network looks dead, ImplausibleError where nearly all became foreground at once.

        alpha: float32 (h, w) in 0..1, valid by fault_of() in core/types.py.
        """
        values = alpha.values
        fault, covered = fault_of_network(values), float(values.mean())
        if fault:
            raise ModelError(fault)
        if self._is_live and covered >= NEARLY_ALL and covered - self._covered > JUMP:
            raise ImplausibleError(
                f"{covered:.0%} of the picture became foreground at once; if you are so close, move back a little"
            )
        self._covered = covered


class Judged:
    """A MattingEngine over another one, which it owns: raises ModelError for an alpha that is not valid."""

    def __init__(self, engine: MattingEngine, is_live: bool) -> None:
        """is_live: see ValidityCheck."""
        self._engine, self._check = engine, ValidityCheck(is_live)

    @property
    def description(self) -> str:
        return self._engine.description

    def matte(self, frame: Frame) -> Alpha:
        """The engine's alpha, float32 (h, w) in 0..1. Raises ModelError."""
        return self._check.judged(self._engine.matte(frame), frame)

    def reset(self) -> None:
        self._engine.reset()

    def close(self) -> None:
        self._engine.close()
