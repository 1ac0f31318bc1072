"""How the steps ask; who answers is in livebg/cli/dialogue.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Dialogue(Protocol):
    """Raises KeyboardInterrupt for Ctrl-C; no answer is the safe one: no, or the default."""

    def agrees(self, question: str) -> bool:
        """A question that no answers safely."""
        ...

    def chooses(self, question: str, choices: Sequence[str], default: int) -> int:
        """The number of one of the choices, from 0."""
        ...

    @property
    def is_asking(self) -> bool:
        """Whether somebody answers."""
        ...
