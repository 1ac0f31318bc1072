"""The stages that make up the steps of chain.py: each does one thing to one frame and needs no later frame.

A stage only calls its algorithm, which is in a file of its own. One thread at a time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from livebg.core.engines import Correction, MattingEngine
from livebg.core.errors import ModelError
from livebg.core.resize import is_fine
from livebg.core.settings import Settings
from livebg.core.types import Matte, fault_of
from livebg.matting import support
from livebg.matting.item import Item
from livebg.matting.refine import pyramid
from livebg.matting.refine.adjust import finish
from livebg.matting.refine.detail import with_detail
from livebg.matting.refine.guided_filter import Refiner, agreed, enlarge
from livebg.matting.subject.reach import Reach
from livebg.matting.temporal.cuts import Scenes
from livebg.matting.temporal.edge import EdgeFilter, params_for
from livebg.matting.temporal.holding import Holding
from livebg.matting.temporal.motion import MotionDetector
from livebg.matting.temporal.smoothing import FINE_LONGEST_S, LONGEST_S, Smoother


class Stage(Protocol):
    """Does one thing to one frame; it owns what it remembers between frames."""

    def apply(self, item: Item, settings: Settings) -> Item:
        """Returns the frame with more fields filled in. Raises ModelError where it has no valid matte."""
        ...

    def reset(self) -> None:
        """Forgets every frame (a new source, size or engine)."""
        ...


class Ask:
    """Gets the small alpha from the engine and checks it. Does not own the engine: its owner closes it."""

    def __init__(self, engine: MattingEngine) -> None:
        self._engine = engine

    def apply(self, item: Item, settings: Settings) -> Item:
        alpha = self._engine.matte(item.frame)
        return CHECK.apply(replace(item, alpha=alpha, detail=alpha.detail), settings)

    def reset(self) -> None:
        self._engine.reset()


class CheckAlpha:
    """Checks that the small alpha is still valid."""

    def apply(self, item: Item, settings: Settings) -> Item:  # noqa: ARG002 - the shape of a Stage
        fault = fault_of(item.alpha, item.frame)
        if fault:
            raise ModelError(fault)
        return item

    def reset(self) -> None:
        """Has no memory."""


CHECK = CheckAlpha()


class DetectMotion:
    """Finds where the picture moved, but only if a later stage needs it."""

    def __init__(self) -> None:
        self._detector = MotionDetector()

    def apply(self, item: Item, settings: Settings) -> Item:
        if settings.smoothing == 0 and not settings.settle:
            return item
        return replace(item, motion=self._detector.see(item.frame))

    def reset(self) -> None:
        self._detector.reset()


class DetectCuts:
    """Finds where the picture moved and whether a new scene begins: surer of it than live, since films have cuts."""

    def __init__(self) -> None:
        self._scenes = Scenes()

    def apply(self, item: Item, settings: Settings) -> Item:  # noqa: ARG002 - the shape of a Stage
        motion = self._scenes.see(item.frame)
        return replace(item, motion=motion, is_cut=motion.is_cut)

    def reset(self) -> None:
        self._scenes.reset()


class Correct:
    """Applies a correction to the small alpha; starts it anew with each scene."""

    def __init__(self, correction: Correction) -> None:
        self._correction = correction

    def apply(self, item: Item, settings: Settings) -> Item:
        if item.is_cut:
            self._correction.reset()
        alpha = self._correction.apply(item.alpha, item.frame, settings)
        return item if alpha is item.alpha else replace(item, alpha=alpha)

    def reset(self) -> None:
        self._correction.reset()


class CorrectCoarse:
    """Applies a correction to a coarse small alpha only: a photo's fine one shows the edge itself."""

    def __init__(self, correction: Correction) -> None:
        self._correct = Correct(correction)

    def apply(self, item: Item, settings: Settings) -> Item:
        return item if is_fine(item.alpha.values, item.frame) else self._correct.apply(item, settings)

    def reset(self) -> None:
        self._correct.reset()


