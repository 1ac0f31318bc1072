from __future__ import annotations

import numpy as np
import pytest

from livebg.core.nearness import (
    DOUBTFUL,
    FULL,
    SURE,
    around,
    believed,
    inner,
    near,
    near_people,
    softened,
    square,
    surroundings,
    within,
)

LOW, HIGH, REACH = 0.4, 0.8, 0.05  # 5 px of 100


@pytest.fixture
def found() -> np.ndarray:
    alpha = np.full((60, 100), 0.3, np.float32)
    alpha[20:40, 30:50] = 1
    alpha[50, 90] = 0.6  # believed by half
    return near(alpha, LOW, HIGH, REACH)


def test_what_is_believed_counts_whole_and_what_is_beyond_its_reach_not_at_all(found: np.ndarray) -> None:
    assert (found[20:40, 30:50] == 1).all()
    beyond = np.ones(found.shape, bool)
    beyond[15:45, 25:55] = beyond[45:56, 85:96] = False
    assert (found[beyond] == 0).all()
    assert not np.signbit(found).any()


def test_its_border_is_soft_and_falls_outwards(found: np.ndarray) -> None:
    row = found[30, 50:56]
    assert (np.diff(row) <= 0).all()
    assert ((row > 0) & (row < 1)).any()


def test_what_is_half_believed_counts_in_part(found: np.ndarray) -> None:
    assert 0 <= found[50, 90] <= 0.5


def test_softened_keeps_flat_masks_and_a_square_reaches_at_least_a_pixel() -> None:
    for value in (0, 255):
        assert (softened(np.full((9, 16), value, np.uint8), REACH) == value).all()
    assert square(0.1).shape == (3, 3)
    assert square(5).shape == (11, 11)


def test_near_is_the_inner_half_of_the_surroundings() -> None:
    alpha = np.zeros((60, 100), np.float32)
    alpha[20:40, 30:50] = 1
    found = surroundings(alpha, LOW, HIGH, REACH)
    assert found.dtype == np.uint8
    assert found.max() == FULL
    assert np.array_equal(found, around(believed(alpha, LOW, HIGH), REACH))
    assert np.allclose(near(alpha, LOW, HIGH, REACH), inner(found.astype(np.float32) / FULL), atol=1e-6)
    assert inner(np.float32([0, 0.5, 0.75, 1])).tolist() == [0, 0, 0.5, 1]


def test_near_people_softly_hair_counts_and_a_half_believed_chair_does_not() -> None:
    alpha = np.zeros((60, 100), np.float32)
    alpha[20:40, 30:50] = 1
    alpha[20:40, 50] = 0.5
    alpha[20:40, 60:80] = 0.7
    found = near_people(alpha)
    assert (found[20:40, 30:50] == 1).all()
    assert (found[25:35, 50] > 0.2).all()
    assert (found[:, 60:] == 0).all()


def test_an_alpha_stays_within_the_reach_of_the_people_named() -> None:
    alpha, people = np.full((60, 100), 0.5, np.float32), np.zeros((60, 100), np.uint8)
    assert not within(alpha, people).any()
    people[20:40, 30:50] = FULL
    found = within(alpha, people)
    assert (found[22:38, 32:48] == 0.5).all()
    assert (found[:, 60:] == 0).all()
    alpha[20:40, 30:50] = 1
    assert np.array_equal(within(alpha, believed(alpha, DOUBTFUL, SURE)), near_people(alpha))
