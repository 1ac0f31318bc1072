"""The vocabulary's values show shapes, not pixels, and cannot be changed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from livebg.core.types import Alpha, Frame


def test_a_frame_shows_its_shape() -> None:
    frame = Frame(np.zeros((9, 16, 3), np.uint8), 3, 0.0, 0.1)
    assert repr(frame) == "Frame(#3 16x9 at 0.100 s)"
    assert (frame.width, frame.height) == (16, 9)
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.sequence = 4  # type: ignore[misc]  # the point of the test


def test_an_alpha_shows_its_shape() -> None:
    assert repr(Alpha(np.zeros((2, 5), np.float32), 7)) == "Alpha(#7 5x2)"
