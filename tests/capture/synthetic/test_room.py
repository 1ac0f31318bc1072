"""The room fills every size, has things in it, and is the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.capture.synthetic.room import draw_room


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (16, 16), (961, 541)])
def test_fills_any_size(width: int, height: int) -> None:
    room = draw_room(width, height)
    assert room.shape == (height, width, 3)
    assert room.dtype == np.uint8
    assert room.min() >= 0
    assert room.reshape(-1, 3).max(axis=1).min() > 20, "no corner is left unpainted"


@pytest.mark.slow
def test_is_cluttered_and_always_the_same() -> None:
    room = draw_room(320, 180)
    assert np.array_equal(room, draw_room(320, 180))
    assert room.std() > 25
    assert np.abs(np.diff(room.astype(int), axis=1)).mean() > 2
