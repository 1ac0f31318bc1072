"""Hair that no network believes in, around somebody who sways before a bare wall, or before a textured one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Image, Matte
from livebg.models.selfie.common_fate import CommonFate
from livebg.models.selfie.shared_motion import SharedMotion
from livebg.models.selfie.similarity import luma_of

H, W, EVERY = 180, 320, 6  # px; frames from look to look
HAIR_PX, BESIDE_PX = 8, 8  # how wide the hair is around the face, and what else the networks half believe around that
HALF = 0.2  # of an alpha: too little for a piece
NOISE = np.random.default_rng(3)


def _texture() -> Image:
    texture = cv2.GaussianBlur(NOISE.integers(0, 255, (H, W, 3), np.uint8), (0, 0), 2.0)
    return np.asarray(cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]


HEAD, ROOM = _texture(), _texture()
PLAIN = np.full_like(ROOM, 170)
BARE = PLAIN.copy()  # but for a picture that hangs aside: it tells that the camera stands
BARE[20:120, 4:44] = ROOM[20:120, 4:44]


class Scene:
    """Somebody who has moved `across`, from the picture's bottom up."""

    def __init__(self, across: float, room: Image) -> None:
        hair, beside = HAIR_PX, HAIR_PX + BESIDE_PX
        left, top, right = 110 + round(across), 60, 190 + round(across)
        self.picture = room.copy()
        self.picture[top - hair :, left - hair : right + hair] = HEAD[: H - top + hair, : right - left + 2 * hair]
        self.doubted: Matte = np.zeros((H, W), np.float32)
        self.doubted[top - beside :, left - beside : right + beside] = HALF
        self.close = self.doubted.copy()
        self.close[top:, left:right] = 1.0
        self.is_hair = np.zeros((H, W), np.bool_)
        self.is_hair[top - hair :, left - hair : right + hair] = True
        self.is_hair &= self.close < 1
        self.is_room = ~cv2.dilate((self.is_hair | (self.close == 1)).view(np.uint8), np.ones((5, 5), np.uint8)).view(
            np.bool_
        )


def _sway(frames: int, room: Image, reach_px: float = 16.0) -> list[Scene]:
    return [Scene(reach_px * np.sin(number / 8), room) for number in range(frames)]


def _seen(fate: CommonFate, scenes: list[Scene]) -> list[Matte]:
    """The alphas of scenes, of which every EVERYth is looked at whole."""
    alphas = []
    for number, scene in enumerate(scenes):
        alphas.append(fate.correct(scene.picture, scene.close))
        if number % EVERY == 0:
            fate.vote(scene.picture, luma_of(scene.picture), scene.close, np.maximum(scene.close, scene.doubted))
    return alphas


@pytest.mark.parametrize("room", [ROOM, BARE], ids=["textured", "bare"])
def test_hair_that_moves_with_the_head_is_theirs_and_the_wall_beside_it_is_not(room: Image) -> None:
    scenes = _sway(60, room)
    for alpha, scene in list(zip(_seen(CommonFate(), scenes), scenes, strict=True))[25:]:
        assert alpha[scene.is_hair].mean() > 0.6
        assert (alpha - scene.close)[scene.is_room].mean() < 0.01


def test_before_a_wall_that_does_not_tell_how_the_camera_moves_nothing_is_decided() -> None:
    """What stands beside somebody moves as they do where it is the camera that moves."""
    scenes = _sway(60, PLAIN)
    assert all(alpha is scene.close for alpha, scene in zip(_seen(CommonFate(), scenes), scenes, strict=True))


def test_where_nobody_moves_nothing_is_decided() -> None:
    scenes = _sway(30, ROOM, 0.0)
    assert all(alpha is scene.close for alpha, scene in zip(_seen(CommonFate(), scenes), scenes, strict=True))


def test_hair_that_is_suddenly_something_else_is_theirs_no_more() -> None:
    fate, scenes = CommonFate(), _sway(49, ROOM)
    _seen(fate, scenes)
    scene = scenes[-1]
    scene.picture[scene.is_hair] = 255 - scene.picture[scene.is_hair]
    assert fate.correct(scene.picture, scene.close)[scene.is_hair].mean() < 0.4


@pytest.mark.parametrize(
    ("left", "seen"), [(0, 0.3), (30, 0.3), (30, 0.03)], ids=["at the rim", "inside", "hardly seen any more"]
)
def test_what_was_surely_theirs_and_is_half_lost_comes_back(left: int, seen: float) -> None:
    fate, scenes = CommonFate(), _sway(43, ROOM)
    for number, scene in enumerate(scenes):
        cup = np.zeros((H, W), np.bool_)  # of 16x30 px, in front of the room or of the person alone
        x = 110 + left + round(16 * np.sin(number / 8))
        cup[90:120, x : x + 16] = True
        if number > 3 * EVERY:
            scene.close[cup] = scene.doubted[cup] = seen
        scene.is_hair = cup
    alphas = _seen(fate, scenes)
    for alpha, scene in list(zip(alphas, scenes, strict=True))[5 * EVERY + 1 :]:
        assert alpha[scene.is_hair].mean() > 0.7


def test_nothing_is_asked_of_a_sure_alpha_and_reset_forgets_the_votes() -> None:
    fate, scene = SharedMotion(), Scene(0.0, ROOM)
    sure = np.where(scene.close == 1, np.float32(1), np.float32(0))
    assert fate.asked(sure, sure, sure == 1) is None
    assert fate.asked(scene.close, scene.doubted, sure == 1) is not None
    fate = CommonFate()
    _seen(fate, _sway(49, ROOM))
    assert fate.is_needed
    fate.reset()
    assert not fate.is_needed
