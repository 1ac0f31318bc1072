"""Frames are asked about in order, one by one or several at once; one that fails takes no other with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from engines import Engine, scene, truth

from livebg.core.engines import Batches
from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame
from livebg.matting.chain import Causal, Chain, Step
from livebg.matting.item import Item
from livebg.matting.scheduling import ScheduledEngine
from livebg.matting.steps import Ask
from livebg.pipeline.film.batching import AskTogether


class Batch(Engine):
    """Looks at several at once; fails at every call that holds one of `bad`."""

    at_once = 4

    def __init__(self, bad: Sequence[int] = ()) -> None:
        super().__init__()
        self.bad, self.calls = bad, list[list[int]]()

    def matte(self, frame: Frame) -> Alpha:
        if frame.sequence in self.bad:
            raise ModelError(f"frame {frame.sequence} is bad")
        return super().matte(frame)

    def mattes(self, frames: Sequence[Frame]) -> list[Alpha]:
        self.calls.append([each.sequence for each in frames])
        return [self.matte(each) for each in frames]


def _chain(step: Step) -> Chain:
    return Chain([step], Stats())


def _one_by_one(engine: Engine) -> Step:
    return Causal("matte", Ask(ScheduledEngine(engine, is_live=False, still_gate=False)))


def _asked(step: Step, count: int) -> list[tuple[int, bool]]:
    """Numbers of the frames and whether they have a matte; each is its own."""
    chain, settings = _chain(step), Settings()
    done = [each for index in range(count) for each in chain.feed(Item(scene(index, 40 + 3 * index)), settings)]
    done += chain.flush(settings)
    for item in done:
        if item.fault is None:
            np.testing.assert_array_equal(item.alpha.values, truth(item.frame))
    return [(item.frame.sequence, item.fault is None) for item in done]


def test_one_by_one_each_is_there_at_once() -> None:
    engine = Engine()
    step = _one_by_one(engine)
    assert [each.frame.sequence for each in step.feed(Item(scene(0)), Settings())] == [0]
    step.reset()
    assert _asked(step, 9) == [(index, True) for index in range(9)]
    assert engine.resets == 1
    assert not isinstance(engine, Batches)


def test_several_go_to_the_engine_at_once() -> None:
    engine = Batch()
    assert isinstance(engine, Batches)
    together = AskTogether(engine, 1000)
    assert together.description == "engine of known answers; 4 frames at once"
    assert _asked(together, 10) == [(index, True) for index in range(10)]
    assert engine.calls == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    together.close()
    assert engine.closes == 1


def test_a_reset_drops_what_waits() -> None:
    engine = Batch()
    together = AskTogether(engine, 1000)
    assert not together.feed(Item(scene(0)), Settings())
    together.reset()
    assert engine.resets == 1
    assert not together.flush()
    assert not engine.calls


def test_large_frames_are_fewer_at_once() -> None:
    engine = Batch()
    _asked(AskTogether(engine, 45 << 20), 4)
    assert engine.calls == [[0, 1], [2, 3]]


@pytest.mark.parametrize("step", [lambda: _one_by_one(Batch([2])), lambda: AskTogether(Batch([2]), 1000)])
def test_only_the_frame_that_fails_has_none(step: Callable[[], Step]) -> None:
    assert _asked(step(), 6) == [(index, index != 2) for index in range(6)]


def test_what_is_no_alpha_is_refused() -> None:
    engine = Batch()
    engine.values = np.full((72, 128), np.nan, np.float32)
    (item,) = AskTogether(engine, 1 << 40).feed(Item(scene(0)), Settings())
    assert "cannot be used" in str(item.fault)
    engine.values = np.full((72, 128), 0.7, np.float32)
    (dead,) = AskTogether(engine, 1 << 40).feed(Item(scene(0)), Settings())
    assert "everywhere, as if dead" in str(dead.fault)
