"""What the steps of chain.py are made of: each stage does one thing to one frame and needs no later one.

Every stage is a thin cover of the algorithm that does the work, which stands in a file of its own. One thread at a
time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Correction, MattingEngine, fault_of
from livebg.matting import support
from livebg.matting.item import Item
from livebg.matting.refine import pyramid
from livebg.matting.refine.adjust import finish
from livebg.matting.refine.guided_filter import Refiner, enlarge
from livebg.matting.temporal.cuts import Scenes
from livebg.matting.temporal.edge import EdgeFilter
from livebg.matting.temporal.motion import MotionDetector
from livebg.matting.temporal.smoothing import Smoother


class Stage(Protocol):
    """One thing done to one frame; it owns what it remembers between frames."""

    def apply(self, item: Item, settings: Settings) -> Item:
        """The frame with more of it found. Raises ModelError: it has no valid matte."""
        ...

    def reset(self) -> None:
        """Forget every frame (a new source, size or engine)."""
        ...


class Ask:
    """The small alpha, which must be valid. The engine stays its owner's."""

    def __init__(self, engine: MattingEngine) -> None:
        self._engine = engine

    def apply(self, item: Item, settings: Settings) -> Item:
        return CHECK.apply(replace(item, alpha=self._engine.matte(item.frame)), settings)

    def reset(self) -> None:
        self._engine.reset()


class CheckAlpha:
    """The small alpha is still one."""

    def apply(self, item: Item, settings: Settings) -> Item:  # noqa: ARG002 - the shape of a Stage
        fault = fault_of(item.alpha, item.frame)
        if fault:
            raise ModelError(fault)
        return item

    def reset(self) -> None:
        """Nothing is remembered."""


CHECK = CheckAlpha()


class DetectMotion:
    """Where the picture moved; looked for only where a later stage wants it."""

    def __init__(self) -> None:
        self._stillness = MotionDetector()

    def apply(self, item: Item, settings: Settings) -> Item:
        if settings.smoothing == 0 and not settings.settle:
            return item
        return replace(item, motion=self._stillness.see(item.frame))

    def reset(self) -> None:
        self._stillness.reset()


class DetectCuts:
    """Where the picture moved, and whether another scene begins: more surely than live, since films are cut."""

    def __init__(self) -> None:
        self._scenes = Scenes()

    def apply(self, item: Item, settings: Settings) -> Item:  # noqa: ARG002 - the shape of a Stage
        motion = self._scenes.see(item.frame)
        return replace(item, motion=motion, is_cut=motion.is_cut)

    def reset(self) -> None:
        self._scenes.reset()


class Correct:
    """A correction of the small alpha, begun anew with each scene."""

    def __init__(self, correction: Correction) -> None:
        self._correction = correction

    def apply(self, item: Item, settings: Settings) -> Item:
        if item.is_cut:
            self._correction.reset()
        alpha = self._correction.apply(item.alpha, item.frame, settings)
        return item if alpha is item.alpha else replace(item, alpha=alpha)

    def reset(self) -> None:
        self._correction.reset()


class Smooth:
    """The small alpha, steadied by earlier frames."""

    def __init__(self) -> None:
        self._smoother = Smoother()

    def apply(self, item: Item, settings: Settings) -> Item:
        return replace(item, alpha=self._smoother.apply(item.alpha, item.motion, settings))

    def reset(self) -> None:
        self._smoother.reset()


class GuidedFilter:
    """The full-size alpha of this frame alone, by settings.edges, and where it is in doubt."""

    def __init__(self) -> None:
        self._refiner = Refiner()

    def apply(self, item: Item, settings: Settings) -> Item:
        runs, cells = self._refiner.look(item.alpha.values, item.frame)
        if settings.edges == "guided":
            full = self._refiner.refined(item.frame)
        else:
            full = enlarge(item.alpha.values, item.frame)
        return replace(item, full=full, runs=runs, cells=cells)

    def reset(self) -> None:
        """Nothing is remembered but scratch memory."""


class PyramidGuidedFilter:
    """The full-size alpha of a photo, by settings.edges."""

    def apply(self, item: Item, settings: Settings) -> Item:
        if settings.edges == "guided":
            return replace(item, full=pyramid.refine(item.alpha.values, item.frame))
        return replace(item, full=enlarge(item.alpha.values, item.frame))

    def reset(self) -> None:
        """Nothing is remembered."""


class Settle:
    """The full-size edge, come to rest on that of earlier frames."""

    def __init__(self) -> None:
        self._settler = EdgeFilter()

    def apply(self, item: Item, settings: Settings) -> Item:
        if settings.settle:
            self._settler.settle(item.full, item.runs, item.cells, item.motion, item.frame.media_time_s)
        else:
            self._settler.reset()
        return item

    def reset(self) -> None:
        self._settler.reset()


class Adjust:
    """The full-size alpha as the user wants its edge."""

    def apply(self, item: Item, settings: Settings) -> Item:
        full = finish(item.full, settings)
        return item if full is item.full else replace(item, full=full)

    def reset(self) -> None:
        """Nothing is remembered."""


class CheckSupport:
    """The full-size alpha is one, and claims nothing that the small one does not support."""

    def apply(self, item: Item, settings: Settings) -> Item:
        support.check(item.full, item.alpha.values, item.frame.height, item.frame.width, settings)
        return item

    def reset(self) -> None:
        """Nothing is remembered."""
