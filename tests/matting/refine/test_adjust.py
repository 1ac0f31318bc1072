"""Edges moved, softened and bent by amounts whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from livebg.core.settings import Settings
from livebg.matting.refine.adjust import feather, finish, grow, levels, prepare

HEIGHT, WIDTH = 70, 150  # no multiple of the kernels' cells


@pytest.fixture(scope="module", autouse=True)
def _prepared() -> None:
    prepare()


def _edge(at: float) -> np.ndarray:
    """1 to the left of this place, with the pixel that it cuts as much as it covers."""
    return np.tile(np.clip(at - np.arange(WIDTH), 0, 1).astype(np.float32), (HEIGHT, 1))


def _disc(radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:161, :161] - 80
    return np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1).astype(np.float32)


def _place(alpha: np.ndarray) -> np.ndarray:
    return alpha.sum(axis=1)


@pytest.mark.slow
def test_default_settings_give_the_very_array() -> None:
    alpha = _edge(40)
    assert finish(alpha, Settings()) is alpha


@pytest.mark.parametrize("distance", [0.25, 0.5, 1, 1.75, 2, 3, 3.5, 5, 8, 12.25, 16, 20])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_straight_edge_moves_by_exactly_so_many_pixels(distance: float, sign: int) -> None:
    for at in (70.0, 70.5):
        assert np.allclose(_place(grow(_edge(at), sign * distance)), at + sign * distance, atol=1e-4)
    upright = np.ascontiguousarray(_edge(40).T)
    assert np.allclose(_place(grow(upright, sign * distance).T), 40 + sign * distance, atol=1e-4)


@pytest.mark.parametrize("distance", [1, 2.5, 4, 7, 13, 20, -1, -2.5, -6, -15])
def test_a_round_edge_moves_as_far_in_every_direction(distance: float) -> None:
    moved = grow(_disc(40), distance)
    reach = [moved[80, 80:].sum(), moved[80:, 80].sum(), np.sqrt(2) * np.diagonal(moved)[80:].sum()]
    assert np.allclose(np.array(reach) - 40.5, distance, atol=max(0.5, 0.07 * abs(distance)))
    assert np.sqrt(moved.sum() / np.pi) - np.sqrt(_disc(40).sum() / np.pi) == pytest.approx(
        distance, abs=max(0.2, 0.08 * abs(distance))
    )


def test_a_moved_ramp_is_as_soft_as_before() -> None:
    ramp = np.tile(np.clip((60 - np.arange(WIDTH)) / 20 + 0.5, 0, 1).astype(np.float32), (HEIGHT, 1))
    for distance in (5, -5):
        assert np.allclose(grow(ramp, distance)[:, 9:140], np.roll(ramp, distance, axis=1)[:, 9:140], atol=1e-6)
    assert np.allclose(grow(ramp, 2.5)[0, 55:65], ramp[0, 55:65] + 2.5 / 20, atol=1e-6)


def test_a_faint_hair_gets_wider_and_stays_faint() -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[:, 60] = 0.4
    grown = grow(alpha, 2)
    assert np.allclose(grown[:, 58:63], 0.4)
    assert grown.max() == np.float32(0.4)
    assert grow(alpha, -1).max() == 0


def test_a_person_cut_by_the_border_is_not_eaten_from_there() -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[30:, 40:90] = 1
    assert (grow(alpha, -6)[-1, 46:84] == 1).all()
    assert grow(alpha, -6).sum() == (HEIGHT - 36) * 38


@pytest.mark.parametrize("width", [1, 2, 5, 10, 20.5, 50])
def test_a_feathered_edge_is_a_slope_of_that_width_in_the_same_place(width: float) -> None:
    result = feather(_edge(75), width)
    assert np.allclose(_place(result), 75, atol=1e-3)
    assert (result[0, : int(75 - width / 2)] == 1).all()
    assert (result[0, int(np.ceil(75 + width / 2)) :] == 0).all()
    assert (np.diff(result[0]) <= 1e-6).all()
    if width == 10:
        assert np.allclose(result[0, 70:80], [0.995, 0.955, 0.875, 0.755, 0.595, 0.405, 0.245, 0.125, 0.045, 0.005])


def test_a_feathered_box_keeps_its_sum() -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[25:45, 50:100] = 1
    result = feather(alpha, 16)
    assert result.sum() == pytest.approx(alpha.sum(), rel=1e-5)
    assert result[35, 75] == 1
    assert np.allclose(result, result[:, ::-1], atol=1e-6)
    assert np.allclose(result, result[::-1], atol=1e-6)


def test_levels_stretch_what_lies_between_them() -> None:
    alpha = np.array([[0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1]], np.float32)
    result = levels(alpha, 0.2, 0.8, 1)
    assert np.allclose(result, [[0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]], atol=1e-6)


@pytest.mark.parametrize("gamma", [0.2, 0.5, 1, 2, 5])
def test_gamma_is_a_power(gamma: float) -> None:
    alpha = np.linspace(0.01, 1, 300, dtype=np.float32).reshape(3, 100)
    assert np.abs(levels(alpha, 0, 1, gamma) - alpha**gamma).max() < 2e-4


@pytest.mark.parametrize("low", [0, 0.3, 0.94])
@pytest.mark.parametrize("high", [0.95, 0.97, 1])
@pytest.mark.parametrize("gamma", [0.2, 1, 5])
def test_levels_leave_0_and_1_what_they_are(low: float, high: float, gamma: float) -> None:
    alpha = np.tile(np.array([0, 1], np.float32), (HEIGHT, WIDTH // 2))
    assert np.array_equal(levels(alpha, low, high, gamma), alpha)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_flat_stays_flat(value: float) -> None:
    alpha = np.full((HEIGHT, WIDTH), value, np.float32)
    for each in (grow(alpha, 7.3), grow(alpha, -7.3), feather(alpha, 9)):
        assert np.array_equal(each, alpha)


def test_the_order_is_grow_feather_levels() -> None:
    alpha = _edge(50)
    settings = Settings(grow=4, feather=10, level_low=0.4, level_high=0.6)
    assert np.array_equal(finish(alpha, settings), levels(feather(grow(alpha, 4), 10), 0.4, 0.6, 1))
    assert np.allclose(_place(finish(alpha, settings)), 54, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (33, 65), (5, 3)])
def test_a_read_only_matte_of_any_shape_stays_valid_and_untouched(shape: tuple[int, int]) -> None:
    alpha = np.random.default_rng(3).random(shape, np.float32)
    before = alpha.copy()
    alpha.flags.writeable = False
    for each in (
        Settings(grow=19.5),
        Settings(grow=-20),
        Settings(feather=50),
        Settings(level_low=0.9, level_high=0.95, gamma=0.2),
    ):
        result = finish(alpha, each)
        assert (result.shape, result.dtype) == (shape, np.float32)
        assert np.isfinite(result).all()
        assert result.min() >= 0
        assert result.max() <= 1
    assert np.array_equal(alpha, before)


@given(
    st.floats(-20, 20), st.floats(0, 50), st.floats(0, 0.49), st.floats(0.5, 1), st.floats(0.2, 5), st.integers(0, 9)
)
@hypothesis_settings(max_examples=30, deadline=None)
def test_no_choice_makes_anything_but_a_matte(
    distance: float, width: float, low: float, high: float, gamma: float, seed: int
) -> None:
    alpha = np.zeros((41, 67), np.float32)
    alpha[10:30, 10:50] = np.random.default_rng(seed).random((20, 40)) ** 2
    result = finish(alpha, Settings(grow=distance, feather=width, level_low=low, level_high=high, gamma=gamma))
    assert np.isfinite(result).all()
    assert result.min() >= 0
    assert result.max() <= 1


def test_growing_and_shrinking_are_mirror_images() -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[20:50, 30:90] = np.random.default_rng(5).random((30, 60))
    assert np.allclose(grow(alpha, -3.7), 1 - grow(1 - alpha, 3.7), atol=1e-6)
