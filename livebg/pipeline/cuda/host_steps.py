"""The host's work for a frame whose network runs on a GPU: the chain's own steps on the small alpha, between the
device's two halves; and, if the device lacks a step that the settings need, the chain's last steps too.
Main thread.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Background, Composite, Frame, Image
from livebg.matting import support
from livebg.matting.chain import Causal, Chain, adjustments
from livebg.matting.item import Item
from livebg.matting.plate.correction import CleanPlate
from livebg.matting.steps import DetectMotion
from livebg.matting.temporal.motion import Motion
from livebg.matting.validity import ValidityCheck
from livebg.pipeline.cpu import SceneCompositor
from livebg.pipeline.loops import ADJUSTED
from livebg.scene.backgrounds.blur import BlurBackground
from livebg.scene.framing.composition import WHOLE

log = logging.getLogger(__name__)

USUAL = Settings()
ON_HOST = (*ADJUSTED, "light_wrap", "colour_match", "low_light")  # settings for which the device has no step


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """The host's results for a frame's second half. alpha: the corrected small one. motion: None: the edge uses this
    frame alone. plate: the empty room, BGR uint8 (H, W, 3), None if unknown. is_finished_by_host: the device returns
    only the full-size alpha. unsupported: cells where the alpha may not be, uint8 (support.unsupported).
    """

    alpha: Alpha
    motion: Motion | None
    plate: Image | None
    is_finished_by_host: bool
    unsupported: Image


class HostSteps:
    """small: the steps of the small alpha. plate: the plate step among them, or None. judge: checks the network's own
    answers, None for noise."""

    def __init__(self, small: Chain, plate: CleanPlate | None, stats: Stats, judge: ValidityCheck | None) -> None:
        self._small, self._plate, self._stats, self._judge = small, plate, stats, judge
        self._finish = adjustments(stats)
        self._compositor = SceneCompositor(plate, stats)
        self._said = ""

    def correct(self, alpha: Alpha, frame: Frame, settings: Settings, background: Background) -> Corrected:
        """alpha: the network's, valid by types.fault_of. Raises ModelError: this frame has no valid matte."""
        if self._judge is not None:
            self._judge.check(alpha)
        (item,) = self._small.feed(Item(frame, alpha), settings)
        if item.fault is not None:
            raise item.fault
        alpha = item.alpha
        return Corrected(
            alpha,
            item.motion if settings.settle else None,
            None if self._plate is None else self._plate.picture,
            self._finishes(settings, background),
            support.unsupported(alpha.values, frame.height, frame.width, settings),
        )

    def finish(self, item: Item, settings: Settings, background: Background) -> Composite:
        """The composite from a full-size alpha, by the settings. Raises ModelError, BackgroundError."""
        (item,) = self._finish.feed(item, settings)
        if item.fault is not None:
            raise item.fault
        return self._compositor.composite(item, settings, background)

    def for_noise(self) -> HostSteps:
        """The same for pictures without room or person, from which the steps must not learn."""
        unseen = Stats()
        return HostSteps(Chain([Causal("motion", DetectMotion())], unseen), None, unseen, None)

    def reset(self) -> None:
        """Forget what earlier frames left behind (a new source or size)."""
        self._small.reset()
        self._compositor.reset()

    def _finishes(self, settings: Settings, background: Background) -> bool:
        """Whether the host finishes the picture; logs it once for each reason."""
        missing = self.missing(settings, background)
        names = ", ".join(missing)
        if names and names != self._said:
            log.info("the processor finishes the picture: the GPU has no step for %s", names)
        self._said = names
        return bool(missing)

    def missing(self, settings: Settings, background: Background) -> tuple[str, ...]:
        """The names of settings in use for which the device has no step."""
        names = [each for each in ON_HOST if getattr(settings, each) != getattr(USUAL, each)]
        if settings.auto_frame or self._is_gliding_back:
            names.append("auto_frame")
        if not names:
            self._compositor.reset()
        if background.needs_matte and not isinstance(background, BlurBackground):
            names.append("this background")
        return tuple(names)

    @property
    def _is_gliding_back(self) -> bool:
        """The framing is not back at the whole picture yet."""
        return not np.array_equal(self._compositor.framing.crop, WHOLE)
