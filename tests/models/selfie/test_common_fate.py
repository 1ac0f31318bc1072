"""What people wear and what stands beside them, on drawn scenes with textures; the crop denies the hat."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from livebg.core.types import Image, Matte
from livebg.models.selfie.common_fate import CommonFate
from livebg.models.selfie.similarity import luma_of

H, W, EVERY = 180, 320, 6  # px; frames from look to look
BODY, HAT, PLANT = (110, 80, 190, 180), (130, 50, 170, 80), (190, 100, 225, 150)  # left, top, right, bottom
TEXTURE = cv2.GaussianBlur(np.random.default_rng(5).integers(0, 255, (H * 2, W * 2, 3), np.uint8), (0, 0), 2.0)
TEXTURE = cv2.normalize(TEXTURE, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
STANDS = (0.0, 0.0)

Box = tuple[int, int, int, int]
Shift = tuple[float, float]


def _box(box: Box, shift: Shift) -> tuple[slice, slice]:
    across, down = (round(each) for each in shift)
    return slice(box[1] + down, min(H, box[3] + down)), slice(box[0] + across, box[2] + across)


class Scene:
    """A person who has moved by `body`, with a hat that has moved by `hat`, a plant, and a camera moved by `room`.

    believed: the crop's alpha of the plant.
    """

    def __init__(
        self, body: Shift = STANDS, hat: Shift | None = STANDS, room: Shift = STANDS, believed: float = 0.0
    ) -> None:
        shift = np.array([[1, 0, room[0]], [0, 1, room[1]]], np.float64)
        self.picture: Image = np.asarray(cv2.warpAffine(TEXTURE, shift, (2 * W, 2 * H))[20 : H + 20, 20 : W + 20])
        self.whole: Matte = np.zeros((H, W), np.float32)
        self.close: Matte = np.zeros((H, W), np.float32)
        self.hat = _box(HAT, hat) if hat is not None else None
        self.plant = _box(PLANT, room)
        self.whole[self.plant] = 1.0
        for number, (box, moved) in enumerate([(HAT, hat), (BODY, body)]):
            if moved is None:
                continue
            place = _box(box, moved)
            self.picture[place] = TEXTURE[-H:][: place[0].stop - place[0].start, number * 90 :][
                :, : place[1].stop - place[1].start
            ]
            self.whole[place] = 1.0
        self.close[self.plant] = believed
        self.close[_box(BODY, body)] = 1.0


def _adds_nothing(alphas: Sequence[Matte], scenes: Sequence[Scene]) -> bool:
    return all(bool((alpha <= scene.close).all()) for alpha, scene in zip(alphas, scenes, strict=True))


def _seen(fate: CommonFate, scenes: Sequence[Scene]) -> list[Matte]:
    """The alphas of scenes, of which every EVERYth is looked at whole."""
    alphas = []
    for number, scene in enumerate(scenes):
        alphas.append(fate.correct(scene.picture, scene.close))
        if number % EVERY == 0:
            fate.vote(scene.picture, luma_of(scene.picture), scene.close, scene.whole)
    return alphas


def _sway(frames: int, from_frame: int = 0) -> list[Shift]:
    return [(8 * np.sin(number / 8), 2 * np.sin(number / 5)) for number in range(from_frame, from_frame + frames)]


def test_a_hat_is_worn_once_it_has_moved_with_its_wearer_and_a_plant_never_is() -> None:
    scenes = [Scene(shift, shift) for shift in _sway(90)]
    alphas = _seen(CommonFate(), scenes)
    assert alphas[0][scenes[0].hat].max() == 0  # nothing is known yet
    for alpha, scene in list(zip(alphas, scenes, strict=True))[24:]:
        assert scene.hat is not None
        assert alpha[scene.hat].mean() > 0.9
        assert (alpha - scene.close)[scene.plant].max() < 0.1


def test_a_hat_is_worn_by_the_smaller_of_two_people_too() -> None:
    scenes = [Scene(shift, shift) for shift in _sway(60)]
    for scene in scenes:
        for alpha in (scene.whole, scene.close):
            alpha[40:, :90] = 1.0  # who sits still
    for alpha, scene in list(zip(_seen(CommonFate(), scenes), scenes, strict=True))[24:]:
        assert scene.hat is not None
        assert alpha[scene.hat].mean() > 0.9
        assert alpha[40:, :90].min() == 1


def test_in_a_shaken_picture_it_is_the_room_that_counts_as_still() -> None:
    shaken = [(3 * np.sin(number / 3), 2 * np.sin(number / 4)) for number in range(90)]
    scenes = [Scene(shift, shift, room) for shift, room in zip(_sway(90), shaken, strict=True)]
    for alpha, scene in list(zip(_seen(CommonFate(), scenes), scenes, strict=True))[36:]:
        assert scene.hat is not None
        assert alpha[scene.hat].mean() > 0.85
        assert (alpha - scene.close)[scene.plant].max() < 0.1


def test_where_nobody_moves_nothing_is_decided() -> None:
    scenes = [Scene()] * 60
    assert all(alpha is scene.close for alpha, scene in zip(_seen(CommonFate(), scenes), scenes, strict=True))


def test_what_is_worn_stays_so_while_its_wearer_rests_and_the_whole_look_misses_it() -> None:
    fate, scenes = CommonFate(), [Scene(shift, shift) for shift in _sway(49)]
    _seen(fate, scenes)
    (away,) = _sway(1, 48)
    resting = [Scene(away, away) for _ in range(30)]
    for scene in resting[12:]:
        scene.whole[scene.hat] = 0.0
    for alpha, scene in zip(_seen(fate, resting), resting, strict=True):
        assert alpha[scene.hat].mean() > 0.9


@pytest.mark.parametrize("put_down", [(90.0, 60.0), None], ids=["put down", "taken away"])
def test_a_hat_that_is_taken_off_goes_after_the_next_look(put_down: Shift | None) -> None:
    fate = CommonFate()
    _seen(fate, [Scene(shift, shift) for shift in _sway(49)])
    after = [Scene(shift, put_down) for shift in _sway(24, 49)]
    assert _adds_nothing(_seen(fate, after)[1:], after[1:])


def test_whoever_is_gone_leaves_no_hat_behind() -> None:
    fate = CommonFate()
    _seen(fate, [Scene(shift, shift) for shift in _sway(49)])
    (away,) = _sway(1, 49)
    empty = Scene(away, away)
    empty.close[:] = 0.0
    assert fate.correct(empty.picture, empty.close).max() == 0
    fate.vote(empty.picture, luma_of(empty.picture), empty.close, empty.whole)
    assert fate.correct(empty.picture, empty.close).max() == 0


def test_a_chair_that_stood_while_its_user_moved_is_not_worn_after_one_turn_together() -> None:
    """A swivel chair: it stands for seconds, and then goes along for half a second."""
    fate = CommonFate()
    _seen(fate, [Scene(shift, STANDS) for shift in _sway(60)])
    (away,) = _sway(1, 59)
    together = [Scene((away[0] + step, away[1]), (step, 0.0)) for step in range(0, 30, 2)]
    assert _adds_nothing(_seen(fate, together), together)


def _apart(frames: int, believed: float, from_frame: int = 0) -> list[Scene]:
    """Somebody who sways at a distance from the plant."""
    return [
        Scene((across - 40, down), (across - 40, down), believed=believed) for across, down in _sway(frames, from_frame)
    ]


def test_a_plant_that_was_doubted_once_is_gone_however_sure_the_network_is_later() -> None:
    scenes = [*_apart(24, 0.6), *_apart(48, 1.0, 24)]
    alphas = _seen(CommonFate(), scenes)
    assert alphas[0][scenes[0].plant].mean() > 0.5
    for alpha, scene in list(zip(alphas, scenes, strict=True))[24:]:
        assert alpha[scene.plant].max() == 0
        assert alpha[scene.close.nonzero()].mean() > 0.5  # the person stays


def _coming(across: float, frames: int) -> list[Scene]:
    """Somebody who comes to the plant, which the crop is sure of by now, and stays there, swaying a little."""
    steps = [*np.linspace(-40, across, 20), *(across + np.sin(number / 4) for number in range(frames))]
    return [Scene((step, 0.0), (step, 0.0), believed=1.0) for step in steps]


def test_a_plant_that_somebody_touches_is_gone_however_sure_the_network_is_of_both() -> None:
    scenes = [*_apart(48, 0.6), *_coming(0.0, 48)]
    alphas = _seen(CommonFate(), scenes)
    for alpha, scene in list(zip(alphas, scenes, strict=True))[-36:]:
        rows, columns = scene.plant
        assert (alpha[rows, columns.start + 8 : columns.stop] == 0).mean() > 0.9
        assert (scene.close - alpha)[_box(BODY, STANDS)].sum() < 0.03 * alpha.sum()


@pytest.mark.parametrize("step", [2.0, 0.5])
def test_somebody_who_stays_before_a_plant_is_seen(step: float) -> None:
    fate, frames = CommonFate(), round(60 / step)
    scenes = [
        *_apart(48, 0.6),
        *(Scene((min(30.0, -40 + number * step), 0.0), None, believed=1.0) for number in range(2 * frames)),
    ]
    alpha = _seen(fate, scenes)[-1]
    body = _box(BODY, (30.0, 0.0))
    assert alpha[body].mean() > 0.97


def test_somebody_who_sits_still_before_a_plant_is_seen_again_after_a_doubt() -> None:
    fate, sits = CommonFate(), [Scene((30.0, 0.0), None, believed=1.0) for _ in range(48)]
    for scene in sits[:24]:
        scene.close[:, PLANT[0] : PLANT[2]] *= 0.7
    _seen(fate, [*_apart(48, 0.6), *(Scene((step, 0.0), None, believed=1.0) for step in range(-40, 31, 2)), *sits])
    assert fate.correct(sits[-1].picture, sits[-1].close)[_box(BODY, (30.0, 0.0))].mean() > 0.97


def test_somebody_in_plain_clothes_who_comes_slowly_before_a_plant_is_seen() -> None:
    fate, scenes = CommonFate(), _apart(48, 0.6)
    for step in [*np.arange(-40.0, 30.0, 0.5), *[30.0] * 48]:
        scene, body = Scene((step, 0.0), None, believed=0.6), np.zeros((H, W), np.float32)
        body[_box(BODY, (step, 0.0))] = 1.0
        scene.picture[body > 0] = 60
        scene.close = np.maximum(scene.close * (1 - body), cv2.GaussianBlur(body, (0, 0), 3.0))
        scenes.append(scene)
    alpha = _seen(fate, scenes)[-1]
    assert alpha[_box((BODY[0] + 8, BODY[1] + 8, BODY[2] - 8, BODY[3]), (30.0, 0.0))].min() > 0.9


def test_somebody_who_sits_still_is_no_plant() -> None:
    scenes = _apart(72, 1.0)
    for alpha, scene in zip(_seen(CommonFate(), scenes), scenes, strict=True):
        assert alpha[scene.plant].min() == 1


@pytest.mark.parametrize(("looks", "is_shown"), [(1, True), (2, False)])
def test_what_the_whole_picture_denies_twice_is_gone_though_it_hangs_on_to_somebody(looks: int, is_shown: bool) -> None:
    """A table that goes on from a shoulder: nobody moves, and the crop is sure of both."""
    scenes = [Scene(believed=1.0) for _ in range(10 * EVERY)]
    for scene in scenes[2 * EVERY : (2 + looks) * EVERY]:
        scene.whole[scene.plant] = 0.0
    alpha, last = _seen(CommonFate(), scenes)[-1], scenes[-1]
    assert bool((alpha[last.plant] == 1).all()) == is_shown
    rows, columns = last.plant
    assert is_shown or (alpha[rows, columns.start + 8 :] == 0).all()
    assert (last.close - alpha)[_box(BODY, STANDS)].sum() < 0.03 * alpha.sum()


@pytest.mark.parametrize("sway", [1.0, 0.2])
def test_an_arm_that_the_whole_picture_denies_while_it_moves_is_seen(sway: float) -> None:
    fate = CommonFate()
    for number, (across, down) in enumerate(_sway(72)):
        shift = (sway * across, sway * down)
        scene, arm = Scene(shift, shift), _box((BODY[2], BODY[1], BODY[2] + 20, BODY[3]), shift)
        scene.picture[arm] = TEXTURE[-H:][: arm[0].stop - arm[0].start, 200:220]
        scene.close[arm] = 1.0
        scene.whole[arm] = 0.0
        assert fate.correct(scene.picture, scene.close)[arm].mean() > 0.97
        if number % EVERY == 0:
            fate.vote(scene.picture, luma_of(scene.picture), scene.close, scene.whole)


def test_whoever_comes_before_a_plant_is_seen() -> None:
    fate = CommonFate()
    _seen(fate, _apart(49, 0.6))
    before = Scene((60.0, 0.0), None)
    alpha = fate.correct(before.picture, before.close)
    assert (before.close - alpha).sum() < 0.02 * before.close.sum()


def test_reset_forgets_what_is_worn() -> None:
    (away,) = _sway(1, 49)
    fate, scene = CommonFate(), Scene(away, away)
    _seen(fate, [Scene(shift, shift) for shift in _sway(49)])
    fate.reset()
    assert not fate.is_needed
    assert fate.correct(scene.picture, scene.close) is scene.close
