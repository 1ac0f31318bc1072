"""Where people are in small mattes drawn by hand, and which crop shows them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebg.scene.framing.composition import WHOLE, is_cut_aside, kept_inside, leaves_out, person_bounds, wanted_crop

HEIGHT, WIDTH = 90, 160


def _matte(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    for left, top, right, bottom in boxes:
        alpha[top:bottom, left:right] = 1
    return alpha


def _edges(crop: np.ndarray) -> list[float]:
    across, down, half = (float(each) for each in crop)
    return [across - half, down - half, across + half, down + half]


def test_the_box_is_the_persons_within_what_is_trimmed() -> None:
    box = person_bounds(_matte((40, 30, 80, 60)))
    assert box is not None
    assert np.allclose(box, [40 / 160, 30 / 90, 80 / 160, 60 / 90], atol=0.004)


def test_the_same_picture_at_ten_times_the_size_has_the_same_box() -> None:
    alpha = _matte((40, 30, 80, 90))
    large, small = person_bounds(np.kron(alpha, np.ones((10, 10), np.float32))), person_bounds(alpha)
    assert large is not None
    assert small is not None
    assert np.allclose(large, small, atol=0.004)


def test_specks_and_whiskers_do_not_move_the_box() -> None:
    person = (40, 30, 80, 90)
    alone = person_bounds(_matte(person))
    whiskered = person_bounds(_matte(person, (150, 2, 154, 6), (79, 40, 88, 41)))
    assert alone is not None
    assert whiskered is not None
    assert np.abs(whiskered - alone).max() < 0.005
    assert np.array_equal(person_bounds(_matte(person, (150, 2, 154, 6))), alone)


def test_two_people_are_both_in_the_box() -> None:
    box = person_bounds(_matte((10, 40, 40, 90), (120, 20, 150, 90)))
    assert box is not None
    assert np.allclose(box, [10 / 160, 20 / 90, 150 / 160, 1], atol=0.01)


def test_nobody_has_no_box() -> None:
    assert person_bounds(_matte()) is None
    assert person_bounds(_matte((3, 3, 8, 8))) is None
    assert person_bounds(np.full((HEIGHT, WIDTH), 0.4, np.float32)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_mattes_of_any_shape(shape: tuple[int, int]) -> None:
    assert person_bounds(np.zeros(shape, np.float32)) is None
    box = person_bounds(np.ones(shape, np.float32))
    assert box is not None
    assert np.allclose(box, [0, 0, 1, 1], atol=0.01)


def test_a_person_whom_the_border_cuts_keeps_it_and_a_tenth_over_the_head() -> None:
    crop = wanted_crop(np.array([0.4, 0.37, 0.6, 1.0]), 2.0)
    left, top, right, bottom = _edges(crop)
    assert bottom == pytest.approx(1)
    assert (0.37 - top) / (bottom - top) == pytest.approx(0.1)
    assert (left + right) / 2 == pytest.approx(0.5)


def test_a_whole_person_far_away_is_enlarged_no_more_than_allowed() -> None:
    box = np.array([0.45, 0.4, 0.5, 0.6])
    crop = wanted_crop(box, 2.0)
    assert 2 * crop[2] == pytest.approx(0.5)
    assert crop[1] == pytest.approx(0.5)
    assert 2 * wanted_crop(box, 4.0)[2] == pytest.approx(0.25)
    assert np.allclose(wanted_crop(box, 1.0), WHOLE)


def test_people_side_by_side_have_room_at_both_sides() -> None:
    crop = wanted_crop(np.array([0.1, 0.5, 0.7, 1.0]), 4.0)
    left, _, right, _ = _edges(crop)
    assert (0.1 - left) / (right - left) == pytest.approx(0.05)
    assert (right - 0.7) / (right - left) == pytest.approx(0.05)


@pytest.mark.slow
@given(
    st.tuples(*[st.floats(0, 1)] * 4).filter(lambda box: box[0] <= box[2] and box[1] <= box[3]),
    st.floats(1, 4),
)
@settings(max_examples=200, deadline=None)
def test_no_box_makes_a_crop_reach_out_of_the_picture_or_lose_the_person(box: tuple[float, ...], zoom: float) -> None:
    crop = wanted_crop(np.array(box), zoom)
    left, top, right, bottom = _edges(crop)
    assert min(left, top) >= -1e-9
    assert max(right, bottom) <= 1 + 1e-9
    assert 1 / zoom - 1e-9 <= right - left <= 1 + 1e-9
    assert not leaves_out(crop, np.array(box))


def test_a_crop_is_moved_into_the_picture() -> None:
    assert np.allclose(kept_inside(np.array([0.9, 0.1, 0.3]), 4), [0.7, 0.3, 0.3])
    assert np.allclose(kept_inside(np.array([0.9, 0.1, 0.7]), 4), WHOLE)
    assert np.allclose(kept_inside(np.array([0.5, 0.5, 0.1]), 2), [0.5, 0.5, 0.25])


def test_who_is_left_out() -> None:
    assert leaves_out(np.array([0.5, 0.5, 0.25]), np.array([0.2, 0.3, 0.6, 0.7]))
    assert not leaves_out(np.array([0.5, 0.75, 0.25]), np.array([0.25, 0.5, 0.75, 1.0]))


def test_who_is_cut_by_a_side_of_the_picture() -> None:
    assert is_cut_aside(np.array([0.01, 0.2, 0.4, 1.0]))
    assert is_cut_aside(np.array([0.6, 0.2, 1.0, 1.0]))
    assert not is_cut_aside(np.array([0.1, 0.0, 0.9, 1.0]))
