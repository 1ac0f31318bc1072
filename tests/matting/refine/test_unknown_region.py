"""Doubt is where alpha is soft or turns, and as far around it as asked; stretches cover all, once."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.refine.params import UNKNOWN
from livebg.matting.refine.unknown_region import BLOCK, FAR, TALL, UnknownRegion, prepare


def _states(alpha: np.ndarray, cell: int, reach: int) -> np.ndarray:
    """The state of every pixel; each in exactly one stretch."""
    unknown_region, states = UnknownRegion(*alpha.shape), np.full(alpha.shape, -1)
    unknown_region.mark(alpha)
    for top, bottom, left, right, state in unknown_region.runs(cell, reach).reshape(-1, 5).astype(int):
        assert (states[top:bottom, left:right] == -1).all()
        assert top < bottom
        assert left < right
        states[top:bottom, left:right] = state
    assert (states >= 0).all()
    return states


@pytest.mark.parametrize("size", [(1, 1), (3, 9), (8, 8), (67, 101), (180, 320)])
@pytest.mark.parametrize(("level", "state"), [(0.0, 0), (0.04, 0), (0.5, UNKNOWN), (0.96, 1), (1.0, 1)])
def test_a_flat_alpha_is_one_state_everywhere(size: tuple[int, int], level: float, state: int) -> None:
    prepare()
    expected = state if state == UNKNOWN else state + FAR
    assert (_states(np.full(size, level, np.float32), 1, 1) == expected).all()


@pytest.mark.parametrize(("cell", "reach"), [(1, 1), (2, 2), (2, 0), (3, 5)])
def test_it_is_the_formula_in_plain_loops(cell: int, reach: int) -> None:
    rng = np.random.default_rng(4)
    alpha = np.kron(rng.random((5, 6)) > 0.4, np.ones((11, 13))).astype(np.float32)
    alpha[20:23, 30:40] = rng.random((3, 10))
    high, wide, around = TALL * BLOCK, cell * BLOCK, reach * BLOCK
    cells = np.zeros((-(-alpha.shape[0] // high), -(-alpha.shape[1] // wide)), int)
    for row, column in np.ndindex(*cells.shape):
        top, left = row * high, column * wide
        # Blocks that the alpha's end cuts are looked at as far as they reach.
        near = alpha[max(0, top - around) : top + high + around, max(0, left - around) : left + wide + around]
        above, below = (near > 0.05).any(), (near < 0.95).any()
        cells[row, column] = UNKNOWN if above and below else int(above)
    doubted = np.pad(cells == UNKNOWN, 1)
    beside = [doubted[y : y + cells.shape[0], x : x + cells.shape[1]] for y in range(3) for x in range(3)]
    cells[~np.any(beside, axis=0)] += FAR
    expected = np.kron(cells, np.ones((high, wide), int))[: alpha.shape[0], : alpha.shape[1]]
    assert np.array_equal(_states(alpha, cell, reach), expected)


def test_nothing_stays_of_the_alpha_before() -> None:
    unknown_region = UnknownRegion(40, 60)
    unknown_region.mark(np.full((40, 60), 0.5, np.float32))
    first = unknown_region.runs(1, 1)
    unknown_region.mark(np.zeros((40, 60), np.float32))
    assert set(unknown_region.runs(1, 1).reshape(-1, 5)[:, 4]) == {FAR}
    assert set(first.reshape(-1, 5)[:, 4]) == {UNKNOWN}, "what was given out is the receiver's"
