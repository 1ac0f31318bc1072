"""Key frames' alphas reach the right frames, from both sides and at any size; never across a cut."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from engines import ROOM, scene, truth

from livebg.core.types import Frame
from livebg.matting.propagation.occlusion import Side
from livebg.matting.propagation.warp import HISTORY, Warper, _at_own_size
from livebg.matting.small_picture import Small, seen_small, small_of


def grown(warper: Warper, frames: list[Frame]) -> list[Small]:
    smalls = [small_of(each) for each in frames]
    for each in smalls:
        warper.add(each)
    return smalls


def error(values: np.ndarray, frame: Frame) -> float:
    """Mean difference from the truth within 12 px of the figure, at the truth's size."""
    wanted = truth(frame)
    if values.shape != wanted.shape:
        values = cv2.resize(values, wanted.shape[::-1], interpolation=cv2.INTER_AREA)
    around = cv2.dilate(wanted, np.ones((25, 25))) > 0
    return float(np.abs(values - wanted)[around].mean())


@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_an_alpha_is_carried_along_at_its_own_size(scale: float) -> None:
    warper = Warper()
    frames = [scene(n, 40 + 4 * n) for n in range(5)]
    smalls = grown(warper, frames)
    values = np.asarray(cv2.resize(truth(frames[0]), None, fx=scale, fy=scale), np.float32)
    warper.add_key(0, values)
    for frame, small in zip(frames[1:], smalls[1:], strict=True):
        before, after = warper.around(small)
        assert after is None
        propagated, unknown = warper.warp(small, before, after)
        assert propagated.shape == values.shape
        assert propagated.dtype == np.float32
        assert 0 <= propagated.min() <= propagated.max() <= 1
        assert error(propagated, frame) < (0.03 if scale >= 1 else 0.06)
        assert unknown < 0.2


def test_a_late_answer_is_carried_over_all_frames_since() -> None:
    warper = Warper()
    frames = [scene(n, 40 + 8 * n) for n in range(8)]
    smalls = grown(warper, frames)
    warper.add_key(1, truth(frames[1]))
    propagated, _ = warper.warp(smalls[7], *warper.around(smalls[7]))
    assert error(propagated, frames[7]) < 0.05


def test_what_entered_since_the_key_frame_before_is_known_from_the_one_after() -> None:
    frames = [scene(n, 40 + 4 * n if n else None) for n in range(5)]
    one, two = Warper(), Warper()
    for warper, keys in ((one, (0,)), (two, (0, 4))):
        smalls = grown(warper, frames)
        for key in keys:
            warper.add_key(key, truth(frames[key]))
    before, after = two.around(smalls[2])
    assert before is not None
    assert after is not None
    assert (before.small.sequence, after.small.sequence) == (0, 4)
    from_one, _ = one.warp(smalls[2], *one.around(smalls[2]))
    from_both, _ = two.warp(smalls[2], before, after)
    assert error(from_one, frames[2]) > 0.2
    assert error(from_both, frames[2]) < 0.03


def test_a_key_frame_after_alone_serves_too() -> None:
    warper = Warper()
    frames = [scene(n, 40 + 4 * n) for n in range(4)]
    smalls = grown(warper, frames)
    warper.add_key(3, truth(frames[3]))
    before, after = warper.around(smalls[1])
    assert before is None
    propagated, _ = warper.warp(smalls[1], before, after)
    assert error(propagated, frames[1]) < 0.03


@pytest.mark.parametrize("what", ["cut", "gap"])
def test_nothing_of_another_scene_is_used(what: str) -> None:
    warper = Warper()
    first = scene(0)
    frames = grown(warper, [first])
    warper.add_key(0, truth(first))
    second = scene(1, room=255 - ROOM[::-1]) if what == "cut" else scene(40)
    if what == "cut":
        second.image[::2, ::2] = 0
        second.image[:70] = 255
    new = small_of(second)
    assert warper.add(new)
    assert warper.around(new) == (None, None)
    assert warper.around(frames[0])[0] is not None, "the frames before it still have theirs"


@pytest.mark.parametrize("what", ["backwards", "size"])
def test_another_source_forgets_everything(what: str) -> None:
    warper = Warper()
    frames = [scene(n) for n in range(5, 8)]
    grown(warper, frames)
    warper.add_key(5, truth(frames[0]))
    new = small_of(scene(2)) if what == "backwards" else small_of(Frame(np.zeros((90, 90, 3), np.uint8), 9, 0.3, 0.3))
    assert not warper.add(new)
    assert warper.around(new) == (None, None)
    assert warper.small(6) is None
    warper.add_key(6, truth(frames[1]))
    assert not warper.has_keys


def test_what_is_answered_is_let_go() -> None:
    warper = Warper()
    frames = [scene(n) for n in range(10)]
    grown(warper, frames)
    for key in (0, 4, 8):
        warper.add_key(key, truth(frames[key]))
    warper.tidy(answered=5, oldest_needed=9)
    assert warper.small(3) is None
    assert [warper.around(warper.small(n) or small_of(frames[n]))[0] is None for n in (4, 5)] == [False, False]
    warper.tidy(answered=9, oldest_needed=6)
    assert warper.small(5) is None
    assert warper.small(6) is not None, "an answer to it is under way"


def test_memory_is_bounded_though_no_key_frame_ever_comes() -> None:
    warper = Warper()
    small = small_of(scene(0))
    for n in range(3 * HISTORY):
        warper.add(seen_small(n, n / 60, small.colour))
        warper.tidy(answered=n, oldest_needed=0)
    assert sum(warper.small(n) is not None for n in range(3 * HISTORY)) == HISTORY


def test_a_blend_that_comes_out_a_trace_outside_is_within() -> None:
    """after + share * (before - after) of two alphas of nearly nothing may be below 0; the judge would refuse it."""
    trace = np.float32(4.6e-18)
    filled = np.array([[-trace, 0.5], [1 + np.float32(1e-6), 0]], np.float32)
    certain = np.ones((2, 2), np.float32)
    side = Side(filled, filled, filled, certain, np.zeros((2, 2), np.uint8), 0)
    for base in (None, filled):
        found = _at_own_size(base, side, filled)
        assert found.min() == 0
        assert found.max() == 1
