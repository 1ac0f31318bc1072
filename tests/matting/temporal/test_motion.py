"""Noise and exposure are no motion, a moved thing is, and what cannot be compared is a cut."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Frame
from livebg.matting.temporal.motion import MotionDetector, prepare

HEIGHT, WIDTH = 90, 160
ROOM = np.repeat(np.repeat(np.random.default_rng(3).integers(60, 120, (9, 16, 3), dtype=np.uint8), 10, 0), 10, 1)


def _noisy(index: int, image: np.ndarray = ROOM, gain: float = 1.0) -> np.ndarray:
    noise = np.random.default_rng(100 + index).normal(0, 2, image.shape)
    return np.clip(image * gain + noise, 0, 255).astype(np.uint8)


def _frame(image: np.ndarray, index: int, fps: float = 30.0) -> Frame:
    return Frame(image, index, index / fps, index / fps)


def _with_box(left: int) -> np.ndarray:
    image = ROOM.copy()
    image[30:60, left : left + 30] = 220
    return image


@pytest.mark.parametrize("gain", [1.0, 1.15])
def test_noise_and_a_change_of_exposure_are_still(gain: float) -> None:
    prepare()
    stillness = MotionDetector()
    stillness.see(_frame(_noisy(0), 0))
    motion = stillness.see(_frame(_noisy(1, gain=gain), 1))
    assert not motion.is_cut
    assert motion.elapsed_s == pytest.approx(1 / 30)
    assert motion.values.shape == (HEIGHT, WIDTH)
    assert motion.values.mean() < 0.15


def test_a_thing_that_moves_moves_there_alone() -> None:
    stillness = MotionDetector()
    stillness.see(_frame(_noisy(0, _with_box(40)), 0))
    values = stillness.see(_frame(_noisy(1, _with_box(46)), 1)).values
    assert values[35:55, 42:44].min() == 1
    assert values[35:55, 72:74].min() == 1
    assert values[:, 100:].mean() < 0.15


@pytest.mark.parametrize("tint", [(20, -4, 0), (0, -10, 20), (90, -60, 80)])
def test_a_thing_of_the_rooms_brightness_moves_in_colour(tint: tuple[int, int, int]) -> None:
    room = np.full((HEIGHT, WIDTH, 3), (90, 130, 90), np.uint8)
    stillness, images = MotionDetector(), [room.copy(), room]
    images[0][30:60, 40:80] += np.array(tint).astype(np.uint8)
    motions = [stillness.see(_frame(_noisy(index, each), index)) for index, each in enumerate(images)]
    assert not motions[1].is_cut
    assert motions[1].values[35:55, 45:75].min() > 0.9
    assert motions[1].values[:, 100:].mean() < 0.15


@pytest.mark.parametrize("level", [80, 140, 240])
def test_somebody_close_who_leaves_moved_all_over(level: int) -> None:
    stillness, image = MotionDetector(), np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    near = image.copy()
    near[:, :110] = level
    stillness.see(_frame(_noisy(0, near), 0))
    motion = stillness.see(_frame(_noisy(1, image), 1))
    assert motion.is_cut or motion.values[5:-5, 5:105].min() == 1


def test_a_shaken_camera_is_told_by_the_frame_before() -> None:
    stillness, room = MotionDetector(), np.random.default_rng(8).uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    room = np.asarray(cv2.GaussianBlur(room, (0, 0), 2), np.uint8)
    for index, at_px in enumerate([0, 0, 1]):
        motion = stillness.see(_frame(_noisy(index, np.roll(room, at_px, axis=1)), index, fps=60.0))
    assert motion.shift_px == pytest.approx((1, 0), abs=0.3)


def test_the_same_frame_is_seen_once() -> None:
    stillness, frame = MotionDetector(), _frame(ROOM, 1)
    stillness.see(_frame(_with_box(40), 0))
    motion = stillness.see(frame)
    assert stillness.see(frame) is motion


def test_first_cut_gap_step_back_size_and_reset_all_carry_nothing_over() -> None:
    stillness = MotionDetector()

    def is_cut(image: np.ndarray, at_s: float) -> bool:
        motion = stillness.see(Frame(image, 0, at_s, at_s))
        assert motion.values.min() == 1 or not motion.is_cut
        return motion.is_cut

    assert is_cut(ROOM, 0.0)
    assert not is_cut(ROOM, 0.03)
    bars = np.zeros_like(ROOM)
    bars[:, ::32] = bars[:, 1::32] = 255
    bars[:, :80] = 255
    assert is_cut(bars, 0.06)
    assert not is_cut(bars, 0.09)
    assert is_cut(bars, 1.2)
    assert is_cut(bars, 1.1)
    assert is_cut(bars, 1.1), "the same moment twice tells nothing of rates"
    assert not is_cut(bars, 1.13)
    assert is_cut(np.ascontiguousarray(bars[:80]), 1.16)
    stillness.reset()
    assert is_cut(np.ascontiguousarray(bars[:80]), 1.19)


def test_60_fps_see_what_30_see() -> None:
    means = []
    for fps, step in ((30, 2), (60, 1)):
        stillness = MotionDetector()
        for index in range(6):
            values = stillness.see(_frame(_noisy(index, _with_box(40 + step * index)), index, fps)).values
        means.append(values.mean())
    assert means[1] == pytest.approx(means[0], rel=0.25)
