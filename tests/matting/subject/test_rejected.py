"""A chair that presence rejected while it stood still goes beside people and alone; who moved at all does not."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Image, Matte
from livebg.matting.subject.rejected import Rejected
from livebg.matting.subject.selection import Subject

H, W, FPS = 180, 320, 30
CHAIR, BODY = np.s_[110:180, 200:246], np.s_[50:180, 120:204]
TEXTURE = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 255, (H, 2 * W, 3), np.uint8), (0, 0), 2.0)
TEXTURE = np.asarray(cv2.normalize(TEXTURE, None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]
ROOM = TEXTURE[:, :W]
Place = tuple[slice, slice]


def _alpha(*places: tuple[Place, float]) -> Matte:
    alpha = np.zeros((H, W), np.float32)
    for place, value in places:
        alpha[place] = np.maximum(alpha[place], value)
    return alpha


def _with_body(picture: Image = ROOM, aside_px: int = 0) -> Image:
    picture = picture.copy()
    picture[BODY] = TEXTURE[BODY[0], W + 20 + aside_px : W + 20 + aside_px + BODY[1].stop - BODY[1].start]
    return picture


class _Live:
    """A Subject that sees one frame after the other."""

    def __init__(self) -> None:
        self._subject, self._count = Subject(), 0

    def shown(self, alpha: Matte, picture: Image = ROOM) -> Matte:
        number = self._count
        self._count += 1
        frame = Frame(picture, number, number / FPS, number / FPS)
        return self._subject.apply(Alpha(alpha, number), frame, Settings()).values


def _rejecting(frames: int = 20, place: Place = CHAIR, noise: float = 0.0) -> _Live:
    """The network is unsure of what stands there: no person."""
    live, random = _Live(), np.random.default_rng(5)
    for _ in range(frames):
        picture = np.clip(ROOM + random.normal(0, noise, ROOM.shape), 0, 255).astype(np.uint8)
        assert live.shown(_alpha((place, 0.8)), picture).max() == 0
    return live


@pytest.mark.parametrize("noise", [0.0, 1.2])
def test_a_chair_that_was_rejected_stays_so_when_the_network_is_sure_of_it(noise: float) -> None:
    live = _rejecting(noise=noise)
    for _ in range(60):
        assert live.shown(_alpha((CHAIR, 1.0))).max() == 0


def test_a_chair_that_was_not_rejected_for_half_a_second_is_believed() -> None:
    assert _rejecting(10).shown(_alpha((CHAIR, 1.0)))[CHAIR].min() == 1


def test_somebody_comes_to_the_chair_and_leaves_it() -> None:
    live = _rejecting()
    both, body = _alpha((CHAIR, 1.0), (BODY, 1.0)), _alpha((BODY, 1.0))
    for aside in range(30):
        alpha = live.shown(both, _with_body(aside_px=aside))
        assert alpha[CHAIR][:, 10:].max() == 0
        assert alpha[BODY][:, :-4].min() == 1
    assert live.shown(body, _with_body())[BODY].min() == 1
    for _ in range(30):
        assert live.shown(_alpha((CHAIR, 1.0)))[CHAIR].max() == 0


def test_somebody_who_is_rejected_and_moves_a_little_is_no_furniture() -> None:
    live = _Live()
    pictures = [_with_body(aside_px=number // 10 % 2) for number in range(40)]  # a pixel to and fro
    for picture in pictures:
        assert live.shown(_alpha((BODY, 0.8)), picture).max() == 0
    for picture in pictures:
        assert live.shown(_alpha((BODY, 1.0)), picture)[BODY].min() == 1


def test_what_was_furniture_and_moves_was_somebody() -> None:
    live, body = _rejecting(place=BODY), _alpha((BODY, 1.0))
    assert live.shown(body).max() == 0
    moved = ROOM.copy()
    moved[BODY][:40] = TEXTURE[50:90, 400:484]  # their head
    for picture in (moved, moved, ROOM, ROOM):
        assert live.shown(body, picture)[BODY].min() == 1


def test_something_else_in_front_of_the_chair_is_seen_and_the_chair_stays_known() -> None:
    live, chair = _rejecting(), _alpha((CHAIR, 1.0))
    other = ROOM.copy()
    other[CHAIR] = TEXTURE[CHAIR[0], 400:446]
    assert live.shown(chair, other)[CHAIR].min() == 1
    for _ in range(10):
        shown = live.shown(chair)
    assert shown.max() == 0


@pytest.mark.parametrize("people", ["all", "one"])
def test_without_presence_and_after_a_reset_nothing_is_furniture(people: Literal["all", "one"]) -> None:
    live, chair = _rejecting(), Alpha(_alpha((CHAIR, 1.0)), 99)
    frame = Frame(ROOM, 99, 1.0, 1.0)
    off = live._subject.apply(chair, frame, Settings(presence=False, people=people))
    assert off.values[CHAIR].min() == 1
    assert off is chair
    assert live._subject.apply(chair, frame, Settings(people=people)).values[CHAIR].min() == 1


def test_another_size_and_nothing_learned_change_nothing() -> None:
    furniture = Rejected()
    assert not furniture.is_known
    assert furniture.kept(_alpha((CHAIR, 1.0)), ROOM) is None
    labels = _alpha((CHAIR, 1.0)).astype(np.int32)
    for number in range(20):
        furniture.see(labels, np.array([False, True]), ROOM, number / FPS)
    kept = furniture.kept(_alpha((CHAIR, 1.0)), ROOM)
    assert kept is not None
    assert kept[CHAIR].max() == 0
    assert kept[:90].min() == 255
    assert furniture.kept(_alpha((CHAIR, 1.0))[::2, ::2], np.ascontiguousarray(ROOM[::2, ::2])) is None
    furniture.reset()
    assert furniture.kept(_alpha((CHAIR, 1.0)), ROOM) is None
