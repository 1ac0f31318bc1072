"""Resizing and blurring have OpenCV's weights and borders, on any size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from livebg.core.resize_torch import Box, Separable, enlarged, gaussian, resizer, resizing


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)


def planes(image: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1).to(dtype)


@pytest.mark.parametrize(("before", "after"), [((90, 160), (30, 64)), ((107, 211), (32, 96)), ((90, 160), (45, 80))])
def test_smaller_is_opencvs_area_average(before: tuple[int, int], after: tuple[int, int]) -> None:
    image = noise(*before).astype(np.float32)
    expected = cv2.resize(image, after[::-1], interpolation=cv2.INTER_AREA)
    found = resizer(before, after, "cpu")(planes(image)).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_half_precision_is_off_by_less_than_a_fifth_of_a_level() -> None:
    image = noise(270, 480)
    exact = resizer((270, 480), (96, 160), "cpu")(planes(image))
    half = resizer((270, 480), (96, 160), "cpu", torch.float16)(planes(image, torch.float16))
    assert (exact - half.float()).abs().max() < 0.2


def test_larger_is_opencvs_bilinear() -> None:
    image = noise(9, 13).astype(np.float32)
    expected = cv2.resize(image, (40, 33), interpolation=cv2.INTER_LINEAR)
    for found in (resizer((9, 13), (33, 40), "cpu")(planes(image)), enlarged(planes(image), (33, 40))):
        np.testing.assert_allclose(found.permute(1, 2, 0).numpy(), expected, atol=1e-2)


def test_the_same_size_changes_nothing_and_constants_stay() -> None:
    image = planes(noise(8, 8))
    assert resizer((8, 8), (8, 8), "cpu")(image) is image
    for inputs, outputs in ((2160, 576), (37, 11), (1, 5), (3, 7)):
        np.testing.assert_allclose(resizing(inputs, outputs).sum(axis=1), 1)


@pytest.mark.parametrize(("height", "width"), [(40, 60), (3, 9), (1, 1), (2, 31)])
def test_box_and_gaussian_mirror_at_the_border_as_opencv_does(height: int, width: int) -> None:
    image = noise(height, width)[..., 0].astype(np.float32)
    box = Box(height, width, 4, "cpu")(torch.from_numpy(image)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(box, cv2.blur(image, (9, 9)), atol=1e-3)
    blur = Separable(gaussian(height, 11, 1.7), gaussian(width, 11, 1.7), "cpu", torch.float32)
    expected = cv2.GaussianBlur(image, (11, 11), 1.7)
    np.testing.assert_allclose(blur(torch.from_numpy(image)).numpy(), expected, atol=1e-2)
