"""What is taken away because the room looked so before: a drawn room with textures, and a chair that is believed in."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Image, Matte
from livebg.models.selfie.room import Room

H, W, LOOK_S = 180, 320, 0.17
CHAIR, BODY = np.s_[100:160, 190:230], np.s_[70:180, 110:191]
TEXTURE = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 255, (H, 2 * W, 3), np.uint8), (0, 0), 2.0)
TEXTURE = np.asarray(cv2.normalize(TEXTURE, None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]
EMPTY, NOBODY = TEXTURE[:, :W], np.zeros((H, W), np.float32)


def _alpha(*places: tuple[slice, slice]) -> Matte:
    alpha = NOBODY.copy()
    for place in places:
        alpha[place] = 1.0
    return alpha


def _with_body(picture: Image = EMPTY) -> Image:
    picture = picture.copy()
    picture[BODY] = TEXTURE[BODY[0], W + 20 : W + 20 + BODY[1].stop - BODY[1].start]
    return picture


def _known(looks: int = 5, picture: Image = EMPTY, alpha: Matte = NOBODY) -> Room:
    room = Room()
    for number in range(looks):
        room.see(picture, alpha, alpha, number * LOOK_S)
    return room


def test_a_chair_of_the_room_goes_at_once_and_whoever_came_to_it_stays() -> None:
    alpha = _known().corrected(_alpha(CHAIR, BODY), _with_body())
    assert alpha[CHAIR][:, 6:].max() == 0
    assert alpha[BODY].min() == 1


def test_a_strip_of_the_room_beside_somebody_goes_however_narrow_it_is() -> None:
    strip = np.s_[80:120, 191:195]
    alpha = _known().corrected(_alpha(strip, BODY), _with_body())
    assert alpha[strip][:, 3:].max() == 0
    assert alpha[BODY].min() == 1


def test_a_strip_that_looks_as_a_plain_room_stays() -> None:
    plain = np.full_like(EMPTY, 90)
    close = _alpha(np.s_[80:120, 191:195], BODY)
    assert _known(picture=plain).corrected(close, plain) is close


def test_a_chair_that_the_room_showed_before_goes_in_noise_too() -> None:
    noise = np.random.default_rng(4).normal(0, 3, EMPTY.shape)
    picture = np.clip(_with_body() + noise, 0, 255).astype(np.uint8)
    alpha = _known().corrected(_alpha(CHAIR, BODY), picture)
    assert alpha[CHAIR][:, 8:].mean() < 0.1
    assert alpha[BODY].mean() > 0.98


@pytest.mark.parametrize("looks", [0, 1, 3])
def test_nothing_is_known_before_half_a_second(looks: int) -> None:
    close = _alpha(CHAIR, BODY)
    assert _known(looks).corrected(close, _with_body()) is close


def test_a_chair_that_has_been_moved_is_not_where_it_was() -> None:
    picture = _with_body()
    picture[CHAIR] = EMPTY[CHAIR[0], 240:280]
    close = _alpha(CHAIR, BODY)
    assert _known().corrected(close, picture) is close


def test_what_has_the_colour_of_a_plain_wall_is_no_wall() -> None:
    wall = np.full((H, W, 3), 128, np.uint8)
    close = _alpha(CHAIR, BODY)
    assert _known(picture=wall).corrected(close, _with_body(wall)) is close


def test_somebody_who_sits_still_and_is_lost_for_long_is_not_learned_as_the_room() -> None:
    room, alpha = Room(), _alpha(BODY, CHAIR)
    for number in range(20):
        lost = 4 <= number < 14
        seen = _alpha(BODY) if lost else alpha  # CHAIR: an arm, this time
        room.see(_with_body(), seen, seen, number * LOOK_S)
        assert room.corrected(alpha, _with_body()) is alpha


def test_an_arm_that_one_look_misses_is_not_learned_as_the_room() -> None:
    room, alpha = Room(), _alpha(BODY, CHAIR)
    for number in range(10):
        seen = _alpha(BODY) if number == 0 else alpha
        room.see(_with_body(), seen, seen, number * LOOK_S)
        assert room.corrected(alpha, _with_body()) is alpha


def _doubted(pictures: list[Image]) -> Room:
    """No network is believed, but one shows somebody or something there."""
    room = Room()
    for number, picture in enumerate(pictures):
        room.see(picture, NOBODY, NOBODY, number * LOOK_S, doubted=_alpha(CHAIR))
    return room


def test_a_chair_that_one_network_takes_for_somebody_is_the_room_while_it_stands() -> None:
    alpha = _doubted([EMPTY] * 5).corrected(_alpha(CHAIR, BODY), _with_body())
    assert alpha[CHAIR][:, 6:].max() == 0


def test_somebody_whom_one_network_denies_is_no_room_unless_they_stand_like_furniture() -> None:
    moved = EMPTY.copy()
    moved[100:110, 190:230] = EMPTY[100:110, 191:231]  # a head, by a pixel
    close = _alpha(CHAIR, BODY)
    assert _doubted([EMPTY, moved] * 10).corrected(close, _with_body(moved)) is close


def test_the_room_behind_somebody_who_has_gone_away_is_learned() -> None:
    room = _known(3, _with_body(), _alpha(BODY))
    for number in range(3, 8):
        room.see(EMPTY, NOBODY, NOBODY, number * LOOK_S)
    picture = EMPTY.copy()
    picture[:, 240:] = TEXTURE[:, -80:]
    believed = _alpha(np.s_[70:120, 120:160], np.s_[:, 240:])
    alpha = room.corrected(believed, picture)
    assert alpha[70:120, 120:160].max() == 0
    assert alpha[:, 240:].min() == 1


def test_most_of_what_the_network_shows_is_no_furniture() -> None:
    close = _alpha(BODY)
    assert _known().corrected(close, EMPTY) is close


def test_what_has_changed_must_be_learned_again() -> None:
    brighter = np.clip(EMPTY.astype(np.int16) + 30, 0, 255).astype(np.uint8)
    room, close = _known(), _alpha(CHAIR, BODY)
    assert room.corrected(close, _with_body(brighter)) is close
    for number in range(5, 10):
        room.see(brighter, NOBODY, NOBODY, number * LOOK_S)
    assert room.corrected(close, _with_body(brighter))[CHAIR][:, 6:].max() == 0


def test_another_size_and_a_reset_begin_anew() -> None:
    room, close = _known(), _alpha(CHAIR, BODY)
    half = np.ascontiguousarray(close[::2, ::2])
    assert room.corrected(half, np.ascontiguousarray(_with_body()[::2, ::2])) is half
    room.reset()
    assert room.corrected(close, _with_body()) is close


def _half_seen(picture: Image = EMPTY) -> tuple[Image, Matte, tuple[slice, slice]]:
    """Somebody with a cup at their side that the network half sees: the picture, the alpha, where the cup is."""
    cup = np.s_[110:120, 191:197]
    picture, close = _with_body(picture), _alpha(BODY)
    picture[cup] = np.where(picture[cup] < 100, 255, 0)
    close[cup] = 0.4
    return picture, close, cup


def test_what_the_network_half_sees_is_somebodys_where_the_room_looks_otherwise() -> None:
    picture, close, cup = _half_seen()
    alpha = _known().corrected(close, picture)
    assert alpha[cup].mean() > 0.7
    assert (alpha - close)[:, 199:].max() == 0


def test_what_it_does_not_see_at_all_stays_away() -> None:
    picture, close, cup = _half_seen()
    close[cup] = 0.1
    room = _known()
    assert room.corrected(close, picture) is close
    close[cup], close[BODY] = 0.4, 0.5  # nobody is surely there
    assert room.corrected(close, picture) is close


def test_other_light_makes_nothing_of_the_room_somebodys() -> None:
    darker = (EMPTY * 0.6).astype(np.uint8)
    picture, close, _ = _half_seen(darker)
    assert _known().corrected(close, picture) is close


def test_people_are_not_told_by_what_the_room_was_long_ago() -> None:
    picture, close, _ = _half_seen()
    room = _known()
    for number in range(5, 25):
        room.see(picture, close, close, number * LOOK_S)  # the room behind the cup is not to be seen any more
    assert room.corrected(close, picture) is close
