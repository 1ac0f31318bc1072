"""How parts of a picture move."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.models.selfie.similarity import DIFFERENT, differences, luma_of, sampled, textured


@pytest.mark.parametrize("count", [1, 1024, 1025, 50_000])
@pytest.mark.parametrize("shape", [(180, 320), (180, 320, 3)])
def test_a_picture_is_read_at_any_number_of_places(count: int, shape: tuple[int, ...]) -> None:
    """OpenCV itself reads fewer than 32767 in a row."""
    noise = np.random.default_rng(5)
    picture = noise.integers(0, 256, shape, np.uint8)
    places = noise.integers((0, 0), (320, 180), (count, 2)).T.astype(np.float32)
    x, y = places.astype(int)
    assert np.array_equal(sampled(picture, places), picture[y, x])


def test_a_plain_wall_has_nothing_to_follow() -> None:
    wall = np.full((180, 320), 150, np.uint8)
    wall[40:80, 60:100] = np.random.default_rng(5).integers(0, 256, (40, 40), np.uint8)
    found = textured(wall)
    assert found[50:70, 70:90].all()
    assert not found[:, 130:].any()


def test_colours_differ_by_their_largest_channel_up_to_a_limit() -> None:
    some = np.array([[10, 20, 30], [10, 20, 30]], np.uint8)
    others = np.array([[12, 15, 30], [255, 20, 30]], np.uint8)
    assert differences(some, others).tolist() == [5, DIFFERENT]


def test_a_luma_weighs_green_most() -> None:
    blue, green, red = luma_of(np.diag([255, 255, 255]).astype(np.uint8)[None]).reshape(-1).tolist()
    assert blue < red < green
