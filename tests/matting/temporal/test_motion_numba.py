"""The compiled measure of motion against the same formula in numpy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.temporal.motion_numba import BINS, find_motion

RNG = np.random.default_rng(17)
LEAST, MOST, PER_MEDIAN, LOW, HIGH = 0.8, 6.0, 1.5, 0.8, 2.2


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (33, 47), (180, 320)])
@pytest.mark.parametrize("step", [0, 25])
def test_it_is_the_formula(size: tuple[int, int], step: int) -> None:
    last = RNG.integers(60, 180, size, dtype=np.uint8)
    luma = (last + RNG.integers(0, 3, size) + step).astype(np.uint8)
    luma[: size[0] // 3, : size[1] // 3] += 30
    gain = (luma.sum() + luma.size) / (last.sum() + last.size)
    change = np.abs(luma - np.float32(gain) * last - np.float32(step / 5)).astype(np.float32)
    around = cv2.blur(change, (5, 5), borderType=cv2.BORDER_REPLICATE).reshape(size)
    height, width = size
    motion = np.full(size, np.nan, np.float32)
    scratch = np.full((height + 5) * (width + 4), np.nan, np.float32)
    parameters = np.array((gain, step / 5, LEAST, MOST, PER_MEDIAN, LOW, HIGH), np.float32)
    total = find_motion(luma.reshape(-1), last.reshape(-1), width, parameters, scratch, motion.reshape(-1))
    assert total == pytest.approx(change.mean(), rel=1e-4, abs=1e-4)

    sample = np.sort([change[y, x] for y in range(height) for x in range(min(y % 4, width - 1), width, 4)])
    median = np.floor(sample[sample.size // 2] * BINS) / BINS
    noise = min(max(LEAST, PER_MEDIAN * float(median)), MOST)
    assert np.abs(motion - np.clip((around - LOW * noise) / ((HIGH - LOW) * noise), 0, 1)).max() < 2e-3
