"""Passes every composite to a function of the caller: the Python API's live loop. Main thread."""

from __future__ import annotations

from collections.abc import Callable

from livebg.core.types import Composite, Reads


class CallbackSink:
    """Calls `function(composite)`; its exceptions end the loop and reach the caller of livebg.run."""

    name = "callback"
    is_live = False
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(self, function: Callable[[Composite], None]) -> None:
        self._function = function

    def write(self, composite: Composite) -> None:
        self._function(composite)

    def close(self) -> None:
        """Nothing to release."""
