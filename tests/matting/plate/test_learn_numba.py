"""The room's gain, mean and age have known answers; pixels near somebody teach nothing."""

from __future__ import annotations

import numpy as np

from livebg.matting.plate import learn_numba as kernels

HEIGHT, WIDTH = 32, 64
SIZE = HEIGHT * WIDTH


def _planes(level: float, age_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = np.full(3 * SIZE, level, np.float32)
    return mean, np.ones(SIZE, np.float32), np.full(SIZE, age_s, np.float32)


def _learn(
    image: np.ndarray, near: np.ndarray, planes: tuple[np.ndarray, ...], elapsed_s: float = 0.1, pace: float = 1.0
) -> np.ndarray:
    gain, row, seen = np.ones(3, np.float32), np.empty(WIDTH, np.float32), np.empty(5, np.float32)
    total, distances = np.zeros(5, np.float32), np.zeros(SIZE, np.float32)
    for turn in range(kernels.TURNS):
        kernels.measure_distances(image, near, *planes, gain, WIDTH, turn, row, distances, seen)
        total += seen
        kernels.learn(image, near, distances, gain, WIDTH, turn, elapsed_s, pace, *planes)
    return total


def test_the_gain_is_the_median_of_each_channel() -> None:
    mean, _, age = _planes(100, 2)
    image = np.tile(np.array([50, 100, 150], np.uint8), SIZE)
    image[: 3 * SIZE // 4] = 200  # a quarter of the picture shows something else
    gain, counts = np.ones(3, np.float32), np.empty(3 * kernels.GAIN_BINS, np.float32)
    kernels.measure_gain(image, mean, age, np.zeros(SIZE, np.float32), counts, gain)
    assert np.abs(gain - [0.5, 1.0, 1.5]).max() < 0.01


def test_without_witnesses_the_gain_stays() -> None:
    mean, _, age = _planes(100, 0)
    gain, counts = np.full(3, 0.7, np.float32), np.empty(3 * kernels.GAIN_BINS, np.float32)
    image = np.full(3 * SIZE, 50, np.uint8)
    kernels.measure_gain(image, mean, age, np.zeros(SIZE, np.float32), counts, gain)
    assert np.array_equal(gain, np.full(3, 0.7, np.float32))


def test_what_agrees_ages_and_moves_the_mean() -> None:
    planes = _planes(100, 2)
    seen = _learn(np.full(3 * SIZE, 102, np.uint8), np.zeros(SIZE, np.float32), planes, pace=0.25)
    mean, _, age = planes
    assert np.allclose(mean, 100 + 2 * 0.1 / 2)
    assert np.allclose(age, 2.025)
    assert seen[0] == seen[4] == SIZE
    assert seen[1] == 0


def test_what_disagrees_long_enough_is_begun_anew() -> None:
    planes = _planes(100, 2)
    image = np.full(3 * SIZE, 200, np.uint8)
    assert _learn(image, np.zeros(SIZE, np.float32), planes)[1] == SIZE
    assert np.allclose(planes[0], 100)
    assert np.allclose(planes[2], 1.2)
    for _ in range(2):
        _learn(image, np.zeros(SIZE, np.float32), planes)
    assert np.allclose(planes[0], 200)
    assert np.allclose(planes[2], 0)


def test_pixels_near_somebody_neither_learn_nor_bear_witness() -> None:
    planes = _planes(100, 2)
    seen = _learn(np.full(3 * SIZE, 200, np.uint8), np.full(SIZE, 0.5, np.float32), planes)
    assert np.allclose(planes[0], 100)
    assert np.allclose(planes[2], 2)
    assert seen[0] == 0
    assert seen[4] == SIZE


def test_a_steep_room_bears_more_difference_and_is_a_textured_witness() -> None:
    planes = _planes(100, 2)
    stripes = np.repeat(np.tile([80.0, 120.0], SIZE // 2), 3).astype(np.float32)
    planes[0][:] = stripes
    seen = _learn((stripes + 12).astype(np.uint8), np.zeros(SIZE, np.float32), planes)
    assert seen[2] >= SIZE - HEIGHT
    assert seen[3] == 0
