"""Functions at work size enlarged and applied within a bound, against OpenCV's resize."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.refine.enlarging_numba import CHUNK, apply_functions

RNG = np.random.default_rng(8)


def _between(full: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """For each full-size pixel, the work pixel before it and the share of the next."""
    places = (np.arange(full) + 0.5) * count / full - 0.5
    before = np.floor(places).clip(0, max(0, count - 2))
    return before.astype(np.uintp), (places - before).clip(0, 1).astype(np.float32)


@pytest.mark.parametrize("is_averaged", [False, True])
@pytest.mark.parametrize("factor", [1, 3, 20])
def test_it_is_the_enlarged_functions_of_the_colours(factor: int, is_averaged: bool) -> None:
    height, width, stride, margin = 16, 40, 50, 3
    full_height, full_width = factor * height, factor * width
    assert full_width < CHUNK or factor == 20
    functions = RNG.normal(0, 0.002, (height, 4, width)).astype(np.float32)
    functions[:, 3] += 0.4
    planes = np.zeros((height + 1, 4, stride), np.float32)
    planes[:-1, :, margin : margin + width] = functions
    image = RNG.integers(0, 256, (full_height, full_width, 3), dtype=np.uint8)
    bound = RNG.random((height, width), np.float32)
    most = np.zeros((height + 1, stride), np.float32)
    most[:-1, margin : margin + width] = bound
    size = (full_width, full_height)
    enlarged = cv2.resize(functions.transpose(0, 2, 1), size, interpolation=cv2.INTER_LINEAR)
    colours = cv2.blur(image, (3, 3)) if is_averaged else image
    exact = (enlarged[..., :3] * colours).sum(axis=-1) + enlarged[..., 3]
    exact = np.clip(exact, 0, cv2.resize(bound, size, interpolation=cv2.INTER_LINEAR))
    exact[: 8 * factor, : 8 * factor], exact[8 * factor :, 32 * factor :] = 0, 1

    runs = [(0, 8, 0, 8, 0), (0, 8, 8, 40, 2), (8, 16, 0, 32, 2), (8, 16, 32, 40, 1)]
    tops = np.arange(height + 1, dtype=np.uintp) * np.uintp(factor)
    lefts = np.arange(width + 1, dtype=np.uintp) * np.uintp(factor)
    result = np.full((full_height, full_width), np.nan, np.float32)
    places = (np.array(runs, np.uintp).reshape(-1), tops, lefts)
    between = (*_between(full_height, height), *_between(full_width, width))
    sums, own = np.zeros(3 * (full_width + 2), np.uint16), np.zeros(3 * full_width, np.uint8)
    scratch = np.full(10 * CHUNK * (1 + full_width // CHUNK), np.nan, np.float32)
    flat = (each.reshape(-1) for each in (image, planes, most))
    apply_functions(*flat, stride, margin, *places, *between, is_averaged, sums, own, scratch, result.reshape(-1))
    assert np.abs(result - exact).max() < 1e-4
