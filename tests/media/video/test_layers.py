from __future__ import annotations

import numpy as np
import pytest
from composites import LEFT, RIGHT, composite, room, standby

from livebg.core.types import Composite
from livebg.media.video.layers import as_bgr, colour, colour_and_alpha, eight_bits, even, fitted, matte, padded
from livebg.sinks.virtual_camera.i420 import converted


def soft(alpha: float, *, is_transparent: bool) -> Composite:
    image = np.full((1, 1, 3), 200, np.uint8)
    return Composite(image, room(0, 1, 1), np.full((1, 1), alpha, np.float32), is_transparent)


def test_colour_of_an_opaque_composite_is_its_image() -> None:
    each = composite()
    assert colour(each) is each.image


@pytest.mark.parametrize("size", [(24, 32), (23, 31)])
def test_the_virtual_cameras_form_comes_back_in_bgr_at_the_frames_size(size: tuple[int, int]) -> None:
    made = composite(height=size[0], width=size[1])
    back = as_bgr(converted(made))
    assert back.image.shape == made.image.shape
    assert back.frame is made.frame
    assert back.alpha is made.alpha
    assert np.abs(back.image[2:-2, [2, -3]].astype(int) - made.image[2:-2, [2, -3]]).max() <= 6
    assert as_bgr(made) is made
    assert as_bgr(converted(standby())).image.shape == (24, 32, 3)


def test_colour_of_a_transparent_composite_lies_over_black() -> None:
    assert colour(soft(0.25, is_transparent=True)).tolist() == [[[50, 50, 50]]]
    assert colour(composite(is_transparent=True))[0, [0, -1]].tolist() == [list(LEFT), [0, 0, 0]]


def test_colour_and_alpha_keeps_the_straight_colour() -> None:
    assert colour_and_alpha(soft(0.25, is_transparent=True)).tolist() == [[[200, 200, 200, 64]]]
    assert colour_and_alpha(composite(is_transparent=True))[0, [0, -1]].tolist() == [[*LEFT, 255], [0, 0, 0, 0]]


def test_colour_and_alpha_of_an_opaque_composite_is_opaque() -> None:
    assert colour_and_alpha(composite())[0, [0, -1]].tolist() == [[*LEFT, 255], [*RIGHT, 255]]


@pytest.mark.parametrize("is_transparent", [True, False])
def test_without_a_matte_there_is_nothing_in_what_carries_one(is_transparent: bool) -> None:
    card = standby(room(0), is_transparent=is_transparent)
    assert not colour_and_alpha(card).any()
    assert colour_and_alpha(card).shape == (24, 32, 4)
    assert not matte(card).any()
    assert matte(card).shape == (24, 32)
    assert colour(card) is card.image


def test_alpha_is_rounded_to_eight_bits() -> None:
    values = np.random.default_rng(0).random((50, 50), np.float32)
    values[0, :3] = (0, 1, 0.5 / 255 + 1e-4)
    rounded = eight_bits(values)
    assert rounded[0, :3].tolist() == [0, 255, 1]
    assert np.abs(rounded - values.astype(np.float64) * 255).max() <= 0.5 + 1e-4
    assert matte(Composite(np.zeros((50, 50, 3), np.uint8), room(0), values)).tolist() == rounded.tolist()


def test_fitted_keeps_the_shape_between_black_bars() -> None:
    picture = np.full((10, 20, 3), 9, np.uint8)
    wide = fitted(picture, 20, 20)
    assert wide.shape == (20, 20, 3)
    assert wide[[0, 4, 15, 19], 10, 0].tolist() == [0, 0, 0, 0]
    assert (wide[5:15] == 9).all()
    tall = fitted(picture[..., 0], 10, 60)
    assert tall.shape == (10, 60)
    assert (tall[:, 20:40] == 9).all()
    assert not tall[:, :20].any()
    assert fitted(picture, 10, 20) is picture
    assert fitted(picture, 1, 1).shape == (1, 1, 3)


def test_padded_repeats_the_last_row_and_column() -> None:
    picture = np.arange(9, dtype=np.uint8).reshape(3, 3)
    assert padded(picture, 4, 4).tolist() == [[0, 1, 2, 2], [3, 4, 5, 5], [6, 7, 8, 8], [6, 7, 8, 8]]
    assert padded(picture, 3, 3) is picture
    assert [even(size) for size in (1, 2, 719, 720)] == [2, 2, 720, 720]
