"""The GPU's journey for as long as the GPU works, then the host's. Main thread.

The GPU's own steps down (graph, plain, smaller) are gpu/ladder.py's; here is the last one. A frame that the GPU fails
of gets the standby picture, and the host's engine is opened before the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livebg.settings import Settings
from livebg.stages import Background, Composite, Frame, Journey, Ticket
from livebg.stats import MatteTotals, Stats

if TYPE_CHECKING:
    from livebg.gpu.journey import GpuJourney

log = logging.getLogger(__name__)


class GpuOrHost:
    """A stages.Journey. open_host: called once, when the GPU is spent, may raise ModelError; closed here."""

    def __init__(self, gpu: GpuJourney, open_host: Callable[[], Journey], stats: Stats) -> None:
        self._gpu, self._open_host, self._stats = gpu, open_host, stats
        self._host: Journey | None = None
        self._frames = 0

    @property
    def description(self) -> str:
        return (self._host or self._gpu).description

    @property
    def is_asynchronous(self) -> bool:
        return self._host is None

    def begin(self, frame: Frame, settings: Settings, background: Background) -> Ticket:
        if self._host is None and self._gpu.is_spent:
            log.warning("%s; going on with the processor", self._gpu.description)
            self._gpu.close()
            self._host = self._open_host()
            log.info("engine: %s", self._host.description)
        if self._host is not None:
            return self._host.begin(frame, settings, background)
        return GpuTicket(self, self._gpu.begin(frame, settings, background))

    def count(self) -> None:
        """The newest finished frame's time in each of the device's stages."""
        self._frames += 1
        for name, spent_ms in self._gpu.stage_ms.items():
            self._stats.add(name, spent_ms / 1000)

    def govern(self, settings: Settings) -> None:
        if self._host is not None:
            self._host.govern(settings)
        else:
            self._stats.count_mattes(MatteTotals(key_frames=self._frames))

    def close(self) -> None:
        self._gpu.close()
        if self._host is not None:
            self._host.close()


@dataclass(frozen=True, slots=True)
class GpuTicket:
    """A stages.Ticket whose device times are counted when it has come down."""

    journey: GpuOrHost
    ticket: Ticket

    @property
    def frame(self) -> Frame:
        return self.ticket.frame

    def finish(self) -> Composite:
        composite = self.ticket.finish()
        self.journey.count()
        return composite
