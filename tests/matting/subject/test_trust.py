"""A chair beside somebody is believed only when the network has been sure of it for a while; who moves, at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livebg.core.types import Image
from livebg.matting.item import NO_MOTION
from livebg.matting.subject.trust import TIME_S, Trust
from livebg.matting.temporal.motion import Motion

SECOND = 30
STILL = Motion(np.zeros((180, 320), np.float32), False, 1 / SECOND)
MOVED = replace(STILL, values=np.ones((180, 320), np.float32))
MIDDLE = 150, 230  # of the chair


def _belief(chair: int) -> Image:
    """A person, and a chair beside them that is believed so far."""
    belief = np.zeros((180, 320), np.uint8)
    belief[64:, 104:196] = 255
    belief[120:, 204:260] = chair
    return belief


def _believed(trust: Trust, chair: int, frames: int, motion: Motion = STILL) -> list[int]:
    """How far the chair is believed, frame by frame."""
    return [int(trust.bounded(_belief(chair), motion)[MIDDLE]) for _ in range(frames)]


def test_sudden_certainty_about_what_stands_still_is_trusted_after_a_while() -> None:
    trust = Trust()
    _believed(trust, 0, SECOND)
    sure = _believed(trust, 255, round(3 * TIME_S * SECOND))
    assert set(sure[: round(0.4 * TIME_S * SECOND)]) == {0}
    assert sure == sorted(sure)
    assert sure[-1] == 255


def test_a_short_certainty_leaves_little_trust() -> None:
    trust = Trust()
    _believed(trust, 0, SECOND)
    for _ in range(10):
        assert not any(_believed(trust, 255, round(0.1 * SECOND)) + _believed(trust, 0, round(0.3 * SECOND)))


def test_the_first_belief_and_a_lasting_one_are_trusted_to_the_last_pixel() -> None:
    trust = Trust()
    for _ in range(SECOND):
        assert np.array_equal(trust.bounded(_belief(255), STILL), _belief(255))


def test_not_from_the_first_on_what_stands_still_must_last_and_what_moves_need_not() -> None:
    trust = Trust(from_first=False)
    assert _believed(trust, 255, 1, replace(MOVED, is_cut=True)) == [0]
    assert set(_believed(trust, 255, round(0.4 * TIME_S * SECOND))) == {0}
    assert _believed(trust, 255, round(3 * TIME_S * SECOND))[-1] == 255
    trust.reset()
    assert _believed(trust, 255, 1) == [0]
    assert _believed(trust, 255, 1, MOVED)[0] == 255


@pytest.mark.parametrize("late", [0, 1, 2, 3])
def test_who_moves_is_believed_at_once_also_by_an_engine_that_is_some_frames_late(late: int) -> None:
    trust = Trust()
    _believed(trust, 0, SECOND)
    _believed(trust, 0, late, MOVED)
    assert _believed(trust, 255, 1, STILL if late else MOVED)[0] > 127
    assert _believed(trust, 255, 1)[0] > 127, "nor doubted when they rest"


def test_noise_is_no_motion() -> None:
    trust = Trust()
    noisy = replace(STILL, values=np.full((180, 320), 0.45, np.float32))
    noisy.values[MIDDLE] = 1
    _believed(trust, 0, SECOND, noisy)
    assert set(_believed(trust, 255, round(0.4 * TIME_S * SECOND), noisy)) == {0}


def test_an_edge_that_follows_somebody_by_a_few_px_is_trusted() -> None:
    trust, wider = Trust(), _belief(0)
    _believed(trust, 0, SECOND)
    wider[64:, 100:200] = 255
    assert (trust.bounded(wider, STILL)[66:, 102:198] > 127).all()


def test_a_photo_is_believed_as_it_is() -> None:
    trust = Trust()
    assert np.array_equal(trust.bounded(_belief(255), NO_MOTION), _belief(255))
    assert np.array_equal(trust.bounded(_belief(200), NO_MOTION), _belief(200)), "nor is another one remembered"


def test_it_works_at_any_size_of_belief() -> None:
    trust = Trust()
    for _ in range(2):
        fine = trust.bounded(np.full((288, 512), 255, np.uint8), STILL)
        assert fine.shape == (288, 512)
        assert (fine == 255).all()


def test_nothing_is_remembered_across_a_cut_or_a_reset() -> None:
    trust = Trust()
    _believed(trust, 0, SECOND)
    assert _believed(trust, 255, 1, replace(MOVED, is_cut=True)) == [255]
    _believed(trust, 0, SECOND)
    trust.reset()
    assert _believed(trust, 255, 1) == [255]
