"""The compiled smoothing against the same formula in numpy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.smoothing_kernels import STEPS, measure_change, steady

RNG = np.random.default_rng(11)
STILL, GROWTH, MOTION_LOW, MOTION_SLOPE, DOUBT_LOW, DOUBT_SLOPE = 0.28, 0.32, 4.5, 0.13, 0.1, 4.0


@pytest.mark.parametrize("step", [0, 7, -90, 255])
def test_change_is_measured_around_its_mean(step: int) -> None:
    last = RNG.integers(0, 256, 9 * 7, dtype=np.uint8)
    luma = np.clip(last.astype(int) + RNG.integers(-3, 4, last.size) + step, 0, 255).astype(np.uint8)
    difference = luma.astype(np.float64) - last
    distance = np.sort(np.abs(difference - difference.mean()))
    expected = (difference.mean(), distance.mean(), distance[distance.size // 2])
    assert measure_change(luma, last) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (36, 64), (33, 47)])
@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_it_is_the_formula(size: tuple[int, int], exponent: float) -> None:
    new, last = RNG.random((2, *size), dtype=np.float32)
    luma, last_luma = RNG.integers(90, 140, (2, *size), dtype=np.uint8)
    last_luma[:, : size[1] // 2] = luma[:, : size[1] // 2]
    last[: size[0] // 2] = new[: size[0] // 2] + 0.02
    shift = 0.75

    change = np.abs(luma.astype(np.float32) - last_luma - shift)
    change = cv2.blur(change, (5, 5), borderType=cv2.BORDER_REPLICATE).reshape(size)
    moving = np.clip((change - MOTION_LOW) * MOTION_SLOPE, 0, 1)
    doubt = np.clip((np.abs(new - last) - DOUBT_LOW) * DOUBT_SLOPE, 0, 1)
    share = 1 - ((1 - STILL - doubt * GROWTH) * (1 - moving)) ** exponent
    expected = last + share * (new - last)

    result, knobs = np.empty(size, np.float32), (STILL, GROWTH, MOTION_LOW, MOTION_SLOPE, DOUBT_LOW, DOUBT_SLOPE)
    planes = (each.reshape(-1) for each in (new, last, luma, last_luma))
    scratch = np.empty(STEPS + 6 + 2 * size[1], np.float32)
    steady(*planes, size[1], shift, np.float32([*knobs, exponent]), scratch, result.reshape(-1))
    assert np.abs(result - expected).max() < (0.01 if exponent < 1 else 1e-4), "a root's table is coarse next to 0"
