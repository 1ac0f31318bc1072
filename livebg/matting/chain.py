"""The steps from a frame to its full-size alpha, and their order: live, for a film, for a photo. No other file knows
the order.

A step takes one frame and returns zero or more, in order, each once: a causal step returns its frame at once, one that
looks ahead keeps a bounded number of frames waiting. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.matting.item import Item
from livebg.matting.plate.correction import CleanPlate
from livebg.matting.refine.local_colour import LocalColour
from livebg.matting.steps import (
    Adjust,
    Bound,
    CheckAlpha,
    CheckSupport,
    Correct,
    CorrectCoarse,
    DetectCuts,
    DetectMotion,
    GuidedFilter,
    Hold,
    PyramidGuidedFilter,
    Settle,
    Smooth,
    Stage,
)
from livebg.matting.subject.reach import Reach
from livebg.matting.subject.selection import Subject
from livebg.matting.temporal.edge_lookahead import SettleLookahead
from livebg.matting.temporal.smoothing_lookahead import SmoothLookahead


class Step(Protocol):
    """One step of a chain; it owns what it remembers between frames."""

    @property
    def name(self) -> str:
        """The name under which Stats counts its time."""
        ...

    def feed(self, item: Item, settings: Settings) -> Iterable[Item]:
        """Takes one frame without a fault; returns the finished frames. Read all of them before the next call.

        Raises ModelError where this frame has no valid matte.
        """
        ...

    def flush(self) -> Iterable[Item]:
        """Returns the frames that still wait, as if the clip ended here; the next frame begins another scene."""
        ...

    def reset(self) -> None:
        """Forgets every frame, also those that wait (a new source, size or engine)."""
        ...


class Causal:
    """A Step made of stages that need no later frame. Stats counts their time together, under one name."""

    def __init__(self, name: str, *stages: Stage) -> None:
        self.name, self._stages = name, stages

    def feed(self, item: Item, settings: Settings) -> tuple[Item]:
        for stage in self._stages:
            item = stage.apply(item, settings)
        return (item,)

    def flush(self) -> tuple[()]:
        return ()

    def reset(self) -> None:
        for stage in self._stages:
            stage.reset()


def causal(ask: Step, plate: CleanPlate, stats: Stats, has_presence: bool = True) -> Chain:
    """The steps of a live frame, which cannot look at later frames. ask: the step that fills in the small alpha.

    has_presence: False where the engine finds the people itself (core.guiding.Guided).
    """
    return Chain(
        [
            ask,
            *_corrected(plate, has_presence),
            Causal("edges", GuidedFilter(), Settle(), Adjust(), CheckSupport()),
        ],
        stats,
    )


def lookahead(ask: Step, plate: CleanPlate, stats: Stats, small: int, full: int, has_presence: bool = True) -> Chain:
    """The steps of a film's frame: they look at later frames too, but never across a scene cut.

    small, full: how many frames wait where the small alpha is smoothed, and where the full-size edge is.
    has_presence: see causal().
    """
    return Chain(
        [
            ask,
            Causal("cuts", DetectCuts()),
            Causal("subject", Correct(Subject(has_presence))),
            Causal("plate", Correct(plate)),
            Causal("smooth", Hold()),
            SmoothLookahead(small),
            Causal("reach", Bound(Reach(has_presence))),
            Causal("colours", Correct(LocalColour())),
            Causal("edges", CheckAlpha(), GuidedFilter()),
            SettleLookahead(full),
            Causal("edges", Adjust(), CheckSupport()),
        ],
        stats,
    )


def corrections(plate: CleanPlate, stats: Stats, has_presence: bool = True) -> Chain:
    """Only the steps that correct a live frame's small alpha. A GPU does the steps before and after them.

    has_presence: see causal().
    """
    return Chain(_corrected(plate, has_presence), stats)


def adjustments(stats: Stats) -> Chain:
    """Only the last steps of a live frame, for the alpha of a GPU that cannot adjust it as the settings say."""
    return Chain([Causal("edges", Adjust(), CheckSupport())], stats)


def _corrected(plate: CleanPlate, has_presence: bool) -> list[Step]:
    return [
        Causal("subject", Correct(Subject(has_presence))),
        Causal("plate", Correct(plate)),
        Causal("smooth", DetectMotion(), Hold(), Smooth()),
        Causal("reach", Bound(Reach(has_presence))),
        Causal("colours", Correct(LocalColour()), CheckAlpha()),
    ]


def still(ask: Step, plate: CleanPlate, stats: Stats, has_presence: bool = True) -> Chain:
    """The steps of a photo: there is no other frame, and the filter finds the edge from coarse to fine. A fine alpha
    has found it.

    has_presence: see causal().
    """
    return Chain(
        [
            ask,
            Causal("subject", Correct(Subject(has_presence))),
            Causal("plate", Correct(plate)),
            Causal("reach", Bound(Reach(has_presence))),
            Causal("colours", CorrectCoarse(LocalColour())),
            Causal("edges", CheckAlpha(), PyramidGuidedFilter(), Adjust(), CheckSupport()),
        ],
        stats,
    )


class Chain:
    """Steps in order. A frame without a valid matte comes out with its fault; the later steps first release the frames
    that wait in them, so that the frames stay in order. stats: gets the time of each step."""

    def __init__(self, steps: Sequence[Step], stats: Stats) -> None:
        self._steps, self._stats = steps, stats

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the steps, in order."""
        return tuple(step.name for step in self._steps)

    def feed(self, item: Item, settings: Settings) -> Iterator[Item]:
        """Takes one frame; yields the finished frames in order. Read all of them before the next call."""
        return self._through(0, item, settings)

    def flush(self, settings: Settings) -> Iterator[Item]:
        """Yields all frames that still wait; call reset() before the next feed()."""
        return self._drained(0, settings)

    def reset(self) -> None:
        """Drops the frames that wait; the next frame is the first."""
        for step in self._steps:
            step.reset()

    def _through(self, index: int, item: Item, settings: Settings) -> Iterator[Item]:
        """Sends one frame through the step of this index and all later ones."""
        for following, step in enumerate(self._steps[index:], index + 1):
            try:
                with self._stats.time(step.name):
                    done: Iterable[Item] = step.feed(item, settings)
            except ModelError as failure:
                done = (replace(item, fault=failure),)
            if not (isinstance(done, tuple) and len(done) == 1 and done[0].fault is None):
                yield from self._passed(following, done, settings)
                return
            (item,) = done  # the usual case, without a generator for each step
        yield item

    def _passed(self, index: int, items: Iterable[Item], settings: Settings) -> Iterator[Item]:
        """Sends frames that the step before this index returned through the step of this index and all later ones."""
        for item in items:
            if item.fault is None:
                yield from self._through(index, item, settings)
            else:
                yield from self._drained(index, settings)
                yield item

    def _drained(self, index: int, settings: Settings) -> Iterator[Item]:
        """Releases all frames that wait in the step of this index and in later ones."""
        for following, step in enumerate(self._steps[index:], index + 1):
            yield from self._passed(following, step.flush(), settings)
