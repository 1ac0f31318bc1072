"""The compiled guided filter against the same formula in numpy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Frame
from livebg.matting.refine.guided_filter import Refiner
from livebg.matting.refine.guided_filter_numba import CONTRAST, EPSILON, RADIUS, STRIDE, WIDEST, find_functions
from livebg.matting.refine.params import UNKNOWN

RNG = np.random.default_rng(3)


def _mean(planes: np.ndarray) -> np.ndarray:
    window = (2 * RADIUS + 1, 2 * RADIUS + 1)
    return cv2.blur(planes, window).reshape(planes.shape)


def _reference(small: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Slopes and offset (h, w, 4) in float64: He, Sun and Tang 2013, eq. 14-19, with the contrast."""
    colour, alpha = small.astype(np.float64), alpha.astype(np.float64)
    mean, mean_alpha = _mean(colour), _mean(alpha)
    pairs = np.stack([_mean(colour * colour[..., each : each + 1]) for each in range(3)], axis=-1)
    covariance = pairs - mean[..., None] * mean[..., None, :] + float(EPSILON) * np.eye(3)
    target = _mean(colour * alpha[..., None]) - mean * mean_alpha[..., None]
    slopes = np.linalg.solve(covariance, target[..., None])[..., 0]
    offset = mean_alpha - (slopes * mean).sum(axis=-1)
    functions = _mean(np.dstack([slopes, offset]))
    contrast = float(CONTRAST)
    return np.dstack([functions[..., :3] * contrast, (functions[..., 3] - 0.5) * contrast + 0.5])


def _found(small: np.ndarray, alpha: np.ndarray, runs: list[tuple[int, ...]]) -> np.ndarray:
    """find_functions where work pixels are pixels: (h, w, 4)."""
    height, width = alpha.shape
    planes = np.zeros((height + 1, 4, STRIDE), np.float32)
    planes[:-1, 3, RADIUS : RADIUS + width] = alpha
    slopes, windows, sums = (np.full(size, np.nan, np.float32) for size in (planes.size, 13 * STRIDE, 13 * STRIDE))
    places = np.array(runs, np.uintp).reshape(-1)
    find_functions(small.reshape(-1), width, places, places, planes.reshape(-1), slopes, windows, sums)
    return planes[:-1, :, RADIUS : RADIUS + width].transpose(0, 2, 1)


@pytest.mark.parametrize("size", [(1, 1), (5, 6), (8, 8), (37, 61)])
def test_all_in_doubt_it_is_the_formula(size: tuple[int, int]) -> None:
    small, alpha = RNG.integers(0, 256, (*size, 3), dtype=np.uint8), RNG.random(size, dtype=np.float32)
    rows = [(top, min(top + 8, size[0]), 0, size[1], UNKNOWN) for top in range(0, size[0], 8)]
    found, exact = _found(small, alpha, rows), _reference(small, alpha)
    scale = np.float32([255, 255, 255, 1])
    assert np.abs((found - exact) * scale).max() < 2e-3


def test_what_is_sure_changes_nothing_where_there_is_doubt() -> None:
    small, alpha = RNG.integers(0, 256, (24, 48, 3), dtype=np.uint8), np.zeros((24, 48), np.float32)
    alpha[8:16, 16:24] = RNG.random((8, 8))
    rows = [each for top in (0, 8, 16) for each in ((top, top + 8, 0, 8, 0), (top, top + 8, 8, 32, 2))]
    found = _found(small, alpha, [*rows, *((top, top + 8, 32, 48, 0) for top in (0, 8, 16))])
    difference = np.abs(found - _reference(small, alpha)) * np.float32([255, 255, 255, 1])
    assert difference[:, 8:32].max() < 2e-3
    assert difference[:, 32:].max() < 2e-3
    assert np.allclose(found[:, 32:, 3], 0.5 - 0.5 * CONTRAST)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(180, WIDEST), (720, 1280), (333, 1111)])
def test_a_refined_alpha_is_the_formula_with_pictures_shrunk_and_functions_enlarged(size: tuple[int, int]) -> None:
    height, width = size
    grain = RNG.integers(0, 256, (height // 20, width // 20, 3), dtype=np.uint8)
    image = cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[:height, :width]
    truth = (np.hypot(x - width / 2, y - height * 0.9) < height * 0.5).astype(np.float32)
    values = cv2.GaussianBlur(cv2.resize(truth, (256, 144), interpolation=cv2.INTER_AREA), (5, 5), 0)

    work = (WIDEST, round(height * WIDEST / width))
    small = cv2.resize(image, work, interpolation=cv2.INTER_AREA)
    functions = cv2.resize(_reference(small, cv2.resize(values, work)), (width, height)).reshape(height, width, 4)
    most = ((cv2.dilate(cv2.resize(values, work), np.ones((3, 3), np.uint8)) - 0.25) / 0.75).clip(0, 1)
    most = cv2.resize(most, (width, height))
    exact = np.clip(
        (functions[..., :3] * cv2.blur(image, (3, 3))).sum(axis=-1) + functions[..., 3], 0, np.minimum(most, 1)
    )
    difference = np.abs(Refiner().refine(values, Frame(image, 0, 0.0, 0.0)) - exact)
    assert difference.max() < 0.02
    assert difference.mean() < 1e-3
