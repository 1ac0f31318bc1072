"""The compiled passes against the same means in float64."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.scene.compositing.foreground_numba import (
    CELL,
    COARSE,
    FAINT,
    FOUND,
    PADS,
    RUNS,
    SUMS,
    first_pass,
    second_pass,
)


def _means(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    height, width = alpha.shape
    down, across = height // CELL, width // CELL
    cells, row = np.empty(SUMS * (down + 2) * (across + 2), np.float32), np.empty(SUMS * width, np.float32)
    means = np.empty(6 * down * across, np.float32)
    first_pass(image.reshape(-1), alpha.reshape(-1), width, cells, row, means)
    return means.reshape(down, across, 2, 3)


def _exact(image: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Of one side: the mean by `share` over the 3 x 3 cells around each."""
    total = (share[..., None] * image).sum((0, 1)) + FAINT * image.mean((0, 1))
    everywhere = total / (share.sum() + FAINT)
    result = np.empty((image.shape[0] // CELL, image.shape[1] // CELL, 3))
    for y, x in np.ndindex(result.shape[:2]):
        rows, columns = (slice(max(0, each - 1) * CELL, (each + 2) * CELL) for each in (y, x))
        weights = share[rows, columns]
        seen = (weights[..., None] * image[rows, columns]).sum((0, 1)) + FAINT * everywhere
        result[y, x] = seen / (weights.sum() + FAINT)
    return result


@pytest.mark.parametrize("size", [(4, 4), (8, 24), (40, 16)])
@pytest.mark.parametrize("kind", ["soft", "half", "none", "all"])
def test_it_is_the_mean_on_both_sides(size: tuple[int, int], kind: str) -> None:
    random = np.random.default_rng(3)
    image, alpha = random.integers(0, 256, (*size, 3), dtype=np.uint8), random.random(size, dtype=np.float32)
    if kind == "half":
        alpha = np.tile(np.arange(size[1]) < 3, (size[0], 1)).astype(np.float32)
    elif kind in ("none", "all"):
        alpha = np.full(size, kind == "all", np.float32)
    means = _means(image, alpha)
    assert np.abs(means[:, :, 0] - _exact(image.astype(float), alpha.astype(float))).max() < 1
    assert np.abs(means[:, :, 1] - _exact(image.astype(float), 1 - alpha.astype(float))).max() < 1


def _around(plane: np.ndarray) -> np.ndarray:
    """The sum over 3 x 3 pixels, nothing beyond the edge."""
    wide = np.pad(plane, 1)
    height, width = plane.shape
    return sum(wide[y : y + height, x : x + width] for y in range(3) for x in range(3))


@pytest.mark.parametrize("size", [(4, 4), (8, 24), (40, 16)])
def test_the_narrow_pass_is_the_mean_around_each_pixel_on_both_sides(size: tuple[int, int]) -> None:
    random = np.random.default_rng(5)
    image, alpha = random.integers(0, 256, (*size, 3), dtype=np.uint8), random.random(size, dtype=np.float32)
    means = _means(image, alpha)
    lines, colours = np.empty(RUNS * (size[1] + PADS), np.float32), np.empty(FOUND * alpha.size, np.float32)
    second_pass(image.reshape(-1), alpha.reshape(-1), means.reshape(-1), size[1], lines, colours)
    found = colours.reshape(size[0], 2, 3, size[1])
    own, room = (np.kron(means[:, :, side].transpose(2, 0, 1), np.ones((1, CELL, CELL))) for side in (0, 1))
    share = alpha.astype(float)
    for channel in range(3):
        rest = image[..., channel] - share * own[channel] - (1 - share) * room[channel]
        fused = (own[channel] + share * rest).clip(0, 255)
        person = (_around(share * fused) + COARSE * own[channel]) / (_around(share) + COARSE)
        behind = (_around((1 - share) * room[channel]) + COARSE * room[channel]) / (_around(1 - share) + COARSE)
        assert np.abs(found[:, 0, channel] - person).max() < 0.01
        assert np.abs(found[:, 1, channel] - behind).max() < 0.01
