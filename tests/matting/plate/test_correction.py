"""The empty room is learnt by itself, helps where it tells something, is let go of in time; off equals never there."""

from __future__ import annotations

import logging
import re

import cv2
import numpy as np
import pytest

from livebg.core.settings import Settings, change
from livebg.core.types import Alpha, Frame
from livebg.matting.plate.correction import CleanPlate

HEIGHT, WIDTH = 72, 128
AUTO = Settings()
OFF = change(AUTO, {"plate": "off"})
RNG = np.random.default_rng(7)
ROOM = cv2.resize(RNG.integers(60, 200, (18, 32, 3), dtype=np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
PERSON = np.array([30, 40, 220], np.uint8)
EMPTY = np.zeros((HEIGHT, WIDTH), np.float32)


def _noisy(image: np.ndarray, seed: int, gain: float = 1.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1.0, image.shape)
    return np.clip(image * gain + noise, 0, 255).astype(np.uint8)


def _truth(index: int = 0) -> np.ndarray:
    left = 44 + round(3 * np.sin(index / 5))
    truth = EMPTY.copy()
    truth[16:, left : left + 40] = 1
    return truth


def _visited(index: int, room: np.ndarray = ROOM) -> np.ndarray:
    return np.where(_truth(index)[..., None] > 0, PERSON, room)


def _guess(index: int) -> np.ndarray:
    """What a network makes of it: the edge some pixels off and soft, and differently in each frame."""
    truth = _truth(index)
    moved = np.roll(truth, int(np.random.default_rng(index).integers(-2, 3)), axis=1)
    return cv2.GaussianBlur(moved, (7, 7), 0)


class _Room:
    """Feeds a plate stage at a frame rate."""

    def __init__(self, stage: CleanPlate, fps: float = 30.0) -> None:
        self.stage, self.fps, self.index = stage, fps, 0

    def feed(self, image: np.ndarray, values: np.ndarray, settings: Settings = AUTO) -> Alpha:
        at_s = self.index / self.fps
        alpha = Alpha(values, self.index)
        result = self.stage.apply(alpha, Frame(image, self.index, at_s, at_s), settings)
        self.index += 1
        self.is_same = result is alpha
        return result

    def empty(self, seconds: float = 2.0) -> None:
        for _ in range(round(seconds * self.fps)):
            self.feed(_noisy(ROOM, self.index), EMPTY)
            assert self.is_same

    def visit(self, seconds: float = 1.5, room: np.ndarray = ROOM, gain: float = 1.0) -> tuple[float, float]:
        """Mean error of the given alphas and of the results, over the last half."""
        given, results = [], []
        count = round(seconds * self.fps)
        for index in range(count):
            at = round(index * 30 / self.fps)
            values = _guess(at)
            result = self.feed(_noisy(_visited(at, room), self.index, gain), values).values
            assert result.dtype == np.float32
            assert result.min() >= 0
            assert result.max() <= 1
            if index > count // 2:
                given.append(np.abs(values - _truth(at)).mean())
                results.append(np.abs(result - _truth(at)).mean())
        return float(np.mean(given)), float(np.mean(results))


def test_a_room_that_was_empty_makes_the_alpha_better() -> None:
    room = _Room(CleanPlate())
    room.empty()
    given, result = room.visit()
    assert result < 0.4 * given


def test_without_an_empty_room_the_alpha_is_given_back_as_it_is() -> None:
    room = _Room(CleanPlate())
    given, result = room.visit(1.0)
    assert result == given
    assert room.is_same


def test_off_gives_the_very_same_alpha_and_forgets_the_room() -> None:
    room = _Room(CleanPlate(keeps_picture=True))
    room.empty()
    room.feed(_visited(0), _guess(0), OFF)
    assert room.is_same
    assert room.stage.picture is None
    given, result = room.visit(0.5)
    assert result == given


def test_reset_forgets_the_room() -> None:
    room = _Room(CleanPlate())
    room.empty()
    room.stage.reset()
    given, result = room.visit(0.5)
    assert result == given


def test_input_is_not_written_to() -> None:
    room = _Room(CleanPlate())
    room.empty()
    values = _guess(0)
    image = _noisy(_visited(0), 1)
    kept, picture = values.copy(), image.copy()
    for _ in range(30):
        room.feed(image, values)
    assert not room.is_same
    assert np.array_equal(values, kept)
    assert np.array_equal(image, picture)


@pytest.mark.slow
@pytest.mark.parametrize("gain", [0.8, 1.15])
def test_another_exposure_is_no_other_room(gain: float) -> None:
    room = _Room(CleanPlate())
    room.empty()
    given, result = room.visit(gain=gain)
    assert result < 0.5 * given


def test_a_person_in_the_colours_of_the_room_is_left_as_the_network_saw_them() -> None:
    room = _Room(CleanPlate())
    room.empty()
    for index in range(45):
        values = cv2.GaussianBlur(_truth(), (7, 7), 0)
        result = room.feed(_noisy(ROOM, index), values).values
    core = cv2.erode(_truth(), np.ones((9, 9), np.uint8)) > 0
    assert result[core].min() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("what", ["bump", "lamp"])
def test_it_lets_go_when_camera_or_light_change_and_learns_again(what: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = _Room(CleanPlate())
    room.empty()
    room.visit(0.5)
    other = np.roll(ROOM, (3, 4), axis=(0, 1))
    if what == "lamp":
        light = np.linspace(0.7, 1.5, WIDTH, dtype=np.float32)[:, None]
        other = np.clip(ROOM * light, 0, 255).astype(np.uint8)
    given, result = room.visit(0.2, other)  # it is noticed within a few frames, whichever rows are looked at
    assert result == given
    given, result = room.visit(2.0, other)
    assert result == given
    known, gone = (each.message for each in caplog.records)
    assert re.fullmatch(r"clean plate: \d+ % of the room is known", known)
    assert gone == "clean plate: camera or light changed; not used any more"
    for _ in range(75):
        room.feed(_noisy(other, room.index), EMPTY)
    given, result = room.visit(1.5, other)
    assert result < 0.5 * given


def test_somebody_who_sits_still_unseen_for_a_moment_is_not_learnt() -> None:
    room = _Room(CleanPlate())
    room.empty()
    for _ in range(20):  # the network loses them for two thirds of a second
        room.feed(_noisy(_visited(0), room.index), EMPTY)
    given, result = room.visit()
    assert result < 0.6 * given


def test_an_island_that_looks_like_the_room_goes_and_the_person_stays() -> None:
    room = _Room(CleanPlate())
    room.empty()
    for index in range(30):
        values = _guess(index)
        values[30:60, 4:30] = 1
        result = room.feed(_noisy(_visited(index), index), values).values
    assert result[28:62, 2:32].max() < 0.05
    assert result[40:, 56:74].min() > 0.95


def test_an_island_that_is_not_in_the_room_stays() -> None:
    room = _Room(CleanPlate())
    room.empty()
    for index in range(30):
        values, image = _guess(index), _visited(index)
        values[30:60, 4:30] = 1
        image[30:60, 4:30] = (200, 60, 30)
        result = room.feed(_noisy(image, index), values).values
    assert result[34:56, 8:26].min() > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("fps", [15.0, 60.0])
def test_it_learns_as_fast_at_any_frame_rate(fps: float) -> None:
    room = _Room(CleanPlate(), fps)
    room.empty(1.0)
    given, result = room.visit(0.3)
    assert result == given
    room = _Room(CleanPlate(), fps)
    room.empty(2.0)
    given, result = room.visit()
    assert result < 0.5 * given


@pytest.mark.slow
def test_a_given_room_is_used_from_the_start_and_comes_back_with_the_camera() -> None:
    large = cv2.resize(ROOM, (4 * WIDTH, 4 * HEIGHT), interpolation=cv2.INTER_CUBIC)
    room = _Room(CleanPlate(large, keeps_picture=True))
    given, result = room.visit()
    assert result < 0.5 * given
    picture = room.stage.picture
    assert picture is not None
    assert picture.shape == (HEIGHT, WIDTH, 3)
    given, result = room.visit(2.0, np.roll(ROOM, (3, 4), axis=(0, 1)))
    assert result == given
    assert room.stage.picture is None
    given, result = room.visit()
    assert result < 0.5 * given


def test_a_given_room_of_another_shape_is_refused_once(caplog: pytest.LogCaptureFixture) -> None:
    room = _Room(CleanPlate(np.zeros((100, 100, 3), np.uint8)))
    given, result = room.visit(0.5)
    assert result == given
    assert len(caplog.records) == 1
    assert "100x100" in caplog.text


def test_the_picture_is_the_room_in_todays_light() -> None:
    room = _Room(CleanPlate(keeps_picture=True))
    assert room.stage.picture is None
    room.empty()
    known = room.stage.picture
    assert known is not None
    assert np.abs(known.astype(int) - ROOM).mean() < 2
    room.visit(gain=0.8)
    darker = room.stage.picture
    assert darker is not None
    assert np.abs(darker - 0.8 * ROOM).mean() < 2
    assert room.stage.picture is darker


def test_a_room_that_is_not_asked_for_is_not_kept_at_full_size() -> None:
    room = _Room(CleanPlate())
    room.empty()
    assert room.stage.picture is None


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (7, 5)])
def test_any_size_passes(size: tuple[int, int]) -> None:
    room = _Room(CleanPlate())
    image = np.full((*size, 3), 90, np.uint8)
    for index in range(60):
        result = room.feed(image, np.full(size, float(index > 50), np.float32))
        assert result.values.shape == size


def test_time_that_runs_backwards_is_another_source() -> None:
    room = _Room(CleanPlate())
    room.empty()
    room.index = 0
    given, result = room.visit(0.5)
    assert result == given
