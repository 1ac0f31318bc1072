"""The drawn pictures: always the same, with people in most of them."""

from __future__ import annotations

import hashlib

import numpy as np

from livebg.matting.probes import SIZE, as_pixels, drawn_pictures


def test_they_are_the_same_every_time_and_all_different() -> None:
    first, again = drawn_pictures(5), drawn_pictures(5)
    for each, same in zip(first, again, strict=True):
        assert (each.shape, each.dtype) == ((*SIZE, 3), np.dtype(np.uint8))
        np.testing.assert_array_equal(each, same)
    assert len({hashlib.sha256(each.tobytes()).digest() for each in first}) == 5


def test_a_person_stands_at_the_bottom_and_the_fifth_room_is_empty() -> None:
    """A cloth's one colour reaches the lower edge: few other things are as even as that."""
    evenness = [float(each[-12:].astype(float).std(axis=(0, 1)).mean()) for each in drawn_pictures(5)]
    assert evenness[3] != evenness[4]


def test_as_pixels_is_rgb_around_zero() -> None:
    pixels = as_pixels(np.full((4, 6, 3), (255, 102, 0), np.uint8))
    assert (pixels.shape, pixels.dtype) == ((1, 3, 4, 6), np.dtype(np.float32))
    np.testing.assert_allclose(pixels[0, :, 0, 0], (-0.5, -0.1, 0.5), atol=1e-6)
