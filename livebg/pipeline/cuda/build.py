"""The GPU's journey for as long as the GPU works, then the host's; and what the host does for the GPU's frames.
Main thread.

The GPU's own steps down (graph, plain, smaller) are gpu/ladder.py's; here is the last one. A frame that the GPU fails
of gets the standby picture, and the host's engine is opened before the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from livebg.core.settings import Settings
from livebg.core.stats import MatteTotals, Stats
from livebg.core.types import Alpha, Background, Composite, Correction, Frame, Matte
from livebg.pipeline.processor import PendingFrame, Processor

if TYPE_CHECKING:
    from livebg.matting.temporal.edge_torch import Rule
    from livebg.pipeline.cuda.host_steps import HostPart
    from livebg.pipeline.cuda.processor import GpuProcessor

log = logging.getLogger(__name__)

UNMADE = ("grow", "feather", "level_low", "level_high", "gamma", "frame", "light_wrap", "colour_match", "low_light")


def open_host_part(settings: Settings, stats: Stats, is_live: bool = False) -> HostPart:
    """The CPU's own steps from the network's alpha to the full-size one, and its way from the settled one on.

    settings: those of the start; is_live: as plausible.Plausible wants it.
    Raises SettingsError where they name a plate's file that is none.
    """
    from livebg.matting import support
    from livebg.matting.chain import Causal
    from livebg.matting.item import NO_MOTION, Item
    from livebg.matting.refine.local_colour import LocalColours
    from livebg.matting.steps import Adjust, CheckAlpha, CheckSupport
    from livebg.matting.subject.selection import Subject
    from livebg.matting.temporal.motion import Stillness
    from livebg.matting.temporal.smoothing import Smoother
    from livebg.matting.validity import Plausible
    from livebg.pipeline.cpu import SceneCompositor
    from livebg.pipeline.cpu_build import compile_loops, open_plate
    from livebg.pipeline.cuda.host_steps import HostPart
    from livebg.scene.framing.composition import WHOLE

    compile_loops()
    plate, stillness, smoother = open_plate(settings), Stillness(), Smoother()
    compositor = SceneCompositor(plate, stats)
    edges = Causal("edges", CheckAlpha(), Adjust(), CheckSupport())

    class Smooth:
        """A Correction that looks for the motion itself."""

        reset = smoother.reset

        def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
            motion = stillness.see(frame) if settings.smoothing else NO_MOTION
            return smoother.apply(alpha, motion, settings)

    corrections: dict[str, Correction] = {
        "subject": Subject(),
        "plate": plate,
        "smooth": Smooth(),
        "colours": LocalColours(),
    }

    def unmade(settings: Settings) -> tuple[str, ...]:
        usual = Settings()
        names = [each for each in UNMADE if getattr(settings, each) != getattr(usual, each)]
        if "frame" not in names and not np.array_equal(compositor.framing.crop, WHOLE):
            names.append("frame")  # it glides back to the whole picture
        if not names:
            compositor.reset()
        return tuple(names)

    def show(frame: Frame, alpha: Alpha, full: Matte, settings: Settings, background: Background) -> Composite:
        with stats.time("edges"):
            (item,) = edges.feed(Item(frame, alpha, full=full), settings)
        return compositor.composite(item, settings, background)

    resets = [each.reset for each in corrections.values()] + [stillness.reset, compositor.reset]

    def reset() -> None:
        for each in resets:
            each()

    check = Plausible(is_live).check
    return HostPart(
        corrections,
        settling_rule(),
        stillness.see,
        lambda: plate.picture,
        unmade,
        show,
        reset,
        support.unsupported,
        support.judge,
        check,
    )


def settling_rule() -> Rule:
    """By which the host settles its own edges."""
    from livebg.matting.temporal import edge
    from livebg.matting.temporal import edge_numba as kernels
    from livebg.matting.temporal import motion as stillness
    from livebg.matting.temporal.edge_torch import Rule

    return Rule(
        rates_s=(edge.RATE_S, edge.FLAT_RATE_S),
        reference_fps=edge.REFERENCE_FPS,
        max_gap_s=stillness.MAX_GAP_S,
        still=(edge.STILL_LOW, edge.STILL_HIGH),
        moving=(edge.MOVING_LOW, edge.MOVING_HIGH),
        still_share=edge.STILL_SHARE,
        rest=float(kernels.REST),
        flat=float(kernels.FLAT * kernels.NINTH),
        flat_motion=float(kernels.FLAT_MOTION),
    )


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
