"""How parts of a picture move."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.models.selfie.similarity import DIFFERENT, carried, differences, luma_of, sampled, textured


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


def test_what_moves_goes_on_beyond_itself_and_what_is_far_stays() -> None:
    """Somebody comes nearer and turns a little: what is beside them does it, too."""
    noise = np.random.default_rng(5).integers(0, 256, (180, 320), np.uint8)
    here = np.asarray(cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    motion = np.array([[1.04, -0.02, 3.0], [0.02, 1.04, -2.0]])
    there = np.asarray(cv2.warpAffine(here, motion, (320, 180)), np.uint8)
    people = np.zeros((180, 320), np.bool_)
    people[60:140, 100:180] = True
    beside = np.array([[86, 90, 140, 194], [100, 50, 46, 120]], np.float32)
    found = carried(here, there, people, beside)
    assert found is not None
    assert np.abs(found - motion @ np.vstack([beside, np.ones(4)])).mean() < 0.45  # px; as their mean moves, .54
    far = np.array([[300], [20]], np.float32)
    assert carried(here, there, people, far) == pytest.approx(far)
    assert carried(here, there, np.zeros_like(people), far) is None
