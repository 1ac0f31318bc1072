"""What the finder allows of the network's alpha, and what it makes whole."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import Matte
from livebg.models.guided.gate import FEW_PX, NETWORKS, gated, pooled, whole


def _belief(value: float = 1.0) -> Matte:
    belief = np.zeros((90, 160), np.float32)
    belief[30:, 60:100] = value
    return belief


def _gated(alpha: Matte, belief: Matte, seen_px: int) -> Matte:
    return gated(alpha, belief, belief, seen_px)


both = pytest.mark.parametrize("seen_px", [FEW_PX, FEW_PX - 1])


@both
def test_far_from_what_the_finder_believes_in_alpha_is_exactly_0(seen_px: int) -> None:
    result = _gated(np.ones((180, 320), np.float32), _belief(), seen_px)
    assert result[:, :100].max() == result[:40].max() == 0
    assert result[100:, 130:190].min() == 1


def test_hair_beside_it_counts() -> None:
    alpha = np.zeros((180, 320), np.float32)
    alpha[70:, 118:202] = 0.6  # one of the finder's pixels farther than what it believes in
    result = _gated(alpha, _belief(), FEW_PX)
    assert result[100:170, 119:201].min() > 0.5


@both
def test_what_it_hardly_believes_in_opens_no_gate(seen_px: int) -> None:
    assert _gated(np.ones((180, 320), np.float32), _belief(0.25), seen_px).max() == 0


@both
@pytest.mark.parametrize(("sure", "expected"), [(0.85, 0), (1.0, 1)])
def test_a_piece_beside_somebody_counts_if_it_has_a_sure_core(sure: float, expected: float, seen_px: int) -> None:
    belief = _belief()
    belief[50:70, 10:30] = sure
    result = _gated(np.ones((180, 320), np.float32), belief, seen_px)
    assert result[110:130, 30:50] == pytest.approx(expected, abs=0.01)
    assert result[100:, 130:190].min() == 1


@both
def test_a_sure_sliver_of_a_doubtful_piece_opens_no_gate(seen_px: int) -> None:
    belief = _belief()
    belief[50:70, 10:30] = 0.8
    belief[60, 10:30] = 1.0
    assert _gated(np.ones((180, 320), np.float32), belief, seen_px)[:, :90].max() == 0


def test_deep_in_what_it_is_sure_of_nothing_is_missing_but_the_edge_is_the_networks() -> None:
    result = _gated(np.zeros((180, 320), np.float32), _belief(), FEW_PX)
    assert result[100:, 140:180].min() == 1
    assert result[:, :118].max() == result[:, 202:].max() == 0


def test_the_edge_of_what_the_network_misses_lies_where_the_frame_shows_it() -> None:
    edge = _belief()
    edge[30:, 98:] = 0
    result = gated(np.zeros((180, 320), np.float32), _belief(), edge, FEW_PX)
    assert result[100:, 140:180].min() == 1
    assert result[100:, 199:].max() == 0
    assert _gated(np.zeros((180, 320), np.float32), _belief(), FEW_PX)[100:, 199].min() > 0.5
    whole_one = np.where(np.arange(320) < 200, _seen((180, 320)), 0).astype(np.float32)
    whole_one[60:, 118:200] = 1
    assert gated(whole_one, _belief(), edge, FEW_PX)[100:, 197:199].min() == 1, "nothing is missing"


def _beside(reach_px: int) -> tuple[Matte, Matte]:
    """(the network's alpha of somebody without what they wear, the finder's belief in both), the latter that wide."""
    belief = _belief()
    belief[40:70, 100 : 100 + reach_px] = 0.7
    alpha = np.zeros((180, 320), np.float32)
    alpha[60:, 120:190] = 1
    return alpha, belief


def test_a_piece_that_the_network_misses_belongs_to_who_is_surely_there_as_a_whole() -> None:
    alpha, belief = _beside(20)
    assert _gated(alpha, belief, FEW_PX)[90:130, 202:214].min() == pytest.approx(0.7, abs=0.02)
    assert not _gated(alpha, belief, FEW_PX)[:, 250:].any()


def test_but_not_where_its_edge_is_not_believed_nor_endlessly() -> None:
    alpha, belief = _beside(20)
    edge = belief.copy()
    edge[:, 100:] = 0.4
    assert gated(alpha, belief, edge, FEW_PX)[90:130, 215:].max() < 0.2
    assert not _gated(*_beside(60), FEW_PX)[:, 290:].any()


def test_the_result_is_in_range_and_its_inputs_stay() -> None:
    rng = np.random.default_rng(3)
    alpha, belief = rng.random((96, 128), np.float32), rng.random((90, 160), np.float32)
    kept = alpha.copy(), belief.copy()
    result = _gated(alpha, belief, FEW_PX)
    assert (result.dtype, result.shape) == (np.float32, alpha.shape)
    assert result.min() >= 0
    assert result.max() <= 1
    assert np.array_equal(alpha, kept[0])
    assert np.array_equal(belief, kept[1])


def _seen(size: tuple[int, int], value: float = 1.0) -> Matte:
    """Somebody's alpha in a picture of (height, width): the lower two thirds, the middle half."""
    alpha = np.zeros(size, np.float32)
    alpha[size[0] // 3 :, size[1] // 4 : size[1] * 3 // 4] = value
    return alpha


def test_what_a_smaller_picture_surely_shows_is_missing_in_no_larger_one() -> None:
    fine = _seen((360, 640))
    fine[240:, 160:300] = 0  # the neck and a shoulder of somebody large
    result = whole(fine, _seen((144, 256)), NETWORKS)
    assert result[245:, 170:300].min() > 0.95
    assert result[:, :150].max() == result[:110].max() == 0, "nothing beyond what it shows"


def test_where_nothing_is_missing_the_finer_edge_stays_as_it_is() -> None:
    fine = _seen((360, 640))
    fine[120:130, 160:480:2] = 0.2  # strands of hair, nearer to the edge than the smaller picture's word counts
    assert np.array_equal(whole(fine, _seen((144, 256)), NETWORKS)[:130], fine[:130])


def test_what_a_smaller_picture_half_believes_in_adds_nothing() -> None:
    fine = np.zeros((360, 640), np.float32)
    assert np.array_equal(whole(fine, _seen((144, 256), 0.65), NETWORKS), fine)


def test_whom_the_network_leaves_out_gets_the_finders_edge() -> None:
    result = _gated(np.full((180, 320), 0.2, np.float32), _belief(), FEW_PX)
    assert result[70:, 124:196].min() > 0.95
    assert result[:, :112].max() == result[:, 208:].max() == 0


def test_a_chair_that_the_finder_half_believes_in_opens_no_gate() -> None:
    belief = _belief()
    belief[50:, 120:150] = 0.75
    result = _gated(np.ones((180, 320), np.float32), belief, FEW_PX)
    assert result[100:, 130:190].min() == 1
    assert result[:, 230:].max() == 0


def test_of_two_opinions_the_surer_one_counts_for_more() -> None:
    network = np.array([[0, 1, 0.4, 0.9, 1, 0.99]], np.float32)
    finder = np.array([[0, 1, 0.4, 0.5, 0, 0.3]], np.float32)
    result = pooled(network, finder)[0]
    assert result[:2].tolist() == [0, 1], "where both are sure, exactly that"
    np.testing.assert_allclose(result[2:], [0.4, 0.75, 0.5, 0.83], atol=0.03)


def test_a_network_that_saw_little_is_half_of_the_opinion_and_one_that_saw_much_all_of_it() -> None:
    belief = _belief()
    alpha = np.zeros((180, 320), np.float32)
    alpha[70:, 122:198] = 1  # narrower than the finder's 120..200
    edges = [_gated(alpha, belief, seen_px)[120, 120:122] for seen_px in (FEW_PX - 1, FEW_PX)]
    assert 0.3 < edges[0].mean() < 0.7
    assert edges[1].mean() < 0.2
