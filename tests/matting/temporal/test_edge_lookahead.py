"""A full-size edge that looks ahead is as calm as one that does not, and does not come late."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from soft_edges import ALL, CELLS, FULL, HEIGHT, WIDTH, soft_edge

from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.matting.item import Item
from livebg.matting.refine.params import UNKNOWN
from livebg.matting.temporal import edge_lookahead
from livebg.matting.temporal.edge import EdgeFilter
from livebg.matting.temporal.edge_lookahead import (
    SettleLookahead,
    average,
    gather,
    in_bytes,
    in_shares,
    prepare,
    scatter,
)
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.shake import NO_SHIFT


def _motion(index: int, moving: float = 0.0, is_cut: bool = False) -> Motion:
    return Motion(np.full((HEIGHT, WIDTH), moving, np.float32), is_cut, 1 / 30 if index else 0.0)


def _through(alphas: list[np.ndarray], frames: int = 12, moving: float = 0.0, cut_at: int = -1) -> list[np.ndarray]:
    prepare()
    resting, done = SettleLookahead(frames), list[Item]()
    for index, each in enumerate(alphas):
        done += resting.feed(_item(index, each, _motion(index, moving, index in (0, cut_at))), Settings())
    done += resting.flush()
    assert [each.frame.sequence for each in done] == list(range(len(alphas)))
    return [each.full for each in done]


def _item(index: int, alpha: np.ndarray, motion: Motion) -> Item:
    frame = Frame(np.zeros((*alpha.shape, 3), np.uint8), index, index / 30, index / 30)
    return Item(frame, motion=motion, full=alpha.copy(), runs=ALL, cells=CELLS)


def _settled(alphas: list[np.ndarray], moving: float) -> list[np.ndarray]:
    settler, results = EdgeFilter(), [each.copy() for each in alphas]
    for index, each in enumerate(results):
        settler.settle(each, ALL, CELLS, _motion(index, moving, index == 0), index / 30)
    return results


def test_bytes_and_shares_are_each_others() -> None:
    levels, shares, back = np.arange(256, dtype=np.uint8), np.empty(256, np.float32), np.empty(256, np.uint8)
    in_shares(levels, 16, 0, 16, 0, 16, shares)
    in_bytes(shares, back)
    assert np.array_equal(levels, back)
    assert shares[0] == 0
    assert shares[255] == 1
    some = np.full((16, 16), 7, np.float32)
    in_shares(levels, 16, 2, 5, 3, 9, some.reshape(-1))
    assert np.array_equal(some[2:5, 3:9], shares.reshape(16, 16)[2:5, 3:9])
    assert np.count_nonzero(some == 7) == 256 - 18


@pytest.mark.parametrize(("share", "expected"), [(0, 105), (0.5, 100), (1, 95)])
def test_the_mean_of_both_ways_where_a_later_window_replaces_the_one_before(share: float, expected: int) -> None:
    result, forward, before = (np.array([each], np.uint8) for each in (9, 60, 130))
    runs, ends = np.array([0, 1, 0, 1, UNKNOWN], np.uintp), np.array([0, 1], np.uintp)
    average(result, forward, before, np.array([150 / 255], np.float32), runs, ends, ends, np.float32(share))
    assert result[0] == expected


def test_only_the_unknown_region_is_kept_and_changed() -> None:
    """Cells of 2x3 pixels, two rows of three: the first sure, the middle ones and the last row's end unknown."""
    tops, lefts = np.array([0, 2, 4], np.uintp), np.array([0, 3, 6, 9], np.uintp)
    runs = np.array([(0, 1, 0, 1, 0), (0, 1, 1, 3, UNKNOWN), (1, 2, 0, 2, 1), (1, 2, 2, 3, UNKNOWN)], np.uintp).reshape(
        -1
    )
    is_unknown = np.zeros((4, 9), bool)
    is_unknown[:2, 3:], is_unknown[2:, 6:] = True, True
    alpha = np.linspace(0, 1, 36, dtype=np.float32).reshape(4, 9)
    kept, back = np.empty(int(is_unknown.sum()), np.uint8), np.full((4, 9), 7, np.float32)
    gather(alpha.reshape(-1), runs, tops, lefts, kept)
    scatter(kept, runs, tops, lefts, back.reshape(-1))
    np.testing.assert_allclose(back[is_unknown], alpha[is_unknown], atol=0.5 / 255)
    assert (back[~is_unknown] == 7).all()
    result = np.full((4, 9), 9, np.uint8)
    average(result.reshape(-1), kept, kept, back.reshape(-1), runs, tops, lefts, np.float32(0))
    assert (result[is_unknown] == np.rint(255 * alpha[is_unknown])).all()
    assert (result[~is_unknown] == 9).all()