class Hold:
    """Holds pieces of a fine small alpha that change where the picture does not."""

    def __init__(self) -> None:
        self._holding = Holding()

    def apply(self, item: Item, settings: Settings) -> Item:
        if settings.smoothing == 0 or not is_fine(item.alpha.values, item.frame):
            self._holding.reset()
            return item
        return replace(item, alpha=self._holding.apply(item.alpha, item.frame, item.motion))

    def reset(self) -> None:
        self._holding.reset()


class Smooth:
    """Smooths the small alpha over time."""

    def __init__(self) -> None:
        self._smoother = Smoother()

    def apply(self, item: Item, settings: Settings) -> Item:
        longest_s = FINE_LONGEST_S if is_fine(item.alpha.values, item.frame) else LONGEST_S
        return replace(item, alpha=self._smoother.apply(item.alpha, item.motion, settings, longest_s))

    def reset(self) -> None:
        self._smoother.reset()


class Bound:
    """Bounds the small alpha to the reach of the people."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def apply(self, item: Item, settings: Settings) -> Item:
        alpha = self._reach.apply(item.alpha, item.motion, settings)
        return item if alpha is item.alpha else replace(item, alpha=alpha)

    def reset(self) -> None:
        self._reach.reset()


class GuidedFilter:
    """Makes the full-size alpha from this frame alone, as settings.edges says, and finds the unknown region.

    A coarse alpha's edge must be moved onto the picture's; a fine one's is there already, and is made surer.
    """

    def __init__(self) -> None:
        self._refiner = Refiner()

    def apply(self, item: Item, settings: Settings) -> Item:
        if settings.settle or settings.edges == "guided":
            runs, cells = self._refiner.look(item.alpha.values, item.frame)
            item = replace(item, runs=runs, cells=cells)
        return replace(item, full=self._full(item, settings))

    def _full(self, item: Item, settings: Settings) -> Matte:
        small, frame = item.alpha.values, item.frame
        if settings.edges != "guided":
            full = enlarge(small, frame)
        elif is_fine(small, frame):
            full = agreed(enlarge(small, frame), self._refiner.refined(frame))
        else:
            full = self._refiner.refined(frame)
        return full if item.detail is None else with_detail(full, item.detail, small, frame)

    def reset(self) -> None:
        """Has only scratch memory."""


class PyramidGuidedFilter:
    """Makes the full-size alpha of a photo, as settings.edges says."""

    def apply(self, item: Item, settings: Settings) -> Item:
        to_full = enlarge
        if settings.edges == "guided":
            to_full = pyramid.sharpened if is_fine(item.alpha.values, item.frame) else pyramid.refine
        return replace(item, full=to_full(item.alpha.values, item.frame))

    def reset(self) -> None:
        """Has no memory."""


class Settle:
    """Filters the full-size edge over time; the alpha changes in place."""

    def __init__(self) -> None:
        self._edge_filter = EdgeFilter()

    def apply(self, item: Item, settings: Settings) -> Item:
        if settings.settle:
            params = params_for(item.alpha.values, item.frame, has_detail=item.detail is not None)
            self._edge_filter.settle(item.full, item.runs, item.cells, item.motion, item.frame.media_time_s, params)
        else:
            self._edge_filter.reset()
        return item

    def reset(self) -> None:
        self._edge_filter.reset()


class Adjust:
    """Adjusts the full-size alpha's edge as the user's settings say."""

    def apply(self, item: Item, settings: Settings) -> Item:
        full = finish(item.full, settings)
        return item if full is item.full else replace(item, full=full)

    def reset(self) -> None:
        """Has no memory."""


class CheckSupport:
    """Checks that the full-size alpha is valid, and that the small one supports it."""

    def apply(self, item: Item, settings: Settings) -> Item:
        support.check(item.full, item.alpha.values, item.frame.height, item.frame.width, settings)
        return item

    def reset(self) -> None:
        """Has no memory."""
