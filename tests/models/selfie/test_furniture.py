"""Chairs that the network is sure of, on drawn scenes with textures: a person has a face, a chair shows no skin."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from livebg.core.resize import shrink
from livebg.core.types import Frame, Image, Matte
from livebg.models.selfie.furniture import PATIENCE, STILL_S, Furniture
from livebg.models.selfie.roi import RegionOfInterest
from livebg.models.selfie.similarity import luma_of

H, W, LOOK_S = 180, 320, 0.2
LOOKS = int(STILL_S / LOOK_S) + 2  # enough to decide
BODY, FACE, CHAIR, BRIDGE = (60, 60, 150, 180), (80, 60, 130, 110), (200, 110, 250, 180), (150, 150, 200, 156)
SKIN = np.array((120, 150, 200), np.uint8)  # BGR
TEXTURE = cv2.GaussianBlur(np.random.default_rng(5).integers(0, 255, (H, 2 * W), np.uint8), (0, 0), 2.0)
TEXTURE = np.asarray(cv2.normalize(TEXTURE, None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]
GREY = np.asarray(cv2.cvtColor(TEXTURE, cv2.COLOR_GRAY2BGR), np.uint8)
STANDS = (0.0, 0.0)

Box = tuple[int, int, int, int]  # left, top, right, bottom, px
Shift = tuple[float, float]


def _place(box: Box, shift: Shift = STANDS) -> tuple[slice, slice]:
    across, down = (round(each) for each in shift)
    return slice(box[1] + down, min(H, box[3] + down)), slice(box[0] + across, box[2] + across)


class Scene:
    """A person with a face, moved by `body`, and a chair moved by `chair`; the network is sure of both.

    is_joined: by a narrow bridge; face: of the chair, shows skin.
    """

    def __init__(self, body: Shift = STANDS, chair: Shift | None = STANDS, is_joined: bool = False) -> None:
        self.picture: Image = GREY[:, :W].copy()
        self.close: Matte = np.zeros((H, W), np.float32)
        if chair is not None:
            shift = np.array([[1, 0, chair[0]], [0, 1, chair[1]]], np.float64)
            cloth = np.asarray(cv2.warpAffine(GREY[:, W:], shift, (W, H), borderMode=cv2.BORDER_REFLECT), np.uint8)
            self.paint(_place(CHAIR, chair), cloth[_place(CHAIR, chair)])
        if is_joined:
            self.close[_place(BRIDGE)] = 1.0
        place = _place(BODY, body)
        self.paint(place, GREY[::-1][: place[0].stop - place[0].start, : place[1].stop - place[1].start])
        self.paint(_place(FACE, body), SKIN)

    def paint(self, place: tuple[slice, slice], colours: Image) -> None:
        self.picture[place] = colours
        self.close[place] = 1.0


def _sway(looks: int = LOOKS, from_look: int = 0) -> list[Shift]:
    return [(6 * np.sin(number), 3 * np.sin(number / 2)) for number in range(from_look, from_look + looks)]


def _look(furniture: Furniture, scenes: Sequence[Scene], from_look: int = 0) -> list[Matte]:
    alphas = []
    for number, scene in enumerate(scenes, from_look):
        alphas.append(furniture.correct(scene.picture, scene.close))
        furniture.see(scene.picture, luma_of(scene.picture), scene.close, number * LOOK_S)
    return alphas


def _known() -> Furniture:
    furniture = Furniture()
    _look(furniture, [Scene(shift) for shift in _sway()])
    return furniture


def _is_untouched(furniture: Furniture, scenes: Sequence[Scene]) -> bool:
    alphas = _look(furniture, scenes)
    return all(alpha is scene.close for alpha, scene in zip(alphas, scenes, strict=True))


@pytest.mark.parametrize("is_joined", [False, True])
def test_a_chair_that_stands_while_somebody_moves_goes_and_they_stay(is_joined: bool) -> None:
    furniture, scenes = Furniture(), [Scene(shift, is_joined=is_joined) for shift in _sway(LOOKS + 6)]
    alphas = _look(furniture, scenes)
    assert all(alpha is scene.close for alpha, scene in zip(alphas[: LOOKS - 2], scenes, strict=False))
    for alpha, shift in zip(alphas[LOOKS:], _sway(6, LOOKS), strict=True):
        assert alpha[_place(CHAIR)].max() == 0
        assert alpha[_place(BODY, shift)].min() == 1


def test_a_chair_that_has_stood_for_long_goes_as_soon_as_it_is_seen_apart() -> None:
    furniture, joined = Furniture(), [Scene(shift) for shift in _sway(2 * LOOKS)]
    for scene in joined:
        scene.close[_place((120, 120, 200, 180))] = 1.0
    assert _is_untouched(furniture, joined)
    alphas = _look(furniture, [Scene(), Scene()], 2 * LOOKS)
    assert alphas[1][_place(CHAIR)].max() == 0


def test_a_chair_that_somebody_has_just_left_has_not_stood_for_long() -> None:
    furniture = Furniture()
    _look(furniture, [Scene((100.0, 0.0))] * 2 * LOOKS)
    assert _look(furniture, [Scene(), Scene()], 2 * LOOKS)[1][_place(CHAIR)].min() == 1


def test_time_may_run_backwards() -> None:
    furniture, scenes = Furniture(), [Scene(shift) for shift in _sway()]
    for number in reversed(range(LOOKS)):
        furniture.see(scenes[number].picture, luma_of(scenes[number].picture), scenes[number].close, number * LOOK_S)
    assert furniture.correct(scenes[0].picture, scenes[0].close)[_place(CHAIR)].max() == 0


def test_while_nobody_moves_nothing_is_decided() -> None:
    assert _is_untouched(Furniture(), [Scene()] * 2 * LOOKS)


def test_who_breathes_is_no_furniture() -> None:
    breaths = [(0.0, np.sin(number)) for number in range(2 * LOOKS)]
    scenes = [Scene(shift, breath) for shift, breath in zip(_sway(2 * LOOKS), breaths, strict=True)]
    assert _is_untouched(Furniture(), scenes)


def test_who_sits_still_and_shows_their_face_is_no_furniture() -> None:
    scenes = [Scene(shift) for shift in _sway(2 * LOOKS)]
    for scene in scenes:
        scene.picture[_place((215, 115, 230, 130))] = SKIN
    assert _is_untouched(Furniture(), scenes)


def test_where_the_light_hides_skin_nothing_is_decided() -> None:
    scenes = [Scene(shift) for shift in _sway(2 * LOOKS)]
    for scene in scenes:
        scene.picture[:] = np.asarray(cv2.cvtColor(scene.picture, cv2.COLOR_BGR2GRAY))[..., None]
    assert _is_untouched(Furniture(), scenes)


def test_clothes_below_a_head_that_alone_moves_stay() -> None:
    scenes = [Scene(chair=None) for _ in range(2 * LOOKS)]
    for scene, (across, down) in zip(scenes, _sway(2 * LOOKS), strict=True):
        scene.picture[:], scene.close[:] = GREY[:, :W], 0
        scene.paint(_place((60, 120, 150, 180)), GREY[:60, W : W + 90])
        scene.paint(_place((60, 10, 150, 110), (across, down)), SKIN)
    assert _is_untouched(Furniture(), scenes)


def test_a_head_that_moves_above_resting_shoulders_takes_nothing_away() -> None:
    """One component, as a person is; the shoulders reach far beyond the head."""
    scenes = [Scene(chair=None) for _ in range(2 * LOOKS)]
    for scene, (across, _) in zip(scenes, _sway(2 * LOOKS), strict=True):
        scene.picture[:], scene.close[:] = GREY[:, :W], 0
        scene.paint(_place((40, 140, 240, 180)), GREY[:40, W : W + 200])
        scene.paint(_place((100, 30, 180, 141), (across, 0)), SKIN)
    assert _is_untouched(Furniture(), scenes)


def test_whoever_moves_before_a_chair_is_seen() -> None:
    furniture = _known()
    before = Scene((90.0, 0.0))
    assert furniture.correct(before.picture, before.close)[_place(BODY, (90.0, 0.0))].min() == 1
    partly = Scene((70.0, 0.0))
    alpha = furniture.correct(partly.picture, partly.close)
    assert alpha[_place(BODY, (70.0, 0.0))].min() == 1


def test_a_chair_is_gone_again_once_somebody_has_moved_off_it() -> None:
    furniture = _known()
    _look(furniture, [Scene((100.0, 0.0))] * 3, LOOKS)
    after = Scene()
    assert furniture.correct(after.picture, after.close)[_place(CHAIR)].max() == 0


def test_a_chair_that_moves_is_back_at_once_and_judged_more_slowly_from_then_on() -> None:
    furniture = _known()
    slow = [Scene(shift, (2.0, 0.0)) for shift in _sway(int(PATIENCE * LOOKS) + 2, LOOKS)]
    alphas = _look(furniture, slow, LOOKS)
    assert alphas[1][_place(CHAIR, (2.0, 0.0))].min() == 1
    assert alphas[LOOKS + 2][_place(CHAIR, (2.0, 0.0))].min() == 1
    assert alphas[-1][_place(CHAIR, (2.0, 0.0))].max() == 0


def test_a_chair_alone_in_the_room_goes_once_somebody_has_come() -> None:
    furniture, empty = Furniture(), [Scene() for _ in range(LOOKS)]
    for scene in empty:
        scene.picture[:, :160], scene.close[:, :160] = GREY[:, :160], 0
    assert _look(furniture, empty)[-1][_place(CHAIR)].min() == 1
    come = _look(furniture, [Scene(), Scene()], LOOKS)
    assert come[1][_place(CHAIR)].max() == 0


def test_all_of_a_chair_goes_where_a_part_of_it_was_known_first() -> None:
    furniture, scenes = Furniture(), [Scene(shift) for shift in _sway(LOOKS + 2)]
    for scene in scenes[: LOOKS // 2]:
        scene.close[150:, 190:] = 0
    assert _look(furniture, scenes)[-1][_place(CHAIR)].max() == 0


def test_another_size_and_a_reset_begin_anew() -> None:
    furniture, scene = _known(), Scene()
    picture, close = (np.ascontiguousarray(each[::2, ::2]) for each in (scene.picture, scene.close))
    assert furniture.correct(picture, close) is close
    furniture.see(picture, luma_of(picture), close, 9.0)
    assert furniture.correct(scene.picture, scene.close) is scene.close
    furniture = _known()
    furniture.reset()
    assert furniture.correct(scene.picture, scene.close) is scene.close


def _frame(number: int) -> Frame:
    """720p, in which everything to be taken for somebody is redder than 150; no skin on a violet chair."""
    scene = Scene(_sway(1, number // 6)[0])
    picture = (scene.picture * 0.5).astype(np.uint8)
    picture[scene.close > 0] |= np.array((0, 0, 180), np.uint8)
    picture[_place(CHAIR)] |= np.array((180, 0, 0), np.uint8)
    picture[_place(FACE, _sway(1, number // 6)[0])] = SKIN
    return Frame(np.ascontiguousarray(picture.repeat(4, axis=0).repeat(4, axis=1)), number, 0.0, number / 30)


def _red(picture: Image) -> Matte:
    return np.asarray(picture[..., 2] > 150, np.float32)


def test_a_live_picture_loses_its_chair_after_two_seconds_and_a_film_has_none() -> None:
    live, film = (RegionOfInterest(lambda frame: _red(shrink(frame, 256, 144)), _red, 256) for _ in range(2))
    film.foresee(_frame(number) for number in range(0, 60, 6))
    chair = _place((203, 115, 247, 180))
    for number in range(75):
        alphas = [look.look(_frame(number))[chair] for look in (live, film)]
        assert alphas[1].max() < 0.1
        if number < 45:
            assert alphas[0].min() == 1
    assert alphas[0].max() < 0.1
