"""A film's pictures as the live loop would make them, for comparison: the live journey and the shutter, no look ahead.

The same `feed` and `flush` as journey.py's. Caller's thread.
"""

from __future__ import annotations

from collections.abc import Iterator

from livebg.assembly import open_journey
from livebg.errors import LivebgError
from livebg.scene import open_background
from livebg.scene.card import Cards, load_own_card
from livebg.scene.shutter import Shutter
from livebg.settings import Settings, change
from livebg.stages import Composite, EndOfSource, Frame, SourceInfo
from livebg.stats import Stats
from livebg.tickets import Outcome


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


class LiveJourney:
    """failed: frames without a valid matte so far."""

    def __init__(self, settings: Settings, width: int, height: int, fps: float) -> None:
        self._settings = change(settings, {"latency": "lowest"})
        self._stats, self.failed = Stats(), 0
        self._journey, _ = open_journey(self._settings, Sizes(width, height, fps), self._stats, {"image and alpha"})
        try:
            self._background = open_background(settings)
            cards = Cards(self._background.standby(height, width), load_own_card(settings.standby))
        except BaseException:
            self._journey.close()
            raise
        self._shutter = Shutter(cards, is_live=False)

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
        shown = self._shutter.for_frame(
            Outcome(frame, composite, fault, standby, 0.0), self._settings, frame.captured_at_s
        )
        self._journey.govern(self._settings)
        yield shown

    def flush(self) -> Iterator[Composite]:
        """Nothing is held back."""
        return iter(())

    def close(self) -> None:
        self._background.close()
        self._journey.close()
