"""Ticks are round and cover what is shown; marks land where their numbers say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

from tests.bench.chart import COLOURS, Bar, Canvas, Series, bars, logarithmic_ticks, scatter, ticks, ticks_around


@pytest.mark.parametrize(
    ("highest", "lowest", "expected"),
    [(100, 0, [0, 20, 40, 60, 80, 100]), (33.3, 0, [0, 10, 20, 30, 40]), (0.9, 0, [0, 0.2, 0.4, 0.6, 0.8, 1.0])],
)
def test_ticks_are_round(highest: float, lowest: float, expected: list[float]) -> None:
    assert ticks(highest, lowest) == pytest.approx(expected)


def test_ticks_around_numbers_leave_room_and_do_not_magnify() -> None:
    shown = ticks_around([120.0, 121.0])
    assert shown[0] < 120
    assert shown[-1] > 121
    assert shown[-1] - shown[0] >= 40
    assert ticks_around([1.0, 9.0])[0] >= 0
    assert len(ticks_around([5.0])) > 2


@pytest.mark.parametrize(("low", "high"), [(8.0, 400.0), (14.0, 33.0), (6.1, 9.4)])
def test_logarithmic_ticks_are_several_and_inside(low: float, high: float) -> None:
    found = logarithmic_ticks(low, high)
    assert len(found) >= 3
    assert all(low <= each <= high for each in found)


def _pixels(canvas: Canvas, path: Path, colour: str) -> np.ndarray:
    """(row, column) of every pixel of exactly this colour."""
    canvas.save(path)
    with Image.open(path) as picture:
        return np.argwhere((np.asarray(picture.convert("RGB")) == ImageColor.getrgb(colour)).all(axis=2))


def test_bars_are_as_long_as_their_values(tmp_path: Path) -> None:
    canvas = Canvas(400, 200)
    bars(canvas, (10, 10, 390, 190), "Speed", "ms", [Bar("a", 10, 12), Bar("b", 20, 25)], 30, "30 fps")
    found = _pixels(canvas, tmp_path / "a.png", COLOURS[0])
    lengths = [np.ptp(found[found[:, 0] == row][:, 1]) for row in np.unique(found[:, 0])]
    assert max(lengths) == pytest.approx(2 * min(lengths), rel=0.05)


def test_a_lower_error_stands_lower_and_a_higher_cost_to_the_right(tmp_path: Path) -> None:
    canvas = Canvas(400, 300)
    one, two = Series("one", [(10.0, 5.0, "1")]), Series("two", [(20.0, 3.0, "1")])
    scatter(canvas, (10, 10, 390, 290), "Edge", ("cost", "error"), [one, two])
    first, second = (_pixels(canvas, tmp_path / "a.png", each) for each in COLOURS[:2])
    first, second = first[first[:, 0] > 80].mean(axis=0), second[second[:, 0] > 80].mean(axis=0)
    assert first[0] < second[0]
    assert first[1] < second[1]
