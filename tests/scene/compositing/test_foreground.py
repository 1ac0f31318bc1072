"""Foreground colours that are known: a person of one colour before a room of another."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import LOWEST_ALPHA, Frame
from livebg.scene.compositing.compositor import Compositor
from livebg.scene.compositing.foreground import Estimator, averaged, spread_sure

PERSON, ROOM = np.array([40.0, 90.0, 200.0]), np.array([220.0, 180.0, 30.0])
SETTINGS = Settings()


def _soft_disc(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - height / 2, x - width / 2)
    return np.clip((0.3 * min(height, width) - distance) / (0.04 * min(height, width)) + 0.5, 0, 1).astype(np.float32)


def _frame(alpha: np.ndarray, room: np.ndarray = ROOM) -> Frame:
    mixed = alpha[..., None] * PERSON + (1 - alpha[..., None]) * room
    return Frame(np.rint(mixed).astype(np.uint8), 0, 0.0, 0.0)


@pytest.mark.parametrize("size", [(360, 640), (241, 135), (90, 700), (144, 256), (60, 100)])
def test_the_room_is_gone_from_the_soft_edge(size: tuple[int, int]) -> None:
    alpha = _soft_disc(*size)
    frame, is_soft = _frame(alpha), (alpha > 0.1) & (alpha < 0.95)
    plain = np.abs(frame.image[is_soft] - PERSON)
    own = np.abs(Compositor().cut_out(frame, alpha, SETTINGS)[is_soft] - PERSON)
    assert own.mean() < 0.45 * plain.mean()


def test_with_a_plate_a_room_of_many_colours_is_gone_too() -> None:
    alpha = _soft_disc(180, 320)
    room = np.random.default_rng(1).integers(0, 256, (180, 320, 3)).astype(np.uint8)
    frame, is_soft = _frame(alpha, room.astype(float)), (alpha > 0.3) & (alpha < 0.95)
    errors = [np.abs(Compositor().cut_out(frame, alpha, SETTINGS, plate)[is_soft] - PERSON) for plate in (None, room)]
    assert errors[1].mean() < 0.5 * errors[0].mean()


def test_a_picture_of_one_colour_keeps_it_whatever_the_alpha() -> None:
    image, alpha = np.full((72, 128, 3), 137, np.uint8), np.random.default_rng(2).random((72, 128), dtype=np.float32)
    result = Compositor().cut_out(Frame(image, 0, 0.0, 0.0), alpha, SETTINGS)
    assert np.array_equal(result, np.where((alpha >= LOWEST_ALPHA)[..., None], image, 0))


def test_a_hair_that_the_small_picture_misses_keeps_a_colour_of_the_picture() -> None:
    alpha = np.zeros((720, 1280), np.float32)
    alpha[100:101, 200:260], alpha[400:] = 0.4, 1
    frame = Frame(np.full((720, 1280, 3), 80, np.uint8), 0, 0.0, 0.0)
    assert (Compositor().cut_out(frame, alpha, SETTINGS)[100, 200:260] == 80).all()


@pytest.mark.slow
@pytest.mark.parametrize("foreground", ["estimated", "plain"])
@pytest.mark.parametrize("seed", range(4))
def test_faint_pixels_of_a_cut_out_are_the_persons_not_the_rooms(foreground: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    sure = cv2.circle(np.zeros((360, 640), np.float32), (320, 200), 80, 1, -1)
    strands = cv2.circle(np.zeros((360, 640), np.float32), (320, 200), 130, 0.7, 6)
    strands *= random.random(strands.shape, dtype=np.float32)
    halo = 0.1 * cv2.GaussianBlur(sure, (0, 0), 20)
    alpha = np.maximum(cv2.GaussianBlur(sure, (0, 0), 2), np.maximum(cv2.GaussianBlur(strands, (0, 0), 1), halo))
    result = Compositor().cut_out(_frame(alpha), alpha, Settings(foreground=foreground))  # type: ignore[arg-type]
    share = (result - PERSON) @ (ROOM - PERSON) / ((ROOM - PERSON) @ (ROOM - PERSON))
    levels = np.rint(255 * alpha)
    assert np.count_nonzero((levels > 0) & (levels <= 12)) > 10_000
    assert share[(levels > 0) & (levels <= 12)].max() < 0.1
    assert share[levels > 0].max() < 0.3
    assert not result[levels == 0].any()


def test_sure_colours_are_spread_to_the_farthest_corner_and_nobody_is_black() -> None:
    picture, alpha = np.full((45, 80, 3), (255, 0, 255), np.uint8), np.zeros((45, 80), np.float32)
    assert not spread_sure(picture, alpha).any()
    picture[10, 20], alpha[10, 20] = (10, 20, 30), 1
    assert np.abs(spread_sure(picture, alpha) - (10, 20, 30)).max() < 0.01
    assert averaged(alpha, 1, 1) == pytest.approx(1 / (45 * 80))


def test_the_small_pictures_are_the_frames() -> None:
    alpha = _soft_disc(720, 1280)
    estimator, frame = Estimator(720, 1280), _frame(alpha)
    estimator.look(frame, alpha)
    assert estimator.small is frame.shrunk[estimator.size]
    average = cv2.resize(alpha, estimator.size, interpolation=cv2.INTER_AREA)
    assert np.abs(estimator.small_alpha - average).max() < 0.1
    assert estimator.fits(frame)
    assert not estimator.fits(Frame(frame.image[:-1], 0, 0.0, 0.0))
