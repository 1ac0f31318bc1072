"""What the engine only half believes in, beside somebody, goes; somebody's soft edge stays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from livebg.core.nearness import DOUBTFUL, SURE
from livebg.core.settings import Settings, change
from livebg.core.types import Alpha
from livebg.matting.subject.reach import KEPT, LOST, MEMORY_S, Reach
from livebg.matting.temporal.motion import Motion

SECOND = 30
MOVED = Motion(np.ones((180, 320), np.float32), False, 1 / SECOND)
REACH_PX = 6


@pytest.fixture
def seen() -> Alpha:
    """A person with a soft edge, 4 px of 0.5, and a chair beside them that the engine half believes in."""
    values = np.zeros((180, 320), np.float32)
    values[60:, 100:200] = 0.5
    values[64:, 104:196] = 1
    values[120:, 200:260] = 0.6
    return Alpha(values, 7)


def test_a_chair_that_is_half_believed_in_goes_and_soft_hair_stays(seen: Alpha) -> None:
    result = Reach().apply(seen, MOVED, Settings())
    assert result.sequence == 7
    assert (result.values[:, 196 + REACH_PX + 1 :] == 0).all()
    assert (result.values[64:, 104:196] == 1).all()
    assert (result.values[62:, 102] > 0.4).all()
    assert (result.values <= seen.values).all()


def test_what_is_surely_there_stays_wherever_it_is() -> None:
    values = np.zeros((180, 320), np.float32)
    values[20:30, 20:30] = SURE
    assert (Reach().apply(Alpha(values, 7), MOVED, Settings()).values[20:30, 20:30] == np.float32(SURE)).all()


def test_where_nobody_is_surely_there_all_falls_to_0(seen: Alpha) -> None:
    doubtful = Alpha(np.minimum(seen.values, np.float32(DOUBTFUL)), 7)
    assert not Reach().apply(doubtful, MOVED, Settings()).values.any()


@pytest.mark.parametrize("off", [{"presence": False}, {"subject": "anything"}])
def test_it_leaves_alone_what_is_not_about_people(seen: Alpha, off: dict[str, object]) -> None:
    assert Reach().apply(seen, MOVED, change(Settings(), off)) is seen
    assert Reach(has_presence=False).apply(seen, MOVED, Settings()) is seen


# A person with a raised hand, which the network doubts from some frame on.
HAND = slice(20, 50), slice(240, 270)


def _with_hand(level: float) -> Alpha:
    values = np.zeros((180, 320), np.float32)
    values[64:, 104:196] = 1
    values[HAND] = level
    return Alpha(values, 7)


def _hand_of(levels: Iterable[float], motion: Motion = MOVED, reach: Reach | None = None) -> list[float]:
    """How much of the hand's middle stays, frame by frame."""
    reach = reach or Reach()
    return [float(reach.apply(_with_hand(level), motion, Settings()).values[35, 255]) for level in levels]


def test_a_moving_hand_that_is_doubted_for_a_moment_does_not_flash() -> None:
    before, doubted, after = _hand_of([0.95, 0.5, 0.95])
    assert before == after == pytest.approx(0.95)
    assert 0.25 < doubted < 0.5


def test_what_is_doubted_for_longer_goes_little_by_little() -> None:
    doubted = _hand_of([0.95] + [0.5] * math.ceil(SECOND * MEMORY_S))
    assert doubted[-1] == 0
    assert all(0 < earlier - later < 0.25 for earlier, later in pairwise(doubted[1:]))


def test_what_has_fallen_far_is_gone_at_once_and_a_chair_never_stays() -> None:
    assert _hand_of([0.95, LOST])[-1] == 0
    assert 0 < _hand_of([0.95, 0.1 * LOST + 0.9 * KEPT])[-1] < LOST
    assert _hand_of([DOUBTFUL] * 4) == [0.0] * 4
    still = replace(MOVED, values=np.full((180, 320), 0.4, np.float32))
    assert _hand_of([0.95, 0.5], still)[-1] == 0, "furniture that the network was sure of for a frame"


def test_a_chair_that_the_network_is_sure_of_for_a_moment_does_not_show() -> None:
    still = replace(MOVED, values=np.zeros((180, 320), np.float32))
    assert set(_hand_of([0.5] * SECOND + [0.95] * 6, still)) == {0.0}
    assert _hand_of([0.5] * SECOND + [0.95] * SECOND, still)[-1] == pytest.approx(0.95)


def test_motion_of_another_size_is_read_there() -> None:
    right = replace(MOVED, values=np.zeros((90, 160), np.float32))
    right.values[:, 100:] = 1
    assert _hand_of([0.95, 0.5], right) == _hand_of([0.95, 0.5])


def test_nobody_is_remembered_across_a_cut_another_size_or_a_reset() -> None:
    assert _hand_of([0.95, 0.5], replace(MOVED, is_cut=True))[-1] == 0
    reach = Reach()
    _hand_of([0.95], reach=reach)
    reach.reset()
    assert _hand_of([0.5], reach=reach) == [0.0]
    _hand_of([0.95], reach=reach)
    small = Alpha(_with_hand(0.5).values[::2, ::2], 7)
    assert reach.apply(small, MOVED, Settings()).values[17, 127] == 0
