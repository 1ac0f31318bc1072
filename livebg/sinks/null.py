"""Sinks that write nothing: that of `--to none`, and one that counts composites, for tests. Caller's thread."""

from __future__ import annotations

from livebg.core.types import Composite, Reads


class NullSink:
    """Counts composites; `newest` is the last one."""

    name = "null"
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(self, is_live: bool = False) -> None:
        self.is_live = is_live
        self.composites = 0
        self.newest: Composite | None = None

    def write(self, composite: Composite) -> None:
        self.composites += 1
        self.newest = composite

    def close(self) -> None:
        """Nothing to finish."""


class NoOutput:
    """`--to none`: nothing leaves livebg but the previews that the panel asks for. Nobody watches it."""

    name = "none"
    is_live = True
    is_watched = False
    reads: Reads = "image"

    def write(self, composite: Composite) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing to finish."""
