"""A doubtful hole deep inside is filled; the gap between arm and body, and a large hole, stay."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.subject.components import inside
from livebg.matting.subject.holes import Holes


def _person(value: float, side: int = 4, rim: float = 1.0) -> np.ndarray:
    alpha = np.zeros((180, 320), np.float32)
    alpha[40:140, 100:200] = 1.0
    alpha[80 - 3 : 80 + side + 3, 150 - 3 : 150 + side + 3] = rim
    alpha[80 : 80 + side, 150 : 150 + side] = value
    return alpha


@pytest.mark.parametrize(
    ("alpha", "is_filled"),
    [
        (_person(0.3), True),
        (_person(0.0), False),  # nothing there, surely: a true gap
        (_person(0.3, rim=0.7), False),  # soft around: arm and body
        (_person(0.3, side=12), False),  # too large
    ],
)
def test_which_holes_are_filled(alpha: np.ndarray, is_filled: bool) -> None:
    filled = Holes().find(alpha, inside(alpha), 60, None)
    assert (filled is not None and int(filled[82, 152]) == 255) is is_filled


def test_a_hole_fills_softly_and_off_is_off() -> None:
    holes, whole, holed = Holes(), _person(1.0), _person(0.3)
    assert holes.find(whole, inside(whole), 60, None) is None
    first = holes.find(holed, inside(holed), 60, 0.035)
    second = holes.find(holed, inside(holed), 60, 0.035)
    assert first is not None
    assert second is not None
    assert first[82, 152] == pytest.approx(128, abs=1)
    assert second[82, 152] == 255
    assert first[20, 20] == 0
    assert holes.find(holed, inside(holed), 0, 0.035) is None


def test_a_hole_right_at_the_border_is_not_surrounded() -> None:
    alpha = np.full((180, 320), 1.0, np.float32)
    alpha[1:4, 100:103] = 0.3
    assert Holes().find(alpha, inside(alpha), 60, None) is None
