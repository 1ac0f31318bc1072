"""What the finder allows of the network's alpha, and what it makes whole."""

from __future__ import annotations

import numpy as np

from livebg.core.types import Matte
from livebg.models.guided.gate import gated


def _belief(value: float = 1.0) -> Matte:
    belief = np.zeros((90, 160), np.float32)
    belief[30:, 60:100] = value
    return belief


def test_far_from_what_the_finder_believes_in_alpha_is_exactly_0() -> None:
    result = gated(np.ones((180, 320), np.float32), _belief())
    assert result[:, :100].max() == result[:40].max() == 0
    assert result[100:, 130:190].min() == 1


def test_hair_beside_it_counts() -> None:
    alpha = np.zeros((180, 320), np.float32)
    alpha[70:, 118:202] = 0.6  # one of the finder's pixels farther than what it believes in
    result = gated(alpha, _belief())
    assert result[100:170, 119:201].min() > 0.5


def test_what_it_hardly_believes_in_opens_no_gate() -> None:
    assert gated(np.ones((180, 320), np.float32), _belief(0.25)).max() == 0


def test_deep_in_what_it_is_sure_of_nothing_is_missing_but_the_edge_is_the_networks() -> None:
    result = gated(np.zeros((180, 320), np.float32), _belief())
    assert result[100:, 140:180].min() == 1
    assert result[:, :118].max() == result[:, 202:].max() == 0


def test_the_result_is_in_range_and_its_inputs_stay() -> None:
    rng = np.random.default_rng(3)
    alpha, belief = rng.random((96, 128), np.float32), rng.random((90, 160), np.float32)
    kept = alpha.copy(), belief.copy()
    result = gated(alpha, belief)
    assert (result.dtype, result.shape) == (np.float32, alpha.shape)
    assert result.min() >= 0
    assert result.max() <= 1
    assert np.array_equal(alpha, kept[0])
    assert np.array_equal(belief, kept[1])
