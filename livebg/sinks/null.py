"""Sinks that write nothing: that of `--to none`, and one that counts composites, for tests. Caller's thread."""

from __future__ import annotations

from livebg.core.types import Composite, Reads


class NullSink:
    """Counts composites; `newest` is the last one."""

    def __init__(self, is_live: bool = False) -> None:
        self._is_live = is_live
        self.composites = 0
        self.newest: Composite | None = None

    @property
    def name(self) -> str:
        return "null"

    @property
    def reads(self) -> Reads:
        return "image and alpha"

    @property
    def is_live(self) -> bool:
        return self._is_live

    @property
    def is_watched(self) -> bool:
        return True

    def write(self, composite: Composite) -> None:
        self.composites += 1
        self.newest = composite

    def close(self) -> None:
        """Nothing to finish."""


class NoOutput:
    """`--to none`: nothing leaves livebg but the previews that the panel asks for. Nobody watches it."""

    @property
    def name(self) -> str:
        return "none"

    @property
    def reads(self) -> Reads:
        return "image"

    @property
    def is_live(self) -> bool:
        return True

    @property
    def is_watched(self) -> bool:
        return False

    def write(self, composite: Composite) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing to finish."""
