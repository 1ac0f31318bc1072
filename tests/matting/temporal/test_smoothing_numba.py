"""The compiled smoothing against the same formula in numpy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.frame_difference import measure_change
from livebg.matting.temporal.smoothing_numba import STEPS, steady

RNG = np.random.default_rng(11)
LOW, SLOPE, MOVING_LOW, MOVING_SLOPE, RISE, FALL, LONGEST_S = 0.25, 3.0, 0.05, 10.0, 0.5, 0.3, 0.4


@pytest.mark.parametrize("step", [0, 7, -90, 255])
def test_change_is_measured_around_its_mean(step: int) -> None:
    last = RNG.integers(0, 256, 9 * 7, dtype=np.uint8)
    luma = np.clip(last.astype(int) + RNG.integers(-3, 4, last.size) + step, 0, 255).astype(np.uint8)
    difference = luma.astype(np.float64) - last
    distance = np.sort(np.abs(difference - difference.mean()))
    expected = (difference.mean(), distance.mean(), distance[distance.size // 2])
    assert measure_change(luma, last) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3), (36, 64), (33, 47)])
@pytest.mark.parametrize("elapsed_s", [1 / 60, 1 / 30, 1 / 15])
def test_it_is_the_formula(size: tuple[int, int], elapsed_s: float) -> None:
    new, last, motion = RNG.random((3, *size), dtype=np.float32)
    evidence_s = RNG.uniform(0, 0.5, size).astype(np.float32)
    last[: size[0] // 2] = new[: size[0] // 2] + 0.02

    unknown = cv2.blur(new - last, (3, 3), borderType=cv2.BORDER_REPLICATE).reshape(size)
    low, slope = LOW + motion * (MOVING_LOW - LOW), SLOPE + motion * (MOVING_SLOPE - SLOPE)
    still_share = np.where(unknown > 0, RISE, FALL)
    passing = np.clip((np.abs(unknown) - low) * slope, 0, 1) * (still_share + motion * (1 - still_share))
    kept = (1 - passing) ** (elapsed_s * 30)
    share = np.maximum(elapsed_s / (evidence_s + elapsed_s), 1 - kept)
    expected, expected_s = (
        np.clip(last + share * (new - last), 0, 1),
        np.minimum(evidence_s + elapsed_s, LONGEST_S) * kept,
    )

    result = np.empty(size, np.float32)
    parameters = np.float32([LOW, SLOPE, MOVING_LOW, MOVING_SLOPE, RISE, FALL, elapsed_s, LONGEST_S, elapsed_s * 30])
    planes = (each.reshape(-1) for each in (new, last, motion, evidence_s))
    scratch = np.empty(STEPS + 4 + size[1], np.float32)
    steady(*planes, size[1], parameters, scratch, result.reshape(-1))
    tolerance = 0.01 if elapsed_s < 1 / 30 else 1e-3  # a root's table is coarse next to 0
    assert np.abs(result - expected).max() < tolerance
    assert np.abs(evidence_s - expected_s).max() < tolerance


@pytest.mark.parametrize("elapsed_s", [1 / 240, 1 / 60, 1 / 30, 0.0437, 1 / 15, 0.3])
def test_what_begins_anew_stays_in_range(elapsed_s: float) -> None:
    """A quotient a trace above 1 made an alpha of -1e-26, which is refused, in the middle of a call."""
    last = (10.0 ** RNG.uniform(-30, 0, 4096)).astype(np.float32)
    new, result = np.zeros(4096, np.float32), np.empty(4096, np.float32)
    parameters = np.float32([LOW, SLOPE, MOVING_LOW, MOVING_SLOPE, RISE, FALL, elapsed_s, LONGEST_S, elapsed_s * 30])
    steady(new, last, new, new.copy(), 64, parameters, np.empty(STEPS + 4 + 64, np.float32), result)
    assert result.min() >= 0
    steady(1 - new, last, 1 - new, new.copy(), 64, parameters, np.empty(STEPS + 4 + 64, np.float32), result)
    assert result.max() <= 1
