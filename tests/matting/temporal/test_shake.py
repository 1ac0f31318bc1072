"""A shaken picture's shift is found; somebody who moves, a room that moves behind somebody, and noise are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Image
from livebg.matting.temporal.shake import ACROSS, DOWN, NO_SHIFT, SUMS, prepare, shift_between, sum_slopes

HEIGHT, WIDTH = 180, 320
ROOM = cv2.GaussianBlur(np.random.default_rng(5).uniform(0, 255, (HEIGHT + 40, WIDTH + 40)), (0, 0), 3)
ROOM = (ROOM - ROOM.min()) / (ROOM.max() - ROOM.min()) * 200 + 20


def _seen(right_px: float, down_px: float, seed: int = 0, gain: float = 1.0) -> Image:
    """The room, by so much elsewhere, with a camera's noise."""
    there = np.array([[1, 0, right_px - 20], [0, 1, down_px - 20]], np.float64)
    picture = gain * cv2.warpAffine(ROOM, there, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    return (picture + np.random.default_rng(seed).normal(0, 1, picture.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("gain", [1.0, 1.1])
@pytest.mark.parametrize("shift", [(0.3, 0.0), (-0.2, 0.4), (0.0, -1.0), (0.7, 0.6)])
def test_a_shaken_pictures_shift_is_found(shift: tuple[float, float], gain: float) -> None:
    prepare()
    assert shift_between(_seen(*shift, seed=1, gain=gain), _seen(0, 0)) == pytest.approx(shift, rel=0.2, abs=0.05)


def test_noise_is_no_shift_nor_is_a_wall_without_marks() -> None:
    assert shift_between(_seen(0, 0, seed=1), _seen(0, 0)) == NO_SHIFT
    walls = [np.random.default_rng(seed).integers(98, 102, (HEIGHT, WIDTH), dtype=np.uint8) for seed in range(2)]
    assert shift_between(*walls) == NO_SHIFT


@pytest.mark.parametrize(("room", "person"), [((0.0, 0.0), (0.8, 0.0)), ((0.8, 0.0), (0.0, 0.0))])
def test_what_moves_in_part_is_no_shake(room: tuple[float, float], person: tuple[float, float]) -> None:
    last, luma = _seen(0, 0), _seen(*room, seed=1)
    luma[40:, 100:220] = _seen(*person, seed=2)[40:, 100:220]
    assert shift_between(luma, last) == NO_SHIFT


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (7, 5)])
def test_a_tiny_picture_has_none(size: tuple[int, int]) -> None:
    assert shift_between(np.full(size, 90, np.uint8), np.full(size, 80, np.uint8)) == NO_SHIFT


def test_the_sums_are_the_formula() -> None:
    last, luma = _seen(0, 0), _seen(0.5, 0.2, seed=1)
    gain, here, there = 1.1, luma.astype(np.float64), last.astype(np.float64) * 1.1
    down, across = np.gradient((here + there) / 2)
    counts = np.zeros((HEIGHT, WIDTH))
    for block in range(DOWN):
        counts[max(1, block * HEIGHT // DOWN) : (block + 1) * HEIGHT // DOWN : 2, 1:-1] = 1
    products = (across * across, down * down, across * down, across * (here - there), down * (here - there))
    shape = (DOWN, HEIGHT // DOWN, ACROSS, WIDTH // ACROSS)
    expected = np.stack([(each * counts).reshape(shape).sum(axis=(1, 3)).reshape(-1) for each in products])
    sums = np.full(SUMS * ACROSS * DOWN, np.nan, np.float32)
    sum_slopes(luma.reshape(-1), last.reshape(-1), WIDTH, gain, np.empty((SUMS + 3) * WIDTH, np.float32), sums)
    np.testing.assert_allclose(sums.reshape(SUMS, -1), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
