"""The compiled area average against OpenCV's and against means known by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.area import area_average


@pytest.mark.parametrize("large", [(72, 128), (73, 101), (1, 1), (40, 300)], ids=str)
@pytest.mark.parametrize("small", [(18, 32), (1, 1), (17, 31), (40, 90)], ids=str)
def test_it_is_the_mean_of_what_each_pixel_covers(large: tuple[int, int], small: tuple[int, int]) -> None:
    height, width = min(large[0], small[0]), min(large[1], small[1])
    image = np.random.default_rng(0).integers(0, 256, (*large, 3), np.uint8)
    expected = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(area_average(image, width, height) - expected).max() <= 1


def test_a_flat_picture_stays_what_it_is() -> None:
    image = np.full((73, 101, 3), (0, 128, 255), np.uint8)
    assert (area_average(image, 31, 17) == (0, 128, 255)).all()


def test_a_view_of_a_larger_picture_will_do() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    assert np.array_equal(area_average(image[4:36, 8:56], 12, 8), area_average(image[4:36, 8:56].copy(), 12, 8))
