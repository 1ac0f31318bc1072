"""Steps of matting/chain.py as tests and benches use them: one by one, or in a processor of few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livebg.core.engines import MattingEngine
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting.chain import Causal, Chain
from livebg.matting.item import NO_MOTION, Item
from livebg.matting.steps import Adjust, Ask, Bound, DetectMotion, GuidedFilter, Settle, Stage
from livebg.matting.subject.reach import Reach
from livebg.matting.temporal.motion import MotionDetector
from livebg.matting.temporal.smoothing import Smoother
from livebg.pipeline.cpu import CpuProcessor, SceneCompositor


class FlatEdges:
    """A Stage: the whole frame gets the small alpha's first value, or what is left to 1 for plain edges."""

    def apply(self, item: Item, settings: Settings) -> Item:
        value = item.alpha.values[0, 0] if settings.edges == "guided" else 1 - item.alpha.values[0, 0]
        return replace(item, full=np.full((item.frame.height, item.frame.width), value, np.float32))

    def reset(self) -> None:
        """Nothing is remembered."""


class Smoothing:
    """A Correction: the small alpha steadied as a coarse one is live, with what tells motion."""

    def __init__(self) -> None:
        self._motion, self._smoother = MotionDetector(), Smoother()

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
        return self._smoother.apply(alpha, self._motion.see(frame), settings)

    def reset(self) -> None:
        self._motion.reset()
        self._smoother.reset()


class Bounded:
    """A Correction: the small alpha bounded as live to the reach of the people, with what tells motion."""

    def __init__(self) -> None:
        self._step = Causal("reach", DetectMotion(), Bound(Reach()))

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
        (item,) = self._step.feed(Item(frame, alpha), settings)
        return item.alpha

    def reset(self) -> None:
        self._step.reset()


class FullSize:
    """A small alpha brought to the frame's size as live; stillness: what tells motion."""

    def __init__(self, stillness: MotionDetector) -> None:
        self._stillness, self._step = stillness, Causal("edges", GuidedFilter(), Settle(), Adjust())

    def enlarge(self, alpha: Alpha, frame: Frame, settings: Settings) -> Matte:
        motion = self._stillness.see(frame) if settings.settle else NO_MOTION
        (item,) = self._step.feed(Item(frame, alpha, motion), settings)
        return item.full

    def reset(self) -> None:
        self._step.reset()


def processor(engine: MattingEngine, stats: Stats, *stages: Stage) -> CpuProcessor:
    """The engine's alpha and these stages, each timed under its class's name in small letters."""
    steps = [Causal(type(each).__name__.lower(), each) for each in stages]
    chain = Chain([Causal("matte", Ask(engine)), *steps], stats)
    return CpuProcessor(engine, chain, SceneCompositor(None, stats))
