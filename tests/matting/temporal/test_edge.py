"""A still edge comes to rest, a moved one is followed in the very frame, and nothing stays that should not."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from soft_edges import ALL, CELLS, FACTOR, FULL, HEIGHT, WIDTH, soft_edge

from livebg.matting.refine.cells import CellGrid
from livebg.matting.temporal.edge import EdgeFilter, moved, prepare
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.params import DETAIL_EDGE, EDGE, FINE_EDGE, EdgeParams


def _motion(level: float, elapsed_s: float, is_cut: bool = False) -> Motion:
    return Motion(np.full((HEIGHT, WIDTH), level, np.float32), is_cut, elapsed_s)


class _Run:
    def __init__(self, fps: float = 30.0, params: EdgeParams = EDGE) -> None:
        prepare()
        self.settler, self.fps, self.index, self.params = EdgeFilter(), fps, -1, params

    def __call__(self, alpha: np.ndarray, moving: float = 0.0, is_cut: bool = False) -> np.ndarray:
        self.index += 1
        alpha, motion = alpha.copy(), _motion(moving, 1 / self.fps if self.index else 0.0, is_cut)
        self.settler.settle(alpha, ALL, CELLS, motion, self.index / self.fps, self.params)
        return alpha


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_a_trembling_edge_comes_to_rest_as_much_at_any_rate(fps: float) -> None:
    run, rng = _Run(fps), np.random.default_rng(1)
    results = [run(soft_edge(40, rng)) for _ in range(2 * int(fps))]
    unrest = np.abs(np.diff(results[int(fps) :], axis=0)).mean()
    # Of independent noise, a recursive average with share k changes by k / sqrt(2 - k) of what that changes by.
    share = 1 - np.exp(-1 / (EDGE.time_s * fps))
    unsettled = np.abs(np.diff([soft_edge(40, rng) for _ in range(30)], axis=0)).mean()
    # That near to the new alpha a pixel takes it (REST), which leaves a little more.
    assert unrest == pytest.approx(unsettled * share / np.sqrt(2 - share), rel=0.35)
    truth = np.mean([soft_edge(40, rng) for _ in range(60)], axis=0)
    assert np.abs(np.mean(results[int(fps) :], axis=0) - truth).mean() < 0.02, "of a jitter of 0.05"


def test_an_edge_that_creeps_leaves_no_trail() -> None:
    run = _Run()
    for index in range(120):
        settled, new = run(soft_edge(30 + index / 4)), soft_edge(30 + index / 4)
    reach = 3 * FACTOR  # no further from the edge than a cell and those beside it
    is_far = np.array([not new[:, max(0, x - reach) : x + reach + 1].any() for x in range(FULL[1])])
    assert is_far.any()
    assert not settled[:, is_far].any()


@pytest.mark.parametrize("shift_px", [-8, 8])
def test_a_moved_edge_is_followed_in_the_very_frame(shift_px: int) -> None:
    run = _Run()
    for _ in range(10):
        run(soft_edge(40))
    assert np.abs(run(soft_edge(40 + shift_px), moving=1.0) - soft_edge(40 + shift_px)).max() < 0.05


def test_slow_movement_is_followed_though_it_is_hardly_above_the_noise() -> None:
    def left(moving: float) -> float:
        run = _Run()
        for _ in range(10):
            run(soft_edge(40))
        return float(np.abs(run(soft_edge(44), moving) - soft_edge(44)).mean())

    assert left(0.25) < 0.5 * left(0.0)


def test_a_change_of_mind_in_a_still_picture_is_followed_at_once_for_the_most_part() -> None:
    run = _Run()
    for _ in range(10):
        run(soft_edge(40))
    errors = [np.abs(run(soft_edge(52)) - soft_edge(52)).mean() for _ in range(60)] / np.abs(
        soft_edge(40) - soft_edge(52)
    ).mean()
    assert errors[0] < 0.6
    assert errors[8] < 0.35, "what is left is below the dead zone"
    assert errors[-1] < 0.1


@pytest.mark.parametrize("params", [EDGE, DETAIL_EDGE, FINE_EDGE])
@pytest.mark.parametrize(("before", "after", "is_gone"), [(0.2, 0.02, True), (0.4, 0.1, True), (0.4, 0.3, False)])
def test_what_has_fallen_below_half_is_let_go_in_a_still_picture(
    before: float, after: float, is_gone: bool, params: EdgeParams
) -> None:
    run = _Run(params=params)
    alpha = soft_edge(40)
    alpha[:, : FULL[1] // 4], later = before, alpha.copy()  # a piece of the room, away from the edge
    later[:, : FULL[1] // 4] = after
    for _ in range(10):
        run(alpha)
    for _ in range(6):  # .2 s
        settled = run(later)
    left = settled[:, : FULL[1] // 8].mean()
    assert left < 2 * after + 0.02 if is_gone else left > 0.9 * before


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_flat_becomes_exactly_flat(level: float) -> None:
    run = _Run()
    for _ in range(5):
        run(np.full(FULL, 0.5, np.float32))
    results = [run(np.full(FULL, level, np.float32)) for _ in range(120)]
    assert np.abs(results[0] - level).max() < 0.16, "what an empty place changes by is no tremor"
    assert np.abs(results[30] - level).max() < 0.05
    assert (results[-1] == level).all()


def test_cut_reset_gap_step_back_and_frames_not_seen_take_the_alpha_as_it_is() -> None:
    before, after = np.full(FULL, 0.5, np.float32), np.full(FULL, 0.42, np.float32)

    def second(motion: Motion, at_s: float, is_reset: bool = False) -> np.ndarray:
        settler, alpha = EdgeFilter(), after.copy()
        settler.settle(before.copy(), ALL, CELLS, _motion(1.0, 0.0, is_cut=True), 1.0)
        if is_reset:
            settler.reset()
        settler.settle(alpha, ALL, CELLS, motion, at_s)
        return alpha

    assert second(_motion(0.0, 0.04), 1.04).min() > 0.45, "else it would have been averaged"
    for result in (
        second(_motion(0.0, 0.04, is_cut=True), 1.04),
        second(_motion(0.0, 0.04), 1.04, is_reset=True),
        second(_motion(0.0, 1.5), 2.5),
        second(_motion(0.0, -0.04), 0.96),
        second(_motion(0.0, 0.04), 1.08),
    ):
        assert np.array_equal(result, after)


def test_another_size_is_taken_as_it_is() -> None:
    run = _Run()
    run(soft_edge(40))
    larger = np.random.default_rng(2).random((80, 100), dtype=np.float32)
    alpha, motion = larger.copy(), Motion(np.zeros((20, 25), np.float32), False, 1 / 30)
    cells = CellGrid.over(80, 100, 20, 25)
    runs = np.array((0, 20, 0, 25, 2), np.uintp)
    run.settler.settle(alpha, runs, cells, motion, 1 / 30)
    assert np.array_equal(alpha, larger)
    run.settler.settle(alpha.copy() * 0.9, runs, cells, motion, 2 / 30)


def test_what_was_settled_moves_along_with_a_shaken_camera() -> None:
    run, at_px, errors = _Run(), 40.0, []
    for index in range(40):
        shift_px = 0.6 * np.sin(index / 2)  # work px
        at_px += FACTOR * shift_px
        alpha = soft_edge(at_px)
        run.index += 1
        motion = Motion(np.zeros((HEIGHT, WIDTH), np.float32), False, 1 / 30 if index else 0.0, (shift_px, 0.0))
        result = alpha.copy()
        run.settler.settle(result, ALL, CELLS, motion, run.index / 30)
        errors.append(np.abs(result - alpha).max())
    assert max(errors) < 0.2, "never half a pixel from where it is, of an edge four wide; left behind it is off by .6"


@pytest.mark.parametrize("by", [(3, 2), (-3, 2), (3, -2), (0, -1), (0, 0)])
def test_what_is_moved_into_the_picture_is_as_its_border(by: tuple[int, int]) -> None:
    alpha = np.random.default_rng(2).random((7, 9), dtype=np.float32)
    rows, columns = (np.arange(7) - by[1]).clip(0, 6), (np.arange(9) - by[0]).clip(0, 8)
    np.testing.assert_array_equal(moved(alpha, *by), alpha[rows][:, columns])


def test_a_fine_edge_is_averaged_while_the_person_moves() -> None:
    rng = np.random.default_rng(4)
    texture = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, 200)).astype(np.float32), (0, 0), 2)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)

    def picture(index: int) -> np.ndarray:
        return np.ascontiguousarray(texture[:, 60 - index : 60 - index + WIDTH])  # a cell to the right a frame

    def errors(follows: bool) -> float:
        run, found = _Run(), []
        for index in range(20):
            run.index, truth = index, soft_edge(40 + FACTOR * index)
            alpha = (truth + rng.normal(0, 0.05, truth.shape)).clip(0, 1).astype(np.float32)
            pictures = (picture(index), picture(index - 1)) if follows else None
            motion = replace(_motion(0.0, 1 / 30 if index else 0.0), pictures=pictures)
            run.settler.settle(alpha, ALL, CELLS, motion, index / 30, FINE_EDGE)
            found.append(float(np.abs(alpha - truth).mean()))
        return float(np.mean(found[10:]))

    assert errors(follows=True) < 0.6 * errors(follows=False)
