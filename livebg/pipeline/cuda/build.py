"""Builds the GPU's processor from the settings, and the CPU's where the GPU gives up. Main thread.

fallback.py has the GPU's own fallback levels (CUDA graphs, plain, smaller); the last one is here. If the GPU fails on
a frame, that frame gets the standby image, and the CPU's engine opens before the next.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livebg.core.settings import Settings
from livebg.core.stats import MatteTotals, Stats
from livebg.core.types import Background, Composite, Frame
from livebg.pipeline.processor import PendingFrame, Processor

if TYPE_CHECKING:
    from livebg.pipeline.cuda.host_steps import HostSteps
    from livebg.pipeline.cuda.load_control import GpuLoadControl
    from livebg.pipeline.cuda.processor import GpuProcessor
    from livebg.pipeline.loops import Preparation

log = logging.getLogger(__name__)


def open_host_steps(
    settings: Settings,
    stats: Stats,
    is_live: bool = False,
    has_presence: bool = True,
    preparation: Preparation | None = None,
) -> HostSteps:
    """The chain's steps of the small alpha, and those from the full-size alpha on.

    settings: those at the start; is_live: see validity.ValidityCheck; has_presence: see chain.causal().
    preparation: for who waits. Raises SettingsError if they name a plate file that is none.
    """
    from livebg.matting.chain import corrections
    from livebg.matting.validity import ValidityCheck
    from livebg.pipeline.cpu_build import open_plate
    from livebg.pipeline.cuda.host_steps import HostSteps
    from livebg.pipeline.loops import prepare_loops

    prepare_loops(settings, preparation)
    plate = open_plate(settings)
    return HostSteps(corrections(plate, stats, has_presence), plate, stats, ValidityCheck(is_live))


class GpuOrHost:
    """A processor.Processor. open_host: opens the CPU's processor once, when the GPU gives up; may raise
    ModelError; closed here. control: controls a camera's load."""

    def __init__(
        self,
        gpu: GpuProcessor,
        open_host: Callable[[], Processor],
        stats: Stats,
        control: GpuLoadControl | None = None,
    ) -> None:
        self._gpu, self._open_host, self._stats, self._control = gpu, open_host, stats, control
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
        began_s = time.perf_counter()
        pending = self._gpu.begin(frame, settings, background)
        return CountedFrame(self, pending, time.perf_counter() - began_s)

    def count(self, busy_s: float) -> None:
        """The newest finished frame: this thread's time for it, and the device's for each step."""
        self._frames += 1
        if self._control is not None:
            self._control.took(busy_s)
        for name, spent_ms in self._gpu.step_ms.items():
            self._stats.add(name, spent_ms / 1000)

    def govern(self, settings: Settings) -> None:
        if self._host is not None:
            self._host.govern(settings)
        else:
            self._stats.count_mattes(MatteTotals(key_frames=self._frames))
            if self._control is not None:
                self._control(settings)

    def reset(self) -> None:
        (self._host or self._gpu).reset()

    def close(self) -> None:
        self._gpu.close()
        if self._host is not None:
            self._host.close()


@dataclass(frozen=True, slots=True)
class CountedFrame:
    """A processor.PendingFrame; counts its times when it is finished. begin_s: what its begin took."""

    processor: GpuOrHost
    pending: PendingFrame
    begin_s: float

    @property
    def frame(self) -> Frame:
        return self.pending.frame

    def finish(self) -> Composite:
        began_s = time.perf_counter()
        composite = self.pending.finish()
        self.processor.count(self.begin_s + time.perf_counter() - began_s)
        return composite
