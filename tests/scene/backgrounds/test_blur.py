"""The camera's own picture, blurred: nothing of the person in it, everything else as if they were not there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.errors import BackgroundError
from livebg.core.types import Frame, Image, Matte
from livebg.scene.backgrounds.blur import BlurBackground, blurred, parse_strength


def room_with_person(height: int = 360, width: int = 640) -> tuple[Image, Image, Matte]:
    """(the empty room, the room with somebody in pure red before it, the true alpha with a soft edge)."""
    random = np.random.default_rng(2)
    coarse = random.integers(40, 160, (9, 16, 3)).astype(np.uint8)
    coarse[..., 2] = 60  # hardly any red
    room = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    hard = np.zeros((height, width), np.float32)
    cv2.ellipse(hard, (width // 2, height * 2 // 3), (width // 5, height // 2), 0, 0, 360, 1.0, -1)
    alpha = np.asarray(cv2.GaussianBlur(hard, (0, 0), 2.0), np.float32)
    red = np.array((0, 0, 255), np.float32)
    seen = room * (1 - alpha[..., None]) + red * alpha[..., None]
    return room, np.rint(seen).astype(np.uint8), alpha


@pytest.mark.parametrize("strength", [0, 10, 50, 100])
def test_the_person_does_not_bleed_into_it(strength: float) -> None:
    room, seen, alpha = room_with_person()
    frame = Frame(seen, 0, 0.0, 0.0)
    background = BlurBackground(strength).picture(frame, alpha)
    alone = BlurBackground(strength).picture(Frame(room, 0, 0.0, 0.0), np.zeros_like(alpha))
    assert background[..., 2].max() <= room[..., 2].max() + 12  # a plain blur gives 255
    apart = alpha < 0.01
    assert np.abs(background.astype(int) - alone)[apart].mean() < 1.5


def test_a_plain_picture_stays_as_it_is_and_strength_blurs() -> None:
    plain, alpha = np.full((90, 160, 3), (10, 120, 240), np.uint8), np.zeros((90, 160), np.float32)
    assert np.abs(blurred(plain, alpha, 6).astype(int) - plain).max() <= 1
    step = np.zeros((720, 1280, 3), np.uint8)
    step[:, 640:] = 200
    nothing = np.zeros((720, 1280), np.float32)
    slopes = []
    for strength in (0, 50, 100):
        row = BlurBackground(strength).picture(Frame(step, 0, 0.0, 0.0), nothing)[360, :, 0]
        slopes.append(int(np.diff(row.astype(int)).max()))
    assert slopes[0] > slopes[1] > slopes[2] > 0


def test_a_hazy_matte_still_shows_the_room() -> None:
    room, _, _ = room_with_person()
    hazy = blurred(room, np.full(room.shape[:2], 0.3, np.float32), 12)
    assert np.abs(hazy.astype(int) - blurred(room, np.zeros(room.shape[:2], np.float32), 12)).max() <= 4


@pytest.mark.parametrize("shape", [(16, 16), (17, 31), (480, 640), (1080, 1920), (1280, 720)])
def test_any_size_even_when_the_person_covers_everything(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 255, np.uint8)
    covered = blurred(image, np.ones(shape, np.float32), 20)
    assert covered.shape == image.shape
    assert covered.max() <= 60  # nothing is known of the room, and the person is not shown


def test_standby_holds_nothing_of_the_camera() -> None:
    background = BlurBackground(50)
    before = background.standby(90, 160).copy()
    background.picture(Frame(np.full((90, 160, 3), 255, np.uint8), 0, 0.0, 0.0), np.zeros((90, 160), np.float32))
    assert (background.standby(90, 160) == before).all()
    assert not background.is_transparent


@pytest.mark.parametrize("text", ["", "strong", "-1", "101", "nan", "inf"])
def test_a_wrong_strength_is_told_with_the_range(text: str) -> None:
    with pytest.raises(BackgroundError, match="0 to 100"):
        parse_strength(text)
    assert parse_strength("12.5") == 12.5
