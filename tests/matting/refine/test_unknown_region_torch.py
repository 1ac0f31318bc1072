"""The device's unknown region is the CPU's, cell by cell, and lies over the picture as the CPU's does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

import livebg.matting.refine.unknown_region as reference
from livebg.matting.refine.params import UNKNOWN, UNKNOWN_REGION
from livebg.matting.refine.unknown_region_torch import UnknownRegion, work_places

SIZES = [((720, 1280), (180, 320)), ((361, 643), (180, 320)), ((90, 160), (90, 160)), ((5, 3), (5, 3))]


def soft(height: int, width: int) -> np.ndarray:
    blocks = np.random.default_rng(1).random((4, 6)) > 0.5
    alpha = cv2.resize(blocks.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
    return cv2.GaussianBlur(alpha, (0, 0), max(0.5, width / 200))


@pytest.mark.parametrize(("full", "work"), SIZES)
def test_agrees_with_the_cpu(full: tuple[int, int], work: tuple[int, int]) -> None:
    alpha, expected = soft(*work), np.full(work, 9)
    unknown = reference.UnknownRegion(*work)
    unknown.mark(alpha)
    for top, bottom, left, right, state in unknown.runs(*UNKNOWN_REGION.applied_within).reshape(-1, 5):
        expected[top:bottom, left:right] = UNKNOWN if state == UNKNOWN else state % 2
    states = UnknownRegion(full, work, "cpu").states(torch.from_numpy(alpha))
    np.testing.assert_array_equal(states, expected)


@pytest.mark.parametrize(("full", "work"), SIZES)
def test_each_pixel_belongs_to_the_work_pixel_that_the_cpu_gives_it(
    full: tuple[int, int], work: tuple[int, int]
) -> None:
    plane = torch.arange(work[0] * work[1]).reshape(work)
    tops, lefts = (np.arange(count + 1) * side // count for side, count in zip(full, work, strict=True))
    rows, columns = (np.repeat(np.arange(each.size - 1), np.diff(each)) for each in (tops, lefts))
    np.testing.assert_array_equal(UnknownRegion(full, work, "cpu").over_picture(plane), plane[rows][:, columns])
    assert work_places(full[0], work[0])[-1] == work[0] - 1
