"""Forms are bright towards the window and darker away from it; hollows are darker than hills; skin glows red there."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.capture.synthetic import light
from livebg.capture.synthetic.paint import Canvas


@pytest.fixture(scope="module")
def canvas() -> Canvas:
    return Canvas(-50, -50, 50, 50, 1)


def test_a_ball_is_lit_from_the_window(canvas: Canvas) -> None:
    height = light.cushion(canvas, canvas.ellipse(0, 0, 40, 40), 40)
    assert height.max() == pytest.approx(40, rel=0.05)
    assert height[0, 0] == pytest.approx(0, abs=0.1)
    grey = np.full((100, 100, 3), 150, np.float32)
    for lit in (light.cloth(canvas, height, (150, 150, 150)), light.skin(canvas, height, grey)):
        assert lit.min() >= 0
        assert lit.max() <= 255
        assert lit[50, 25].mean() > lit[50, 75].mean() + 30


def test_light_comes_farthest_round_in_red(canvas: Canvas) -> None:
    height = light.cushion(canvas, canvas.ellipse(0, 0, 40, 40), 40)
    lit = light.skin(canvas, height, np.full((100, 100, 3), 150, np.float32))
    assert lit[50, 80, 2] > lit[50, 80, 0] + 5


def test_hollows_are_dark(canvas: Canvas) -> None:
    hill = canvas.bumps((0, 0, 6, 6, 10.0))
    up, down = (light.cloth(canvas, each, (150, 150, 150))[50, 50].mean() for each in (hill, -hill))
    assert up > down + 10
