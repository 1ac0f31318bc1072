"""The compiled settling against the same formula in numpy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.refine.cells import CellGrid
from livebg.matting.temporal.edge_numba import REST, settle

RNG = np.random.default_rng(23)
STILL, GROWTH, LOW, LOW_GROWTH, REACH, REACH_GROWTH = 0.5, 0.5, 0.12, -0.07, 0.28, -0.19
PACE, LEAST, LEAST_FLAT, FALLEN_TO, FALLEN_REACH = 0.5, 0.06, 0.11, 0.9, 0.07
OPTIONS = np.array(
    (STILL, GROWTH, LOW, LOW_GROWTH, REACH, REACH_GROWTH, PACE, LEAST, LEAST_FLAT, FALLEN_TO, FALLEN_REACH), np.float32
)


@pytest.mark.parametrize("full", [(48, 64), (24, 32), (57, 85)])
def test_it_is_the_formula_in_stretches_of_doubt_and_nothing_elsewhere(full: tuple[int, int]) -> None:
    height, width = 24, 32
    new, last = RNG.random((2, *full), dtype=np.float32)
    new[:, : full[1] // 3] = RNG.random() > 0.5
    last[: full[0] // 2] = new[: full[0] // 2] + RNG.choice([-0.2, -0.1, 0.001, 0.1], full[1]).astype(np.float32)
    given = RNG.random((height, width), dtype=np.float32)
    runs = [(0, 8, 0, 20, 2), (0, 8, 20, 32, 0), (8, 16, 0, 32, 2), (16, 24, 0, 12, 5), (16, 24, 12, 32, 2)]
    cells = CellGrid.over(*full, height, width)
    tops, lefts = cells.tops, cells.lefts

    cell_of = np.ix_(*(np.repeat(np.arange(each.size - 1), np.diff(each.astype(int))) for each in (tops, lefts)))
    doubted, sure_level = np.zeros((height, width), bool), np.zeros((height, width), np.float32)
    for top, bottom, left, right, state in runs:
        doubted[top:bottom, left:right] = state == 2
        sure_level[top:bottom, left:right] = state % 2
    sums = np.add.reduceat(np.add.reduceat(new - last, tops[:-1].astype(int), 0), lefts[:-1].astype(int), 1)
    changes = doubted * sums / np.outer(np.diff(tops.astype(int)), np.diff(lefts.astype(int)))
    changes = cv2.blur(changes.astype(np.float32), (3, 3), borderType=cv2.BORDER_REPLICATE)
    means = np.add.reduceat(np.add.reduceat(new, tops[:-1].astype(int), 0), lefts[:-1].astype(int), 1)
    means /= np.outer(np.diff(tops.astype(int)), np.diff(lefts.astype(int)))
    means = np.where(doubted, means, sure_level)
    means = cv2.blur(means, (3, 3), borderType=cv2.BORDER_REPLICATE)
    is_flat = np.minimum(means, 1 - means) < 0.01
    motion = np.where(is_flat, np.maximum(np.sqrt(given), np.float32(0.5)), np.sqrt(given))
    sure = (np.abs(changes) - LOW - LOW_GROWTH * motion) / (REACH + REACH_GROWTH * motion)
    sure = np.clip(np.maximum(sure, (FALLEN_TO * (means - changes) - means) / FALLEN_REACH), 0, 1)
    sure *= STILL + GROWTH * motion
    least = np.where(is_flat, LEAST_FLAT, LEAST)
    shares = least + (1 - least) * PACE * sure / (1 + (PACE - 1) * sure)
    shares = np.where(doubted, shares, 1).astype(np.float32)
    spread = cv2.resize(shares, full[::-1], interpolation=cv2.INTER_LINEAR)
    kept = (1 - spread) * (last - new)
    expected = np.where(doubted[cell_of] & (np.abs(kept) >= REST), new + kept, new)

    alpha = new.copy()
    scratch = (np.full(n, np.nan, np.float32) for n in (3 * (height + 2) * (width + 2), 2 * full[1]))
    places = np.array(runs, np.uintp).reshape(-1), *cells
    settle(alpha.reshape(-1), last.reshape(-1), *places, given.reshape(-1), OPTIONS, *scratch)
    assert np.abs(alpha - expected).max() < 3 * REST
    assert np.abs(alpha - expected).mean() < 1e-5
    assert np.array_equal(alpha[~doubted[cell_of]], new[~doubted[cell_of]])