@pytest.mark.parametrize("shift_px", [NO_SHIFT, (2.0, -1.0)], ids=["still", "shaken"])
def test_alphas_are_read_back_as_far_as_any_frame_needs_them(
    shift_px: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def passed() -> list[np.ndarray]:
        resting, done = SettleLookahead(12), list[Item]()
        for index in range(30):
            item = _item(index, soft_edge(30 + index), replace(_motion(index, 0.3), shift_px=shift_px))
            column = (30 + index) * WIDTH // FULL[1]
            runs = [(0, HEIGHT, 0, column - 4, 0), (2, HEIGHT - 2, column - 4, column + 4, UNKNOWN)]
            done += resting.feed(replace(item, runs=np.array(runs, np.uintp).reshape(-1)), Settings())
        return [each.full for each in (*done, *resting.flush())]

    ours = passed()
    monkeypatch.setattr(edge_lookahead, "_box", lambda _: (0, FULL[0], 0, FULL[1]))
    for one, other in zip(ours, passed(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("value", [0.0, 0.2, 1.0])
def test_a_flat_alpha_stays_flat(value: float) -> None:
    for result in _through([np.full(FULL, value, np.float32)] * 20):
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, value, atol=1 / 255)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_fewer_frames_than_the_window_all_come_out(count: int) -> None:
    assert len(_through([soft_edge(40)] * count)) == count


def test_a_trembling_edge_is_as_calm_as_live() -> None:
    rng = np.random.default_rng(1)
    alphas = [soft_edge(40, rng) for _ in range(60)]
    unrest = [np.abs(np.diff(each[20:50], axis=0)).mean() for each in (_settled(alphas, 0.0), _through(alphas))]
    assert unrest[1] < 1.2 * unrest[0]


def test_no_edge_jumps_where_a_window_begins() -> None:
    """Each window's backward filter begins where the forward one is by then, and that drifts."""
    alphas = [soft_edge(40)] * 10 + [np.clip(soft_edge(40) + 0.12, 0, 1)] * 50
    steps = np.abs(np.diff(np.stack(_through(alphas))[12:-12, 20:50], axis=0)).mean(axis=(1, 2))
    assert steps.max() < 3 * (steps.mean() + 0.1 / 255)


def test_a_slowly_moving_edge_is_not_late() -> None:
    truths = [soft_edge(30 + 0.5 * index) for index in range(40)]
    errors = [
        np.abs(np.stack(each[5:-12]) - np.stack(truths[5:-12])).mean()
        for each in (_settled(truths, 0.3), _through(truths, moving=0.3))
    ]
    assert errors[1] < 0.65 * errors[0]


def test_nothing_crosses_a_cut_in_either_direction() -> None:
    results = _through([soft_edge(20)] * 7 + [soft_edge(70)] * 7, cut_at=7)
    for index, result in enumerate(results):
        np.testing.assert_allclose(result, soft_edge(20 if index < 7 else 70), atol=1.01 / 255)


def test_off_holds_nothing_back_and_lets_go_of_what_waits() -> None:
    resting, off, done = SettleLookahead(12), Settings(settle=False), list[Item]()
    for index in range(4):
        done += resting.feed(_item(index, soft_edge(30), _motion(index)), off if index == 3 else Settings())
    assert [each.frame.sequence for each in done] == [0, 1, 2, 3]
    last = _item(4, soft_edge(30), _motion(4))
    assert [*resting.feed(last, off)] == [last]


def test_a_reset_drops_what_waits() -> None:
    resting = SettleLookahead(12)
    assert not list(resting.feed(_item(0, soft_edge(30), _motion(0)), Settings()))
    resting.reset()
    assert not list(resting.flush())


def test_twice_the_same_is_the_same_bit_for_bit() -> None:
    alphas = [soft_edge(30 + index, np.random.default_rng(index)) for index in range(20)]
    assert all(np.array_equal(*each) for each in zip(_through(alphas), _through(alphas), strict=True))
