"""Frames are looked at in order, one by one or several at once; one that fails takes no other with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from engines import Engine, scene, truth

from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame
from livebg.pipeline.film.batching import Batches, Looking, OneByOne, Together


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


def _looked(looking: Looking, count: int) -> list[tuple[int, bool]]:
    """Numbers of the frames and whether they have a matte; each is its own."""
    looks = [each for index in range(count) for each in looking.add(scene(index, 40 + 3 * index))]
    looks += looking.flush()
    for frame, answer in looks:
        if isinstance(answer, Alpha):
            np.testing.assert_array_equal(answer.values, truth(frame))
    return [(frame.sequence, isinstance(answer, Alpha)) for frame, answer in looks]


def test_one_by_one_each_is_there_at_once() -> None:
    engine = Engine()
    looking = OneByOne(engine, stride=1, still_gate=False)
    assert [each.sequence for each, _ in looking.add(scene(0))] == [0]
    assert _looked(looking, 9) == [(index, True) for index in range(9)]
    assert engine.resets == 1
    assert not isinstance(engine, Batches)


def test_several_go_to_the_engine_at_once() -> None:
    engine = Batch()
    assert isinstance(engine, Batches)
    assert _looked(Together(engine, 1000), 10) == [(index, True) for index in range(10)]
    assert engine.calls == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_large_frames_are_fewer_at_once() -> None:
    engine = Batch()
    _looked(Together(engine, 45 << 20), 4)
    assert engine.calls == [[0, 1], [2, 3]]


@pytest.mark.parametrize("looking", [lambda: OneByOne(Batch([2]), 1, False), lambda: Together(Batch([2]), 1000)])
def test_only_the_frame_that_fails_has_none(looking: type[Looking]) -> None:
    assert _looked(looking(), 6) == [(index, index != 2) for index in range(6)]


def test_what_is_no_alpha_is_refused() -> None:
    engine = Batch()
    engine.values = np.full((72, 128), np.nan, np.float32)
    ((_, answer),) = [*Together(engine, 1 << 40).add(scene(0))]
    assert isinstance(answer, ModelError)
    engine.values = np.full((72, 128), 0.7, np.float32)
    ((_, dead),) = [*Together(engine, 1 << 40).add(scene(0))]
    assert "everywhere, as if dead" in str(dead)
