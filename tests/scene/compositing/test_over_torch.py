"""Compositing on the device: known answers, the CPU's composite, and the very bytes of OpenCV's I420."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from on_device import picture

from livebg.core.types import LOWEST_ALPHA
from livebg.scene.compositing import compositor as reference
from livebg.scene.compositing.over_torch import cut_out, over, to_bgr, to_i420, to_planes, usable

SIZE = (46, 62)


def test_agrees_with_the_cpu_and_keeps_the_background_bit_for_bit() -> None:
    image, behind = picture(1, *SIZE), picture(2, *SIZE)
    alpha = np.clip(np.random.default_rng(3).normal(0.5, 0.6, SIZE), 0, 1).astype(np.float32)
    for dtype in (torch.float32, torch.float16):
        weights = usable(torch.from_numpy(alpha))
        found = to_bgr(
            over(to_planes(torch.from_numpy(image), dtype), weights, to_planes(torch.from_numpy(behind), dtype))
        )
        assert np.abs(found.numpy().astype(int) - reference.over(image, alpha, behind)).max() <= 1
        np.testing.assert_array_equal(found.numpy()[alpha == 0], behind[alpha == 0])
        np.testing.assert_array_equal(found.numpy()[alpha == 1], image[alpha == 1])
        cut = to_bgr(cut_out(to_planes(torch.from_numpy(image), dtype), weights))
        np.testing.assert_array_equal(cut.numpy(), np.where((alpha >= LOWEST_ALPHA)[..., None], image, 0))


def test_an_alpha_that_rounds_to_nothing_or_is_no_number_is_none() -> None:
    assert usable(torch.tensor([0.001, float("nan"), 0.5])).tolist() == [0.0, 0.0, 0.5]


@pytest.mark.parametrize("size", [(46, 62), (45, 61), (2, 2)])
def test_i420_is_opencvs_within_a_level(size: tuple[int, int]) -> None:
    image = picture(5, *size)
    found = to_i420(to_planes(torch.from_numpy(image), torch.float32)).numpy()
    padded = cv2.copyMakeBorder(image, 0, size[0] % 2, 0, size[1] % 2, cv2.BORDER_REPLICATE)
    expected = cv2.cvtColor(padded, cv2.COLOR_BGR2YUV_I420)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1
