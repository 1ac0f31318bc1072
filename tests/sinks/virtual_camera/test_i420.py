from __future__ import annotations

import cv2
import numpy as np
import pytest
from composites import LEFT, RIGHT, composite, standby

from livebg.core.types import Image
from livebg.sinks.virtual_camera.i420 import as_i420, converted, i420_size


def bgr(picture: Image) -> Image:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420), np.uint8)


@pytest.mark.parametrize(("size", "even"), [((23, 31), (24, 32)), ((24, 32), (24, 32)), ((1, 1), (2, 2))])
def test_sizes_are_even_in_both_forms(size: tuple[int, int], even: tuple[int, int]) -> None:
    made = composite(height=size[0], width=size[1])
    assert i420_size(made) == even
    shared = converted(made)
    assert shared.image.shape == (even[0] * 3 // 2, even[1])
    assert i420_size(shared) == even
    assert converted(shared) is shared
    assert np.abs(bgr(shared.image)[0, 0].astype(int) - LEFT).max() < 6


def test_the_same_size_is_taken_as_it_is() -> None:
    shared = converted(composite())
    assert as_i420(shared, 24, 32) is shared.image
    into = np.zeros((36, 32), np.uint8)
    assert as_i420(shared, 24, 32, into) is into
    assert (into == shared.image).all()


@pytest.mark.parametrize("is_converted", [False, True])
def test_another_size_is_fitted_into_the_given_memory(is_converted: bool) -> None:
    made = composite(height=24, width=64)
    into = np.full((36, 32), 7, np.uint8)
    as_i420(converted(made) if is_converted else made, 24, 32, into)
    picture = bgr(into).astype(int)
    assert picture[[0, -1]].max() < 20, "black bars"
    assert np.abs(picture[12, 0] - LEFT).max() < 12
    assert np.abs(picture[12, -1] - RIGHT).max() < 12


def test_a_transparent_composite_lies_over_black() -> None:
    shared = converted(composite(is_transparent=True))
    assert not shared.is_transparent
    assert bgr(shared.image)[0, -1].max() < 3
    assert bgr(converted(standby(is_transparent=True)).image).shape == (24, 32, 3)
