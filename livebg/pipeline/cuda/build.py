"""Builds the GPU's processor from the settings; and what goes on with the CPU where the GPU is spent. Main thread.

The GPU's own fallback levels (CUDA graphs, plain, smaller) are fallback.py's; here is the last one. A frame that the
GPU fails of gets the standby picture, and the CPU's engine is opened before the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livebg.core.settings import Settings
from livebg.core.stats import MatteTotals, Stats
from livebg.core.types import Background, Composite, Frame
from livebg.pipeline.processor import PendingFrame, Processor

if TYPE_CHECKING:
    from livebg.pipeline.cuda.host_steps import HostSteps
    from livebg.pipeline.cuda.processor import GpuProcessor

log = logging.getLogger(__name__)


def open_host_steps(settings: Settings, stats: Stats, is_live: bool = False) -> HostSteps:
    """The chain's steps of the small alpha, and those from the full-size alpha on.

    settings: those of the start; is_live: as validity.ValidityCheck wants it.
    Raises SettingsError where they name a plate's file that is none.
    """
    from livebg.matting.chain import corrections
    from livebg.matting.validity import ValidityCheck
    from livebg.pipeline.cpu_build import compile_loops, open_plate
    from livebg.pipeline.cuda.host_steps import HostSteps

    compile_loops()
    plate = open_plate(settings)
    return HostSteps(corrections(plate, stats), plate, stats, ValidityCheck(is_live))


class GpuOrHost:
    """A processor.Processor. open_host: called once, when the GPU is spent, may raise ModelError; closed here."""

    def __init__(self, gpu: GpuProcessor, open_host: Callable[[], Processor], stats: Stats) -> None:
        self._gpu, self._open_host, self._stats = gpu, open_host, stats
        self._host: Processor | None = None
        self._frames = 0

    @property
    def description(self) -> str:
        return (self._host or self._gpu).description

    @property
    def is_asynchronous(self) -> bool:
        return self._host is None

    def begin(self, frame: Frame, settings: Settings, background: Background) -> PendingFrame:
        if self._host is None and self._gpu.is_spent:
            log.warning("%s; going on with the processor", self._gpu.description)
            self._gpu.close()
            self._host = self._open_host()
            log.info("engine: %s", self._host.description)
        if self._host is not None:
            return self._host.begin(frame, settings, background)
        return CountedFrame(self, self._gpu.begin(frame, settings, background))

    def count(self) -> None:
        """The newest finished frame's time in each of the device's steps."""
        self._frames += 1
        for name, spent_ms in self._gpu.step_ms.items():
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
class CountedFrame:
    """A processor.PendingFrame whose device times are counted when it has come down."""

    processor: GpuOrHost
    pending: PendingFrame

    @property
    def frame(self) -> Frame:
        return self.pending.frame

    def finish(self) -> Composite:
        composite = self.pending.finish()
        self.processor.count()
        return composite
