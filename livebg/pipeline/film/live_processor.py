"""A film's pictures as the live loop would make them, for comparison: the live journey and the shutter, no look ahead.

The same `feed` and `flush` as journey.py's. Caller's thread.
"""

from __future__ import annotations

from collections.abc import Iterator

from livebg.core.errors import LivebgError
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Composite, EndOfSource, Frame, Result, SourceInfo
from livebg.pipeline.live.build import open_processor
from livebg.scene.backgrounds import open_background
from livebg.scene.output_gate import OutputGate
from livebg.scene.standby import StandbyImages, load_standby_image


class Sizes:
    """A FrameSource that gives no frame: what the engine is opened for."""

    dropped = 0

    def __init__(self, width: int, height: int, fps: float) -> None:
        self.info = SourceInfo("film", width, height, fps, is_live=False)

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002 - there is none at any time
        raise EndOfSource

    def rest(self, is_resting: bool) -> None:
        """It is no device."""

    def close(self) -> None:
        """Nothing is kept open."""


class LiveFilmProcessor:
    """failed: frames without a valid matte so far."""

    def __init__(self, settings: Settings, width: int, height: int, fps: float) -> None:
        self._settings = change(settings, {"latency": "lowest"})
        self._stats, self.failed = Stats(), 0
        self._journey, _ = open_processor(self._settings, Sizes(width, height, fps), self._stats, {"image and alpha"})
        try:
            self._background = open_background(settings)
            cards = StandbyImages(self._background.standby(height, width), load_standby_image(settings.standby))
        except BaseException:
            self._journey.close()
            raise
        self._gate = OutputGate(cards, is_live=False)

    @property
    def description(self) -> str:
        return f"{self._journey.description}; as live"

    def reset(self) -> None:
        """A film is one segment here: there is nothing to forget."""

    def feed(self, frame: Frame) -> Iterator[Composite]:
        """Exactly one, of this frame."""
        composite, fault, background = None, "", self._background
        try:
            composite = self._journey.begin(frame, self._settings, background).finish()
        except LivebgError as failure:
            fault, self.failed = str(failure), self.failed + 1
        standby = background.standby(frame.height, frame.width)
        shown = self._gate.for_frame(Result(frame, composite, fault, standby, 0.0), self._settings, frame.captured_at_s)
        self._journey.govern(self._settings)
        yield shown

    def flush(self) -> Iterator[Composite]:
        """Nothing is held back."""
        return iter(())

    def close(self) -> None:
        self._background.close()
        self._journey.close()
