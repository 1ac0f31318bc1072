"""The journey of one frame on the host: small alpha → steady alpha → full-size alpha → composite. Main thread.

Knows the order of the stages; those that need a library are handed in by app.py. Its twin on a GPU is in gpu/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from livebg.errors import ModelError
from livebg.scene.compose import cut_out, over
from livebg.settings import Settings
from livebg.stages import Alpha, Background, Composite, Frame, Matte, Matter, fault_of
from livebg.stats import Stats


@dataclass(frozen=True)
class HostJourney:
    """A stages.Journey; each stage is timed under its name."""

    matter: Matter
    smooth: Callable[[Alpha, Frame, float], Alpha]
    enlarge: Mapping[str, Callable[[Matte, Frame], Matte]]  # by settings.edges
    stats: Stats
    govern: Callable[[Settings], None] = lambda _: None

    is_asynchronous = False

    @property
    def description(self) -> str:
        return self.matter.description

    def begin(self, frame: Frame, settings: Settings, background: Background) -> HostTicket:
        return HostTicket(self, frame, settings, background)

    def composite(self, frame: Frame, settings: Settings, background: Background) -> Composite:
        """Raises ModelError: no valid matte of this frame."""
        stats = self.stats
        with stats.time("matte"):
            alpha = self.matter.matte(frame)
            fault = fault_of(alpha, frame)
            if fault:
                raise ModelError(fault)
        with stats.time("smooth"):
            steady = self.smooth(alpha, frame, settings.smoothing)
        with stats.time("edges"):
            full = self.enlarge[settings.edges](steady.values, frame)
        with stats.time("background"):
            picture = background.picture(frame, full)
        with stats.time("compose"):
            image = cut_out(frame.image, full) if background.is_transparent else over(frame.image, full, picture)
        return Composite(image, frame, full, background.is_transparent)

    def close(self) -> None:
        self.matter.close()


@dataclass(frozen=True, slots=True)
class HostTicket:
    """A stages.Ticket; all the work is done when it is finished."""

    journey: HostJourney
    frame: Frame
    settings: Settings
    background: Background

    def finish(self) -> Composite:
        return self.journey.composite(self.frame, self.settings, self.background)
