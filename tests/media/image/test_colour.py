"""From one profile's colours to another's."""

from __future__ import annotations

import numpy as np
import photos

from livebg.media.image.colour import SRGB, converted, is_usable


def test_what_is_one_profile_is_the_very_same_picture() -> None:
    image = photos.scene()
    assert converted(image, SRGB, SRGB) is image
    assert converted(image, photos.SRGB, SRGB) is image


def test_there_and_back_also_in_bands() -> None:
    image = np.ascontiguousarray(np.tile(photos.scene(), (9, 1, 1)))
    profile = photos.wide_profile()
    there = converted(image, SRGB, profile)
    assert there.shape == image.shape
    assert np.abs(there[..., 2].astype(int) - image[..., 1]).max() <= 2  # BGR: red and green have changed places
    assert np.abs(converted(there, profile, SRGB).astype(int) - image).max() <= 3


def test_a_profile_must_be_whole_and_of_rgb() -> None:
    assert is_usable(photos.SRGB)
    assert is_usable(b"")
    assert not is_usable(photos.SRGB[:200])
    assert not is_usable(b"no profile")
