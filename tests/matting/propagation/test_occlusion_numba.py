"""The loops' answers to pixels whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.propagation import occlusion_numba as kernels

LOW, HIGH = 10.0, 20.0


@pytest.mark.parametrize(
    ("differences", "value", "certainty"),
    [
        ((0, 30, 255), 0.8, 1.0),  # the motion explains it
        ((5, 3, 255), 0.6, 1.0),  # rest does so no worse
        ((0, 5, 255), 0.8, 1.0),  # rest is close, the motion closer
        ((15, 30, 4), 0.0, 1.0),  # the background remembered does
        ((15, 30, 12), 0.8, 0.5),  # not so much better than the motion
        ((90, 80, 255), 0.8, 0.0),  # nothing does
    ],
)
def test_the_best_explanation_gives_the_alpha(
    differences: tuple[int, int, int], value: float, certainty: float
) -> None:
    values, certain = np.empty(1, np.float32), np.empty(1, np.float32)
    planes = [np.array([each], np.uint8) for each in differences]
    unknown = kernels.choose(
        np.array([0.6], np.float32), np.array([0.8], np.float32), *planes, LOW, HIGH, values, certain
    )
    assert values[0] == pytest.approx(value)
    assert certain[0] == pytest.approx(certainty)
    assert unknown == (certainty < 1)


def fill(certainty: float, colour: int, is_covered: bool = False, bias: float = 0.1) -> float:
    """The middle pixel of a row of five, white ones of alpha 1 on its left, black ones of alpha 0 on its right."""
    row = np.repeat(np.array([255, 255, colour, 0, 0], np.uint8), 3)
    values = np.array([1, 1, 0.5, 0, 0], np.float32)
    certain = np.array([1, 1, certainty, 1, 1], np.float32)
    likeness = np.exp(-np.arange(kernels.COLOUR_STEPS) / 20).astype(np.float32)
    nearness = np.ones((kernels.REACH + 1) ** 2, np.float32)
    covered, result = np.full(5, 255 * is_covered, np.uint8), np.empty(5, np.float32)
    kernels.fill(row, values, certain, covered, np.uintp(5), bias, likeness, nearness, result)
    assert result[[0, 1, 3, 4]].tolist() == [1, 1, 0, 0]
    return float(result[2])


def test_an_unknown_place_takes_after_its_like() -> None:
    assert fill(0.0, 255) == pytest.approx(1 / 1.1, abs=1e-3)
    assert fill(0.0, 0) < 1e-6


def test_what_is_like_nothing_is_background_unless_it_covers_some() -> None:
    assert fill(0.0, 128) < 0.01
    assert fill(0.0, 128, is_covered=True) > 0.9


def test_what_is_nearly_certain_is_nearly_its_own() -> None:
    assert fill(0.4, 0) == pytest.approx(0.4 * 0.5)
