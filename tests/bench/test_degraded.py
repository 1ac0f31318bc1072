"""True mattes made worse as a network makes them: seeded, of the right size, flickering, with losses."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.bench.degraded import Degrader


def _truth() -> np.ndarray:
    truth = np.zeros((180, 320), np.uint8)
    truth[60:, 120:200] = 255
    return truth


def test_the_same_seed_degrades_the_same() -> None:
    first, second, other = (Degrader(36, seed) for seed in (1, 1, 2))
    for _ in range(3):
        alpha = first.degrade(_truth())
        assert alpha.shape == (36, 64)
        assert alpha.dtype == np.float32
        assert 0 <= alpha.min() <= alpha.max() <= 1
        np.testing.assert_array_equal(alpha, second.degrade(_truth()))
    assert np.abs(alpha - other.degrade(_truth())).max() > 0.1


def test_the_edge_flickers_and_the_rest_holds_but_for_what_is_lost() -> None:
    degrader, alphas = Degrader(36, 3), []
    for _ in range(60):
        alphas.append(degrader.degrade(_truth()))
    inside = np.array([each[20:34, 28:36].min() for each in alphas])
    changes = np.abs(np.diff(np.array(alphas), axis=0)).mean(axis=0)
    assert (inside > 0.9).mean() > 0.8
    assert changes[14:30, 22:26].max() > 0.02
    assert changes[:4].mean() < 0.01


def test_a_limb_is_gone_for_one_or_two_frames() -> None:
    degrader = Degrader(36, 5)
    missing = [float((degrader.degrade(_truth())[14:, 24:40] < 0.5).mean()) for _ in range(400)]
    is_gone = np.array(missing) > 0.1
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[False], is_gone, [False]]).astype(int))))[::2]
    assert 2 <= len(runs) <= 30
    assert np.median(runs) <= 2
