"""An engine asked in the caller's thread or its own answers the same, is checked, and its thread ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from engines import Engine, scene, truth
from patience import HANGS_S, SLACK

from livebg.matting.propagation import inference
from livebg.matting.propagation.inference import InlineKeys, KeyFrames, WorkerKeys
from livebg.matting.validity import Judged

MAKERS: dict[str, Callable[[Engine], KeyFrames]] = {
    "inline": lambda engine: InlineKeys(Judged(engine, is_live=False)),
    "worker": lambda engine: WorkerKeys(Judged(engine, is_live=False)),
}


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture(params=MAKERS)
def keys(request: pytest.FixtureRequest, engine: Engine) -> Iterator[KeyFrames]:
    made = MAKERS[request.param](engine)
    yield made
    engine.gate.set()
    made.close()


def test_an_answer_is_the_engines(keys: KeyFrames, engine: Engine) -> None:
    assert keys.answer(0) is None
    keys.ask(scene(3))
    assert keys.is_busy
    answer = keys.answer(2)
    assert answer is not None
    assert answer.alpha is not None
    assert answer.failure is None
    assert answer.sequence == 3
    assert answer.duration_s >= 0
    assert np.array_equal(answer.alpha.values, truth(scene(3)))
    assert not keys.is_busy
    assert (threading.get_ident() in engine.threads) is keys.is_inline


def test_a_failure_is_an_answer_and_the_next_may_succeed(keys: KeyFrames, engine: Engine) -> None:
    engine.fails = True
    keys.ask(scene(0))
    answer = keys.answer(2)
    assert answer is not None
    assert answer.alpha is None
    assert "the engine failed" in str(answer.failure)
    engine.fails = False
    keys.ask(scene(1))
    assert keys.answer(2).alpha is not None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "values",
    [
        np.full((4, 4), np.nan, np.float32),
        np.full((4, 4), 1.5, np.float32),
        np.zeros((4, 4), np.float64),
        np.zeros((0, 4), np.float32),
        np.zeros((4, 4, 1), np.float32),
    ],
)
def test_what_is_no_alpha_is_a_failure(keys: KeyFrames, engine: Engine, values: np.ndarray) -> None:
    engine.values = values
    keys.ask(scene(0))
    assert "cannot be used" in str(keys.answer(2).failure)  # type: ignore[union-attr]


def test_another_failure_than_the_engines_reaches_the_caller(keys: KeyFrames, engine: Engine) -> None:
    engine.breaks = True

    def look() -> None:
        keys.ask(scene(0))
        keys.answer(2)

    with pytest.raises(ZeroDivisionError):
        look()


def test_after_a_reset_nothing_of_before_is_answered(engine: Engine) -> None:
    keys = WorkerKeys(engine)
    engine.gate.clear()
    keys.ask(scene(0))
    assert engine.begun.wait(HANGS_S)
    keys.reset()
    engine.gate.set()
    assert keys.answer(2) is None
    assert not keys.is_busy
    keys.ask(scene(1))
    assert keys.answer(2).sequence == 1  # type: ignore[union-attr]
    assert engine.resets == 1
    assert len(engine.threads) == 1
    keys.close()


def test_inline_reset_is_the_engines(engine: Engine) -> None:
    keys = InlineKeys(engine)
    keys.ask(scene(0))
    keys.reset()
    assert keys.answer(0) is None
    assert engine.resets == 1


def test_closing_ends_the_thread_and_closes_the_engine(keys: KeyFrames, engine: Engine) -> None:
    keys.close()
    keys.close()
    assert engine.closes >= 1
    assert not [each for each in threading.enumerate() if each.name == "livebg-matte"]


def test_an_engine_that_hangs_is_named_and_not_closed_under_its_thread(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "STOP_S", 0.2)
    keys = WorkerKeys(engine)
    engine.gate.clear()
    keys.ask(scene(0))
    assert engine.begun.wait(HANGS_S)
    begun_s = time.monotonic()
    with pytest.raises(TimeoutError, match="livebg-matte"):
        keys.close()
    assert time.monotonic() - begun_s < 3 * SLACK
    assert engine.closes == 0
    engine.gate.set()
    keys.close()
    assert engine.closes == 1
