"""A small alpha is steady on both sides of a frame: no lag, no ghost, no loss, and nothing crosses a cut."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.item import Item
from livebg.matting.temporal.cuts import Scenes
from livebg.matting.temporal.smoothing_lookahead import SmoothLookahead
from tests.chains import Smoothing

HEIGHT, WIDTH = 72, 128
RNG = np.random.default_rng(5)
ROOM, OTHER = (
    RNG.integers(60, 160, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    for _ in range(2)
)


def _through(
    values: list[np.ndarray], images: list[np.ndarray] | None = None, frames: int = 8, **settings: float
) -> list[np.ndarray]:
    """Each frame's steady alpha, in order."""
    ahead, wanted, scenes, done = SmoothLookahead(frames), Settings(**settings), Scenes(), list[Item]()
    for index, each in enumerate(values):
        frame = Frame(ROOM if images is None else images[index], index, index / 30, index / 30)
        done += ahead.feed(Item(frame, Alpha(each, index), scenes.see(frame)), wanted)
    done += ahead.flush()
    assert [each.frame.sequence for each in done] == list(range(len(values)))
    assert all(each.alpha.sequence == each.frame.sequence for each in done)
    assert all(0 <= each.alpha.values.min() <= each.alpha.values.max() <= 1 for each in done)
    return [each.alpha.values for each in done]


def _flat(value: float) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), value, np.float32)


@pytest.mark.parametrize("value", [0.0, 0.37, 1.0])
def test_a_flat_alpha_stays_flat(value: float) -> None:
    for result in _through([_flat(value)] * 20):
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, value, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_fewer_frames_than_the_window_all_come_out(count: int) -> None:
    results = _through([_flat(0.5)] * count, frames=8)
    assert len(results) == count


@pytest.mark.slow
@pytest.mark.parametrize("lost", [1, 2, 3])
@pytest.mark.parametrize("at", range(5, 9))
def test_a_limb_that_is_lost_for_some_frames_is_filled_wherever_the_window_stands(lost: int, at: int) -> None:
    values = [_flat(1.0) for _ in range(24)]
    for index in range(at, at + lost):
        values[index][20:50, 30:60] = 0
    assert min(each[26:44, 36:54].min() for each in _through(values)) > 0.85, "the smoother alone falls below a half"


def test_jitter_is_less_than_with_the_past_alone() -> None:
    values = [_flat(0.5) + RNG.uniform(-0.08, 0.08, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(40)]
    past, ahead = _past(values, [ROOM] * 40), _through(values)
    unrest = [np.abs(np.diff(each[4:-8], axis=0)).mean() for each in (values, past, ahead)]
    assert unrest[2] < unrest[1] < unrest[0]
    assert np.abs(np.stack(ahead[:4]) - 0.5).mean() < 0.7 * np.abs(np.stack(past[:4]) - 0.5).mean()


def _past(values: list[np.ndarray], images: list[np.ndarray]) -> list[np.ndarray]:
    """As live."""
    smoother, results = Smoothing(), []
    for index, each in enumerate(values):
        frame = Frame(images[index], index, index / 30, index / 30)
        results.append(smoother.apply(Alpha(each, index), frame, Settings()).values)
    return results


def _moving(step_px: int = 6) -> tuple[list[np.ndarray], list[np.ndarray]]:
    images, truths = [], []
    for index in range(9):
        left = 4 + step_px * index
        images.append(ROOM.copy())
        images[-1][20:60, left : left + 24] = 235
        truths.append(_flat(0.0))
        truths[-1][20:60, left : left + 24] = 1
    return images, truths


def test_a_moving_figure_has_no_ghost_on_either_side() -> None:
    images, truths = _moving(12)
    for index, result in enumerate(_through(truths, images)):
        left = 4 + 12 * index
        assert result[24:56, left + 2 : left + 22].min(initial=1) > 0.98
        assert result[24:56, max(0, left - 10) : max(0, left - 2)].max(initial=0) < 0.02, "where it was"
        assert result[24:56, left + 26 : left + 34].max(initial=0) < 0.02, "where it will be"


def test_a_moving_edge_is_no_less_true_to_its_motion_than_with_the_past_alone() -> None:
    images, truths = _moving()
    noisy = [np.clip(each + RNG.normal(0, 0.05, each.shape), 0, 1).astype(np.float32) for each in truths]
    errors = [_false_changes(each, truths) for each in (_past(noisy, images), _through(noisy, images))]
    assert errors[1] < errors[0]


def _false_changes(results: list[np.ndarray], truths: list[np.ndarray]) -> float:
    """dtSSD (Erofeev et al. 2015)."""
    wrong = np.diff(results, axis=0) - np.diff(truths, axis=0)
    return float(np.sqrt((wrong**2).mean(axis=(1, 2))).mean())


def test_nobody_is_foreseen_where_nothing_moves() -> None:
    """Furniture that the network takes for somebody from one frame on shows no sooner and no more than live."""
    values = [_flat(0.0)] * 12 + [_flat(0.9)] * 12
    past, ahead = _past(values, [ROOM] * 24), _through(values)
    assert all((one <= other + 1e-6).all() for one, other in zip(ahead, past, strict=True))
    assert not np.stack(ahead[:12]).any()


def test_nothing_crosses_a_cut_in_either_direction() -> None:
    images = [ROOM] * 7 + [OTHER] * 7
    results = _through([_flat(0.2)] * 7 + [_flat(0.9)] * 7, images)
    for index, result in enumerate(results):
        np.testing.assert_allclose(result, 0.2 if index < 7 else 0.9, atol=1e-6)


def test_strength_0_gives_the_very_same_alphas_at_once() -> None:
    alpha, frame = Alpha(_flat(0.5), 0), Frame(ROOM, 0, 0.0, 0.0)
    (same,) = SmoothLookahead(8).feed(Item(frame, alpha, Scenes().see(frame)), Settings(smoothing=0.0))
    assert same.alpha is alpha


def test_what_waits_comes_out_before_the_first_frame_that_is_not_smoothed() -> None:
    ahead, done = SmoothLookahead(8), list[Item]()
    for index in range(4):
        frame = Frame(ROOM, index, index / 30, index / 30)
        settings = Settings(smoothing=0.9 if index < 3 else 0.0)
        done += ahead.feed(Item(frame, Alpha(_flat(0.5), index), Scenes().see(frame)), settings)
    assert [each.frame.sequence for each in done] == [0, 1, 2, 3]


def test_a_reset_drops_what_waits() -> None:
    ahead, frame = SmoothLookahead(8), Frame(ROOM, 0, 0.0, 0.0)
    assert not list(ahead.feed(Item(frame, Alpha(_flat(0.5), 0), Scenes().see(frame)), Settings()))
    ahead.reset()
    assert not list(ahead.flush())


def test_twice_the_same_is_the_same_bit_for_bit() -> None:
    images, truths = _moving()
    noisy = [np.clip(each + RNG.normal(0, 0.1, each.shape), 0, 1).astype(np.float32) for each in truths]
    for one, other in zip(_through(noisy, images), _through(noisy, images), strict=True):
        assert np.array_equal(one, other)
