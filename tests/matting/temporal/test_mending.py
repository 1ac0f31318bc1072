"""What is lost for up to three frames where nothing moves is put right; a change, and what moves, is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.temporal.mending import LONGEST_LOSS, mended, prepare

STILL, MOVED = np.zeros((4, 6), np.float32), np.ones((4, 6), np.float32)
ARM, NONE = np.full((8, 12), 0.9, np.float32), np.full((8, 12), 0.1, np.float32)


def _row(text: str) -> np.ndarray:
    return np.stack([ARM if each == "#" else NONE for each in text])


def _mended(text: str, motion: np.ndarray = STILL) -> str:
    prepare()
    row, motions = _row(text), [motion] * len(text)
    results = [mended(row, motions, index) for index in range(len(text))]
    assert all(each.dtype == np.float32 and np.ptp(each) == 0 for each in results)
    return "".join("#" if each[0, 0] > 0.5 else "." for each in results)


@pytest.mark.parametrize("lost", range(1, LONGEST_LOSS + 1))
def test_a_short_loss_is_filled_and_a_short_flash_is_gone(lost: int) -> None:
    assert _mended("#" * 5 + "." * lost + "#" * 5) == "#" * (10 + lost)
    assert _mended("." * 5 + "#" * lost + "." * 5) == "." * (10 + lost)


@pytest.mark.parametrize(
    "text", ["#####....#####", "######......", "......######", "####", "#", "######.", "#####...", "...#####"]
)
def test_a_change_stays_where_it_is(text: str) -> None:
    assert _mended(text) == text


def test_nothing_is_mended_where_the_picture_moved() -> None:
    assert _mended("#####.#####", MOVED) == "#####.#####"


def test_trembling_is_left_as_it_is() -> None:
    rng = np.random.default_rng(1)
    row = [np.full((8, 12), 0.5, np.float32) + rng.uniform(-0.1, 0.1, (8, 12)).astype(np.float32) for _ in range(7)]
    assert np.array_equal(mended(np.stack(row), [STILL] * 7, 3), row[3])


def test_the_input_is_not_written_to() -> None:
    row = _row("###.###")
    lost = row[3].copy()
    assert not np.array_equal(mended(row, [STILL] * 7, 3), lost)
    assert np.array_equal(row[3], lost)


def test_who_left_is_no_loss_though_most_of_them_has_the_rooms_colour() -> None:
    there, gone = np.zeros((16, 20), np.float32), np.zeros((16, 20), np.float32)
    there[2:, 4:12] = 1
    alphas, moved = np.stack([there] * 3 + [gone] * 2 + [there] * 3), gone.copy()
    moved[2:8, 4:12] = 1
    motions = [moved if index in (3, 5) else gone for index in range(len(alphas))]
    assert not mended(alphas, motions, 3).any()
    assert np.array_equal(mended(alphas, [gone] * len(alphas), 3), there)
