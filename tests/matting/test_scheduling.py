"""Which frames the engine looks at; propagation is on only while it looks at fewer than there are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from engines import Engine, scene

from livebg.core.errors import ModelError
from livebg.matting import scheduling
from livebg.matting.propagation import occlusion_numba
from livebg.matting.scheduling import ScheduledEngine


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def scheduled(engine: Engine) -> Iterator[ScheduledEngine]:
    made = ScheduledEngine(engine, is_live=False, still_gate=False)
    yield made
    made.close()
    assert engine.closes == 1


def test_an_engine_that_keeps_up_looks_at_each_frame_and_nothing_is_propagated(
    scheduled: ScheduledEngine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling.PropagatingEngine, "matte", None)
    monkeypatch.setattr(scheduling.PropagatingEngine, "foresee", None)
    for n in range(5):
        scheduled.foresee(scene(n, 40 + 3 * n))
        assert scheduled.matte(scene(n, 40 + 3 * n)).sequence == n
    assert engine.seen == list(range(5))
    assert scheduled.description == engine.description


def test_the_stride_puts_propagation_on_and_off_and_the_counts_go_on(
    scheduled: ScheduledEngine, engine: Engine
) -> None:
    for n in range(12):
        if n in (3, 9):
            scheduled.set_stride(3 if n == 3 else 1)
        scheduled.matte(scene(n))
    assert engine.seen == [0, 1, 2, 3, 6, 9, 10, 11]
    assert (scheduled.counts.key_frames, scheduled.counts.propagated) == (8, 4)
    assert engine.resets == 0


def test_beside_the_caller_it_propagates_at_any_stride(engine: Engine) -> None:
    beside = ScheduledEngine(engine, is_live=True, in_worker=True)
    try:
        assert beside.matte(scene(0)).sequence == 0
        assert "beside the loop" in beside.description
        beside.set_stride(4)
        beside.set_stride(1)
        assert "beside the loop" in beside.description
    finally:
        beside.close()


@pytest.mark.parametrize(("stride", "seen"), [(1, [0, 4, 6]), (2, [0, 4, 5, 6, 7])])
def test_the_still_gate_holds_over_a_change_of_stride(engine: Engine, stride: int, seen: list[int]) -> None:
    scheduled = ScheduledEngine(engine, is_live=False, stride=stride)
    for n in range(4):
        scheduled.matte(scene(n))
    assert engine.seen == [0]
    scheduled.set_still_gate(False)
    scheduled.set_stride(3 - stride)
    for n in range(4, 8):
        scheduled.matte(scene(n))
    assert engine.seen == seen
    scheduled.reset()
    assert engine.resets == 1


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("value", "said"), [(np.nan, "cannot be used"), (0.7, "dead")])
def test_what_the_engine_answers_is_judged(engine: Engine, stride: int, value: float, said: str) -> None:
    engine.values = np.full((9, 9), value, np.float32)
    with pytest.raises(ModelError, match=said):
        ScheduledEngine(engine, is_live=False, stride=stride).matte(scene(0))


def test_a_stride_that_comes_later_finds_its_loops_compiled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    loops = (occlusion_numba.choose, occlusion_numba.fill)
    for each in loops:
        monkeypatch.setattr(each, "_machine_code", None)
    ScheduledEngine(engine, is_live=True).close()
    assert None not in [each._machine_code for each in loops]
