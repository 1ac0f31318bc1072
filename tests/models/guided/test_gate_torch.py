"""The gate on a device as on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livebg.models.guided import gate, gate_torch


@pytest.mark.parametrize("seen_px", [gate.FEW_PX, gate.FEW_PX - 1])
@pytest.mark.parametrize("size", [(180, 320), (90, 160), (71, 97)])
def test_it_lets_through_what_the_cpus_does(size: tuple[int, int], seen_px: int) -> None:
    draw = np.random.default_rng(4)
    alpha = draw.random(size, np.float32)
    belief = np.zeros((90, 160), np.float32)
    belief[30:, 60:100] = 1
    belief[:20, :40] = draw.random((20, 40), np.float32)
    edge = belief * draw.random(belief.shape, np.float32)
    opening = gate.opening(belief, edge)
    found = gate_torch.through(torch.from_numpy(alpha), torch.from_numpy(opening), seen_px).numpy()
    expected = gate.gated(alpha, belief, edge, seen_px)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found[-1, -1] == found[-1, 0] == 0, "nobody is there"
    assert found[-1, size[1] // 2] == 1


def test_a_piece_that_the_network_misses_is_the_same_as_on_the_cpu() -> None:
    draw = np.random.default_rng(6)
    alpha, belief = np.zeros((180, 320), np.float32), np.zeros((90, 160), np.float32)
    alpha[60:, 120:190], belief[30:, 60:100] = 1, 1
    belief[40:70, 100:125] = draw.uniform(0.65, 0.9, (30, 25))
    opening = gate.opening(belief, belief)
    found = gate_torch.through(torch.from_numpy(alpha), torch.from_numpy(opening), gate.FEW_PX).numpy()
    np.testing.assert_allclose(found, gate.gated(alpha, belief, belief, gate.FEW_PX), atol=1e-5)
    assert found[90:130, 202:214].mean() > 0.5


@pytest.mark.parametrize("size", [(180, 320), (71, 97)])
def test_what_a_smaller_picture_surely_shows_is_missing_in_no_larger_one(size: tuple[int, int]) -> None:
    draw = np.random.default_rng(5)
    fine, coarse = draw.random(size, np.float32), np.zeros((40, 64), np.float32)
    coarse[10:30, 20:50] = 1
    fine[size[0] // 2 :] = 0
    found = gate_torch.whole(torch.from_numpy(fine), torch.from_numpy(coarse), gate.NETWORKS).numpy()
    np.testing.assert_allclose(found, gate.whole(fine, coarse, gate.NETWORKS), atol=1e-5)
    assert found[size[0] * 5 // 8, size[1] // 2] == 1
