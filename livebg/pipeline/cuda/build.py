"""The GPU's journey for as long as the GPU works, then the host's; and what the host does for the GPU's frames.
Main thread.

The GPU's own steps down (graph, plain, smaller) are gpu/ladder.py's; here is the last one. A frame that the GPU fails
of gets the standby picture, and the host's engine is opened before the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from livebg.core.settings import Settings
from livebg.core.stats import MatteTotals, Stats
from livebg.core.types import Alpha, Background, Composite, Frame, Matte
from livebg.pipeline.processor import PendingFrame, Processor

if TYPE_CHECKING:
    from livebg.pipeline.cuda.host_steps import HostPart
    from livebg.pipeline.cuda.processor import GpuProcessor

log = logging.getLogger(__name__)

UNMADE = ("grow", "feather", "level_low", "level_high", "gamma", "frame", "light_wrap", "colour_match", "low_light")


def open_host_part(settings: Settings, stats: Stats, is_live: bool = False) -> HostPart:
    """The corrections of the host's own journey, and that journey's way from the full-size alpha on.

    settings: those of the start; is_live: as plausible.Plausible wants it.
    Raises SettingsError where they name a plate's file that is none.
    """
    from livebg.matting import support
    from livebg.matting.temporal.motion import Stillness
    from livebg.matting.validity import Plausible
    from livebg.pipeline.cpu_build import compile_loops, processor_over
    from livebg.pipeline.cuda.host_steps import HostPart
    from livebg.scene.framing.composition import WHOLE

    compile_loops()
    made, stillness = MadeElsewhere(), Stillness()
    whole = processor_over(made, settings, stats, stillness=stillness)
    tail = replace(whole, corrections={}, edges=made)

    def unmade(settings: Settings) -> tuple[str, ...]:
        usual = Settings()
        names = [each for each in UNMADE if getattr(settings, each) != getattr(usual, each)]
        if "frame" not in names and not np.array_equal(tail.framing.crop, WHOLE):
            names.append("frame")  # it glides back to the whole picture
        if not names:
            tail.framing.reset()
            tail.compositor.reset()
        return tuple(names)

    def show(frame: Frame, alpha: Alpha, full: Matte, settings: Settings, background: Background) -> Composite:
        made.alpha, made.full = alpha, full
        return tail.composite(frame, settings, background)

    resets = [each.reset for each in whole.corrections.values()]
    resets += [stillness.reset, tail.framing.reset, tail.compositor.reset]

    def reset() -> None:
        for each in resets:
            each()

    check = Plausible(is_live).check
    return HostPart(
        whole.corrections,
        stillness.see,
        whole.plate,
        unmade,
        show,
        reset,
        support.unsupported,
        support.judge,
        check,
    )


class MadeElsewhere:
    """A stages.MattingEngine and stages.Enlarger whose alphas have been made already: what is left is the finish."""

    description = "made elsewhere"

    def __init__(self) -> None:
        self.alpha, self.full = Alpha(np.zeros((1, 1), np.float32), -1), np.zeros((0, 0), np.float32)

    def matte(self, frame: Frame) -> Alpha:  # noqa: ARG002 - the Protocol's shape
        return self.alpha

    def enlarge(self, alpha: Alpha, frame: Frame, settings: Settings) -> Matte:  # noqa: ARG002 - the Protocol's shape
        from livebg.matting.refine.adjust import finish

        return finish(self.full, settings)

    def reset(self) -> None:
        """Nothing is remembered between frames."""

    def close(self) -> None:
        """Nothing to give back."""


class GpuOrHost:
    """A stages.Processor. open_host: called once, when the GPU is spent, may raise ModelError; closed here."""

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
        return GpuPendingFrame(self, self._gpu.begin(frame, settings, background))

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
class GpuPendingFrame:
    """A stages.PendingFrame whose device times are counted when it has come down."""

    journey: GpuOrHost
    ticket: PendingFrame

    @property
    def frame(self) -> Frame:
        return self.ticket.frame

    def finish(self) -> Composite:
        composite = self.ticket.finish()
        self.journey.count()
        return composite
