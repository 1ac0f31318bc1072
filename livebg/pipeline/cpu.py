"""Processes one frame on the CPU: small alpha → corrected alpha → full-size alpha → composite. Processing thread.

Knows the order of the stages; cpu_build.py passes in those that need a library. pipeline/cuda/ has the GPU's twin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import (
    Alpha,
    Background,
    Composite,
    Correction,
    Enlarger,
    Frame,
    Image,
    Matte,
    MattingEngine,
    fault_of,
)
from livebg.matting import support
from livebg.scene.compositing.compositor import Compositor
from livebg.scene.framing.auto_frame import Framing


@dataclass(frozen=True)
class CpuProcessor:
    """A Processor; statistics have each stage's time under its name.

    corrections: by name, in the order of their work. plate: returns the empty room at full size, BGR uint8 (H, W, 3),
    or None if it is unknown for this frame's view.
    """

    matter: MattingEngine
    corrections: Mapping[str, Correction]
    edges: Enlarger
    stats: Stats
    govern: Callable[[Settings], None] = lambda _: None
    plate: Callable[[], Image | None] = lambda: None
    framing: Framing = field(default_factory=Framing)
    compositor: Compositor = field(default_factory=Compositor)

    is_asynchronous = False

    @property
    def description(self) -> str:
        return self.matter.description

    def begin(self, frame: Frame, settings: Settings, background: Background) -> CpuPendingFrame:
        return CpuPendingFrame(self, frame, settings, background)

    def composite(self, frame: Frame, settings: Settings, background: Background) -> Composite:
        """The frame's composite. Raises ModelError if there is no valid matte of this frame."""
        stats = self.stats
        alpha = self._corrected(frame, settings)
        with stats.time("edges"):
            full = self._enlarged(alpha, frame, settings)
        plate = self.plate()
        with stats.time("framing"):
            shown, full = self.framing.follow(frame, full, settings)
        if shown is not frame:
            plate = None  # of the whole view, not of the crop
        with stats.time("background"):
            picture = background.picture(shown, full)
        with stats.time("compose"):
            if background.is_transparent:
                image = self.compositor.cut_out(shown, full, settings, plate)
            else:
                image = self.compositor.over(shown, full, picture, settings, plate)
        return Composite(image, shown, full, background.is_transparent, float(alpha.values.mean()))

    def matte(self, frame: Frame, settings: Settings) -> Matte:
        """The frame's alpha at full size, float32 (H, W) in 0..1. Raises ModelError if there is no valid one."""
        return self._enlarged(self._corrected(frame, settings), frame, settings)

    def _corrected(self, frame: Frame, settings: Settings) -> Alpha:
        """The small alpha after all corrections. Raises ModelError."""
        with self.stats.time("matte"):
            alpha = _valid(self.matter.matte(frame), frame)
        for name, correction in self.corrections.items():
            with self.stats.time(name):
                alpha = correction.apply(alpha, frame, settings)
        return _valid(alpha, frame)

    def _enlarged(self, alpha: Alpha, frame: Frame, settings: Settings) -> Matte:
        """At full size, checked once more, since the enlarging may have spoilt it. Raises ModelError."""
        full = self.edges.enlarge(alpha, frame, settings)
        support.check(full, alpha.values, frame.height, frame.width, settings)
        return full

    def close(self) -> None:
        self.matter.close()


def _valid(alpha: Alpha, frame: Frame) -> Alpha:
    fault = fault_of(alpha, frame)
    if fault:
        raise ModelError(fault)
    return alpha


@dataclass(frozen=True, slots=True)
class CpuPendingFrame:
    """A PendingFrame; finish() does all the work."""

    journey: CpuProcessor
    frame: Frame
    settings: Settings
    background: Background

    def finish(self) -> Composite:
        return self.journey.composite(self.frame, self.settings, self.background)
