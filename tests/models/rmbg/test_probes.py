"""The drawn pictures: always the same, with people in most of them."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from livebg.models.rmbg import precision
from livebg.models.rmbg.precision import SIZE, as_pixels, drawn_pictures


def test_they_are_the_same_every_time_and_all_different() -> None:
    first, again = drawn_pictures(5), drawn_pictures(5)
    for each, same in zip(first, again, strict=True):
        assert (each.shape, each.dtype) == ((*SIZE, 3), np.dtype(np.uint8))
        np.testing.assert_array_equal(each, same)
    assert len({hashlib.sha256(each.tobytes()).digest() for each in first}) == 5


def test_one_person_two_people_and_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(precision, "_room", lambda _: drawn.append(0) or np.zeros((*SIZE, 3), np.uint8))
    monkeypatch.setattr(precision, "_person", lambda *_: drawn.append(drawn.pop() + 1))
    drawn_pictures(10)
    assert drawn == [1, 1, 1, 2, 0] * 2


def test_as_pixels_is_rgb_less_the_mean() -> None:
    picture = np.full((4, 6, 3), (255, 102, 0), np.uint8)
    pixels = as_pixels(picture, 0.5)
    assert (pixels.shape, pixels.dtype) == ((1, 3, 4, 6), np.dtype(np.float32))
    np.testing.assert_allclose(pixels[0, :, 0, 0], (-0.5, -0.1, 0.5), atol=1e-6)
    np.testing.assert_allclose(as_pixels(picture, 0.0)[0, :, 0, 0], (0, 0.4, 1), atol=1e-6)
