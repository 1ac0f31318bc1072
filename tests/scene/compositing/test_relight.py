"""Curves by hand: nothing for the well lit, bounded for the dark, the same at any frame rate, and no flicker."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.scene.compositing.relight import FOLLOW_S, MOST_LIFT, Followed, Tones, lift_of, lifted, matched, wrap

LEVELS = np.linspace(0, 1, 256)
ALPHA = np.zeros((72, 128), np.float32)
ALPHA[20:, 40:90] = 1
LIFT, MATCH = Settings(low_light=1), Settings(colour_match=1)


def _picture(colour: object, noise: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(5)
    return (np.asarray(colour) + noise * random.standard_normal((72, 128, 3))).clip(0, 255).astype(np.uint8)


def test_a_well_lit_person_is_left_alone() -> None:
    assert lift_of(0.4) == lift_of(0.9) == 1
    assert Tones().curves(_picture(130), ALPHA, None, 0.0, LIFT).size == 0


def test_the_darker_the_more_up_to_a_bound_and_never_backwards() -> None:
    gains = [lift_of(each) for each in (0.35, 0.25, 0.1, 0.01, 0.0)]
    assert gains == sorted(gains)
    assert gains[-1] == MOST_LIFT
    curve = lifted(LEVELS, MOST_LIFT)
    assert curve[0] == 0
    assert curve[-1] == 1
    assert (np.diff(curve) > 0).all()
    assert np.diff(curve).max() <= MOST_LIFT / 255


def test_the_lift_is_by_the_person_not_by_the_room() -> None:
    picture = _picture(20)
    picture[ALPHA > 0] = 140
    assert Tones().curves(picture, ALPHA, None, 0.0, LIFT).size == 0
    assert Tones().curves(255 - picture - 80, ALPHA, None, 0.0, LIFT).size == 768


def test_colours_come_nearer_and_by_bounded_steps() -> None:
    person, background = _picture((90, 110, 140), 12), _picture((190, 120, 60), 30)
    curves = Tones().curves(person, ALPHA, background, 0.0, MATCH).reshape(3, 256)
    seen = person[ALPHA > 0]
    moved = np.stack([curves[channel][seen[:, channel]] for channel in range(3)], axis=1)
    before, after = (np.abs(each.mean(0) - background.mean((0, 1))) for each in (seen, moved))
    assert (after < before).all()
    assert (np.abs(moved.mean(0) - seen.mean(0)) < 45).all()
    assert (np.diff(curves.astype(int), axis=1) >= 0).all()


def test_what_matches_already_stays() -> None:
    assert Tones().curves(_picture(120, 10), ALPHA, _picture(120, 10), 0.0, MATCH).size in (0, 768)
    colours = np.log([0.2, 0.3, 0.4, 0.2, 0.3, 0.4, 0.2, 0.2])
    assert np.abs(matched(np.stack([LEVELS] * 3), colours, 1.0) - LEVELS).max() < 1e-9


@pytest.mark.parametrize("background", [(0, 0, 0), (255, 255, 255), (0, 255, 0)])
def test_extreme_backgrounds_give_no_extreme_person(background: tuple[int, int, int]) -> None:
    curves = Tones().curves(_picture((100, 120, 160), 10), ALPHA, _picture(background), 0.0, MATCH).reshape(3, 256)
    assert (np.abs(curves[:, 130].astype(int) - 130) < 60).all()


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_a_change_is_followed_in_seconds_whatever_the_frame_rate(fps: int) -> None:
    followed = Followed()
    followed.follow(np.zeros(1), 0.0)
    for frame in range(1, fps + 1):
        followed.follow(np.ones(1), frame / fps)
    assert followed.value is not None
    assert abs(followed.value[0] - (1 - np.exp(-1 / FOLLOW_S))) < 1e-9


def test_nobody_there_changes_nothing_and_off_forgets() -> None:
    tones = Tones()
    first = tones.curves(_picture(30), ALPHA, None, 0.0, LIFT)
    nobody = tones.curves(_picture(255), np.zeros_like(ALPHA), None, 5.0, LIFT)
    assert np.array_equal(first, nobody)
    tones.curves(_picture(30), ALPHA, None, 5.1, MATCH)
    assert tones.brightness.value is None


def test_a_flickering_person_does_not_pump_the_light() -> None:
    tones, seen = Tones(), []
    for frame in range(60):
        seen.append(tones.curves(_picture(45 + 8 * (frame % 2)), ALPHA, None, frame / 30, LIFT).astype(int))
    assert max(np.abs(later - earlier).max() for earlier, later in pairwise(seen)) <= 1


def test_wrapped_light_is_the_backgrounds_and_ends_inside() -> None:
    light = wrap(_picture((200, 100, 0)), ALPHA, 1.0).reshape(72, 128, 3)
    assert light[40, 40, 0] > light[40, 42, 0] > 1
    assert light[40, 60].max() < 1e-3
    assert np.allclose(light[:, :, 0], 2 * light[:, :, 1], atol=1e-3)
