"""The loops against plain numpy on small random mattes, across cells and borders."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.refine import adjust_numba as kernels


def _run(alpha: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray, int, int]:
    flat = alpha.reshape(-1)
    return flat, flat.view(np.int32), alpha.shape[1], reach


def _with_bits(result: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return result.reshape(-1), result.reshape(-1).view(np.int32)


def _scratch(reach: int, windows: int) -> np.ndarray:
    return np.full(windows * (kernels.TALL + 2 * reach) * (kernels.WIDE + 2 * reach), np.nan, np.float32)


def test_spread_is_the_largest_of_the_places_even_in_scratch_that_holds_rubbish() -> None:
    alpha = np.random.default_rng(0).random((75, 140), np.float32)
    stride = kernels.WIDE + 2
    places = [(row + 1) * stride + column + 1 for row, column in ((0, 1), (0, -1), (1, 0), (-1, 0))]
    result = np.empty_like(alpha)
    program = np.array([1, 1, 4, *places], np.uintp)
    shares = np.ones(1, np.float32)
    kernels.spread(*_run(alpha, 1), program, shares, 1, _scratch(1, 2), _scratch(1, 1), *_with_bits(result))
    around = np.pad(alpha, 1, mode="edge")
    sides = [around[1:-1, 2:], around[1:-1, :-2], around[2:, 1:-1], around[:-2, 1:-1]]
    assert np.array_equal(result, np.max([alpha, *sides], axis=0))
    kernels.spread(*_run(alpha, 1), program, shares, -1, _scratch(1, 2), _scratch(1, 1), *_with_bits(result))
    assert np.array_equal(result, np.min([alpha, *sides], axis=0))


def test_soften_weighs_along_rows_and_columns() -> None:
    alpha = np.random.default_rng(1).random((75, 140), np.float32)
    taps = np.array([0.2, 0.1], np.float32)
    result = np.empty_like(alpha)
    kernels.soften(*_run(alpha, 2), taps, _scratch(2, 2), *_with_bits(result))
    line = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    around = np.pad(alpha, 2, mode="edge").astype(np.float64)
    down = sum(line[each] * around[each : each + 75] for each in range(5))
    exact = sum(line[each] * down[:, each : each + 140] for each in range(5))
    assert np.abs(result - exact).max() < 1e-6


def test_bend_may_write_over_what_it_reads() -> None:
    alpha = np.random.default_rng(2).random(1000, np.float32)
    expected = np.clip((alpha - np.float32(0.25)) * 2, 0, 1)
    kernels.bend(alpha, 0.25, 0.75, False, np.zeros(1, np.float32), *_with_bits(alpha))
    assert np.abs(alpha - expected).max() < 1e-6


def test_levels_that_meet_are_a_step_not_a_division_by_zero() -> None:
    alpha = np.linspace(0, 1, 200, dtype=np.float32)
    result = np.empty_like(alpha)
    kernels.bend(alpha, 0.5, 0.5, False, np.zeros(1, np.float32), *_with_bits(result))
    assert np.array_equal(result, (alpha >= 0.5).astype(np.float32))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_0_is_never_minus_0(sign: int) -> None:
    alpha = np.random.default_rng(4).choice(np.float32([0, -0.0, 0.3, 1]), (75, 140))
    alpha[:, 70:] = -0.0  # whole cells of it, too
    program, result = np.array([1, 1, 4, *[67 + each for each in (-66, 66, -1, 1)]], np.uintp), np.empty_like(alpha)
    kernels.spread(
        *_run(alpha, 1), program, np.ones(1, np.float32), sign, _scratch(1, 2), _scratch(1, 1), *_with_bits(result)
    )
    assert not np.signbit(result).any()
    kernels.soften(*_run(alpha, 2), np.array([0.2, 0.1], np.float32), _scratch(2, 2), *_with_bits(result))
    assert not np.signbit(result).any()
    kernels.bend(alpha.reshape(-1), 0.0, 0.5, False, np.zeros(1, np.float32), *_with_bits(result))
    assert not np.signbit(result).any()
