"""Still edges do not shimmer, moving ones leave no ghost, and nothing survives a reset or a cut."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from tests.chains import Smoothing

HEIGHT, WIDTH = 72, 128
RNG = np.random.default_rng(5)
ROOM = np.repeat(RNG.integers(60, 120, (HEIGHT, WIDTH, 1), dtype=np.uint8), 3, axis=2)


def _frame(image: np.ndarray, index: int, fps: float = 30.0) -> Frame:
    return Frame(image, index, index / fps, index / fps)


def _smooth(smoother: Smoothing, alpha: Alpha, frame: Frame, strength: float) -> np.ndarray:
    return smoother.apply(alpha, frame, Settings(smoothing=strength)).values


def _jittered(index: int) -> Alpha:
    values = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    values += np.random.default_rng(index).uniform(-0.08, 0.08, values.shape).astype(np.float32)
    return Alpha(values, index)


def _changes(strength: float, fps: float = 30.0, count: int = 30) -> float:
    """Mean change from frame to frame of a jittering alpha over a still, slightly noisy picture."""
    smoother, last, total = Smoothing(), None, 0.0
    for index in range(count):
        noisy = np.clip(ROOM + np.random.default_rng(1000 + index).normal(0, 1.5, ROOM.shape), 0, 255).astype(np.uint8)
        values = _smooth(smoother, _jittered(index), _frame(noisy, index, fps), strength)
        assert values.dtype == np.float32
        assert values.min() >= 0
        assert values.max() <= 1
        if last is not None and index > 10:
            total += float(np.abs(values - last).mean())
        last = values
    return total / (count - 11)


def test_a_still_picture_steadies_the_matte() -> None:
    assert _changes(0.8) < 0.4 * _changes(0.0)


def test_more_strength_is_steadier_and_less_than_one_frame_rate_changes_little() -> None:
    assert _changes(1.0) < _changes(0.5) < _changes(0.0)


def test_strength_0_is_as_if_it_had_never_been_there() -> None:
    smoother = Smoothing()
    _smooth(smoother, _jittered(0), _frame(ROOM, 0), 0.9)
    alpha = _jittered(1)
    assert smoother.apply(alpha, _frame(ROOM, 1), Settings(smoothing=0.0)) is alpha
    alpha = _jittered(2)
    assert np.array_equal(_smooth(smoother, alpha, _frame(ROOM, 2), 0.9), alpha.values)


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_a_limb_that_the_network_loses_for_two_frames_stays_and_one_that_is_gone_goes(fps: float) -> None:
    smoother, arm = Smoothing(), np.zeros((HEIGHT, WIDTH), np.float32)
    arm[20:50, 30:60] = 1
    lost, inside = np.zeros_like(arm), (slice(26, 44), slice(36, 54))
    count = round(fps * 0.6)
    for index in range(count):
        _smooth(smoother, Alpha(arm, index), _frame(ROOM, index, fps), 0.9)
    flicked = _smooth(smoother, Alpha(lost, count), _frame(ROOM, count, fps), 0.9)[inside].mean()
    back = _smooth(smoother, Alpha(arm, count + 1), _frame(ROOM, count + 1, fps), 0.9)[inside].mean()
    for index in range(count + 2, count + 2 + round(fps)):
        gone = _smooth(smoother, Alpha(lost, index), _frame(ROOM, index, fps), 0.9)[inside].mean()
    assert flicked > 0.45
    assert back > flicked
    assert gone < 0.05


def test_it_comes_quicker_than_it_goes_where_nothing_moved() -> None:
    shares = []
    for before, after in ((0.0, 1.0), (1.0, 0.0)):
        smoother = Smoothing()
        for index in range(10):
            _smooth(smoother, Alpha(np.full((HEIGHT, WIDTH), before, np.float32), index), _frame(ROOM, index), 0.9)
        new = _smooth(smoother, Alpha(np.full((HEIGHT, WIDTH), after, np.float32), 10), _frame(ROOM, 10), 0.9)
        shares.append(abs(float(new.mean()) - before))
    assert shares[0] > 1.3 * shares[1] > 0


def test_a_moving_figure_leaves_no_ghost() -> None:
    smoother = Smoothing()
    for index in range(8):
        image, values = ROOM.copy(), np.zeros((HEIGHT, WIDTH), np.float32)
        left = 10 + 12 * index
        image[20:60, left : left + 12] = 230
        values[20:60, left : left + 12] = 1
        result = _smooth(smoother, Alpha(values, index), _frame(image, index), 1.0)
    vacated = result[24:56, left - 10 : left - 2]
    covered = result[24:56, left + 2 : left + 10]
    assert vacated.max() < 0.02
    assert covered.min() > 0.98


def test_frame_rate_does_not_change_how_long_a_wrong_matte_lasts() -> None:
    left = {}
    for fps in (15.0, 60.0):
        smoother = Smoothing()
        _smooth(smoother, Alpha(np.full((HEIGHT, WIDTH), 0.5, np.float32), 0), _frame(ROOM, 0, fps), 0.8)
        for index in range(1, round(fps * 0.2) + 1):
            target = Alpha(np.full((HEIGHT, WIDTH), 0.55, np.float32), index)
            values = _smooth(smoother, target, _frame(ROOM, index, fps), 0.8)
        left[fps] = float(0.55 - values.mean())
    assert left[15.0] == pytest.approx(left[60.0], rel=0.05)


@pytest.mark.parametrize("what", ["reset", "cut", "gap", "size", "backwards"])
def test_nothing_is_carried_over(what: str) -> None:
    smoother = Smoothing()
    _smooth(smoother, Alpha(np.zeros((HEIGHT, WIDTH), np.float32), 0), _frame(ROOM, 30), 1.0)
    image, index, shape = ROOM, 31, (HEIGHT, WIDTH)
    if what == "reset":
        smoother.reset()
    elif what == "cut":
        image = np.repeat(RNG.integers(0, 255, (HEIGHT // 8, WIDTH // 8, 1), dtype=np.uint8), 3, axis=2)
        image = image.repeat(8, axis=0).repeat(8, axis=1)
    elif what == "gap":
        index = 30 + 61
    elif what == "size":
        shape = (HEIGHT // 2, WIDTH // 2)
    else:
        index = 2
    new = Alpha(np.full(shape, 0.5, np.float32), index)
    assert np.array_equal(_smooth(smoother, new, _frame(image, index), 1.0), new.values)
