"""The compiled composite against the formula in float64, at every kind of block and beside every threshold."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import LOWEST_ALPHA
from livebg.scene.compositing.foreground import NO_BYTES, NO_HINTS, NO_NUMBERS
from livebg.scene.compositing.over_numba import BLOCK as BLOCK_PX
from livebg.scene.compositing.over_numba import CHUNK, compose, scratch

BLOCK = int(BLOCK_PX)
RNG = np.random.default_rng(7)


def _composed(
    image: np.ndarray,
    alpha: np.ndarray,
    background: np.ndarray,
    is_cut_out: bool = False,
    tones: np.ndarray = NO_BYTES,
) -> np.ndarray:
    result = np.full_like(image, 77)
    pictures = (image.reshape(-1), alpha.view(np.int32), background.reshape(-1), result.reshape(-1))
    compose(*pictures, is_cut_out, *scratch(1), *NO_HINTS, NO_BYTES, tones, NO_NUMBERS)
    return result


@pytest.mark.parametrize("count", [1, 5, BLOCK - 1, BLOCK, BLOCK + 1, 10 * BLOCK + 17, 2 * int(CHUNK) + 33])
@pytest.mark.parametrize("kind", ["soft", "runs", "thresholds"])
def test_it_is_the_formula_within_a_level(count: int, kind: str) -> None:
    image, background = RNG.integers(0, 256, (2, count, 3), dtype=np.uint8)
    alpha = RNG.random(count, dtype=np.float32)
    if kind == "runs":
        alpha = (np.arange(count) // (2 * BLOCK + 3) % 2).astype(np.float32)
    elif kind == "thresholds":
        alpha = RNG.choice(np.float32([0, LOWEST_ALPHA, 0.99 * LOWEST_ALPHA, 1 - LOWEST_ALPHA, 1]), count)
    share = alpha[:, None].astype(np.float64)
    exact = np.rint(share * image + (1 - share) * background)
    result = _composed(image, alpha, background)
    assert np.abs(result - exact).max() <= 1
    assert np.array_equal(result[alpha < LOWEST_ALPHA], background[alpha < LOWEST_ALPHA])
    assert np.array_equal(result[alpha > 1 - LOWEST_ALPHA], image[alpha > 1 - LOWEST_ALPHA])


def test_a_cut_out_copies_or_leaves_out() -> None:
    count = 5 * BLOCK + 9
    image, background = RNG.integers(1, 256, (count, 3), dtype=np.uint8), np.zeros((count, 3), np.uint8)
    alpha = np.where(np.arange(count) < 2 * BLOCK, 0, RNG.random(count) ** 4).astype(np.float32)
    result = _composed(image, alpha, background, is_cut_out=True)
    assert np.array_equal(result, np.where((alpha >= LOWEST_ALPHA)[:, None], image, 0))


def test_tones_change_the_person_and_nothing_behind() -> None:
    count = 3 * BLOCK + 9
    image, background = RNG.integers(0, 256, (2, count, 3), dtype=np.uint8)
    alpha = (np.arange(count) // 150 % 2).astype(np.float32)
    tones = np.concatenate([255 - np.arange(256), np.arange(256), np.full(256, 9)]).astype(np.uint8)
    changed = np.stack([255 - image[:, 0], image[:, 1], np.full(count, 9)], axis=1)
    result = _composed(image, alpha, background, tones=tones)
    assert np.array_equal(result, np.where(alpha[:, None] > 0, changed, background))
