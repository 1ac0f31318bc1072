"""A source over another one, for sources that change one thing of it. Runs in its reader's thread."""

from __future__ import annotations

from livebg.core.types import Frame, FrameSource, SourceInfo


class WrappedSource:
    """A FrameSource that passes everything on to another one, which it owns."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    @property
    def dropped(self) -> int:
        return self._source.dropped

    def read(self, timeout_s: float) -> Frame | None:
        return self._source.read(timeout_s)

    def rest(self, is_resting: bool) -> None:
        self._source.rest(is_resting)

    def close(self) -> None:
        self._source.close()
