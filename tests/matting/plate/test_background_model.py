"""What the room says: islands that look like it go, the largest never; its rows take turns to learn."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.plate.background_model import LONGEST_STEP_S, BackgroundModel, corrected, drop_background_components
from livebg.matting.plate.learn_numba import TURNS

HEIGHT, WIDTH = 48, 96


def _model(distance: float) -> BackgroundModel:
    model = BackgroundModel.of(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), 4.0)
    model.distances[:] = distance
    return model


def _two() -> np.ndarray:
    values = np.zeros((HEIGHT, WIDTH), np.float32)
    values[8:, 10:50] = 1
    values[20:40, 64:90] = 1
    return values


def test_the_smaller_island_goes_where_it_is_the_room() -> None:
    values = _two()
    drop_background_components(_model(0.1), values)
    assert values[:, 60:].max() == 0
    assert np.array_equal(values[:, :60], _two()[:, :60])


@pytest.mark.parametrize("what", ["another colour", "not known", "alone"])
def test_islands_stay(what: str) -> None:
    model, values = _model(2.0 if what == "another colour" else 0.1), _two()
    if what == "not known":
        model.age[:] = 0
    if what == "alone":
        values[:, :60] = 0
    kept = values.copy()
    drop_background_components(model, values)
    assert np.array_equal(values, kept)


def test_rows_take_turns_and_learn_of_the_time_since_their_last() -> None:
    model = _model(0)
    turns = [model.next_turn(index / 30) for index in range(2 * TURNS)]
    assert [each[0] for each in turns[:TURNS]] == [each[0] for each in turns[TURNS:]]
    assert sorted(each[0] for each in turns[:TURNS]) == list(range(TURNS))
    assert all(each[1] == 0 for each in turns[:TURNS])
    assert [each[1] for each in turns[TURNS:]] == pytest.approx([TURNS / 30] * TURNS)
    assert model.next_turn(100)[1] == LONGEST_STEP_S


def test_nothing_is_decided_before_persons_and_room_were_seen() -> None:
    small = np.full(3 * HEIGHT * WIDTH, 90, np.uint8)
    near = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    assert corrected(_model(0), small, np.zeros_like(near), near, 0.03) is None
