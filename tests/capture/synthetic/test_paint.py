"""Shapes cover what they should, blend as they should, and turn into straight colours without dark rims."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.capture.synthetic.paint import Canvas, lighter, mirrored, smooth


def test_a_polygon_covers_its_area() -> None:
    canvas = Canvas(0, 0, 100, 50, 2)
    mask = canvas.polygon([(10, 10), (60, 10), (60, 40), (10, 40)])
    assert canvas.shape == (100, 200)
    assert mask.sum() / 4 == pytest.approx(1500, rel=0.04)
    assert mask[50, 60] == 1
    assert mask[5, 5] == 0


def test_paint_lays_over() -> None:
    canvas = Canvas(0, 0, 2, 1, 1)
    canvas.paint(np.array([[1, 0.5]], np.float32), (100, 0, 0))
    canvas.paint(np.array([[0.5, 0.5]], np.float32), (0, 200, 0))
    assert canvas.colour.tolist() == [[[50, 100, 0], [25, 100, 0]]]
    assert canvas.coverage.tolist() == [[1, 0.75]]


def test_tint_keeps_to_what_is_painted() -> None:
    canvas = Canvas(0, 0, 2, 1, 1)
    canvas.paint(np.array([[1, 0]], np.float32), (100, 100, 100))
    canvas.tint(np.ones((1, 2), np.float32), (0, 0, 0))
    assert canvas.coverage.tolist() == [[1, 0]]


def test_straight_colour_has_no_dark_rim() -> None:
    canvas = Canvas(0, 0, 40, 40, 2)
    canvas.paint(canvas.ellipse(20, 20, 12, 12), (90, 120, 200))
    colour, coverage = canvas.straight(40, 40)
    assert colour.shape == (40, 40, 3)
    near = coverage > 0
    assert np.abs(colour[near].astype(int) - (90, 120, 200)).max() <= 2
    assert colour[20, 20 + 14].tolist() == pytest.approx([90, 120, 200], abs=3), "runs on past the edge"


def test_rounded_is_lit_from_the_window() -> None:
    canvas = Canvas(0, 0, 80, 80, 1)
    disc = canvas.ellipse(40, 40, 30, 30)
    shaded = canvas.rounded(disc, (100, 100, 100), 30).mean(axis=2)
    assert shaded[40, 16] > shaded[40, 64] + 10
    assert shaded[0, 0] == 0


def test_wide_blurs_match_narrow_ones_in_sum() -> None:
    canvas = Canvas(0, 0, 200, 200, 1)
    dot = canvas.ellipse(100, 100, 20, 20)
    soft = canvas.soft(dot, 15)
    assert soft.sum() == pytest.approx(dot.sum(), rel=0.02)
    assert soft.max() < 0.8


def test_smooth_passes_through_its_points() -> None:
    points = [(0.0, 0.0), (10.0, 5.0), (20.0, 0.0)]
    curve = smooth(points)
    for point in points:
        assert np.hypot(*(curve - point).T).min() < 1e-9


def test_small_ones() -> None:
    assert mirrored([(0, 0), (5, 1), (0, 2)]) == [(0, 0), (5, 1), (0, 2), (-5, 1)]
    assert lighter((100, 200, 50), 1.5) == (150, 255, 75)


def test_strands_take_their_colours_and_fade_towards_their_tips() -> None:
    canvas = Canvas(0, 0, 100, 20, 1)
    line = [(float(x), 10.0) for x in range(5, 96, 5)]
    colours = np.linspace((0, 0, 250), (250, 0, 0), len(line)).astype(np.float32)
    canvas.strands([line], [colours], 3, 1.0, 0.2)
    assert canvas.coverage[10, 8] > 0.9
    assert 0.2 < canvas.coverage[10, 93] < 0.4
    blue, _, red = canvas.colour[10, 93] / canvas.coverage[10, 93]
    assert blue > 200 > 50 > red


def test_thin_strands_are_faint_instead_of_wide() -> None:
    canvas = Canvas(0, 0, 100, 20, 0.5)
    canvas.strands([[(10.0, 10.0), (90.0, 10.0)]], [np.full((2, 3), 100, np.float32)], 0.5, 1.0)
    assert canvas.coverage.max() == pytest.approx(0.25, abs=0.03)


def test_bumps_are_mirrored() -> None:
    canvas = Canvas(-50, -20, 50, 20, 1)
    height = canvas.bumps((20, 0, 5, 5, 3.0), (0, 0, 4, 4, 2.0))
    assert np.allclose(height, height[:, ::-1], atol=1e-5)
    assert height[20, 70] == pytest.approx(3, abs=0.05)
    assert height[20, 50] == pytest.approx(2, abs=0.05)
