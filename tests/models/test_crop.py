"""Boxes, crops and the way back, on masks and pictures whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import Frame
from livebg.models.crop import (
    SOMEBODY,
    SURE_ALPHA,
    Crop,
    PersonBox,
    box_of,
    crop_around,
    cut,
    followed,
    is_somebody,
    paste,
    pasted,
    shifted,
)

WHOLE = Crop(0, 0, 1280, 720, 1280, 720)


def _frame(height: int, width: int) -> Frame:
    return Frame(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8), 0, 0.0, 0.0)


def test_the_box_is_around_everybody_but_specks() -> None:
    mask = np.zeros((72, 128), np.bool_)
    assert box_of(mask, WHOLE) is None
    mask[30:70, 20:40] = True
    mask[50:70, 100:110] = True  # a quarter of the first
    mask[2:6, 2:6] = True
    assert box_of(mask, WHOLE) == PersonBox(200, 300, 1100, 700)
    assert box_of(mask, Crop(640, 360, 1280, 720, 1280, 720)) == PersonBox(740, 510, 1190, 710)


@pytest.mark.parametrize(
    ("box", "wanted"),
    [
        (PersonBox(500, 300, 780, 600), (464, 274, 816, 626)),  # 300 · 1.16 = 348, a grain more; around the middle
        (PersonBox(0, 20, 200, 720), (0, 0, 736, 720)),  # no higher than the picture, and inside of it
        (PersonBox(100, 100, 1200, 700), (0, 0, 1280, 720)),  # wider than the picture is high
        (PersonBox(600, 300, 620, 330), (514, 219, 706, 411)),  # never smaller than a quarter of it
    ],
)
def test_a_new_crop_is_the_square_around_the_box(box: PersonBox, wanted: tuple[int, ...]) -> None:
    crop = crop_around(box, 1280, 720)
    assert (crop.left, crop.top, crop.right, crop.bottom) == wanted


def test_a_crop_stays_where_its_box_fits() -> None:
    box = PersonBox(500, 300, 780, 600)
    crop = crop_around(box, 1280, 720)
    assert followed(crop, box) is not None
    assert followed(crop, PersonBox(495, 305, 775, 598)) == crop


def test_a_crop_moves_by_whole_cells_of_the_network() -> None:
    crop = crop_around(PersonBox(500, 300, 780, 600), 1280, 720)  # 352 px: a step of 11
    moved = followed(crop, PersonBox(470, 300, 750, 600))
    assert (moved.left, moved.top) == (464 - 22, 274)  # 470 - 2 % of 1280 = 444.4
    assert moved.right - moved.left == moved.bottom - moved.top == 352
    assert followed(moved, PersonBox(470, 300, 750, 600)) == moved


def test_at_the_pictures_rim_a_crop_stops() -> None:
    crop = crop_around(PersonBox(500, 300, 780, 600), 1280, 720)
    moved = followed(crop, PersonBox(5, 400, 280, 720))
    assert (moved.left, moved.bottom) == (0, 720)


def test_a_box_that_has_grown_or_shrunk_gets_a_new_crop() -> None:
    crop = crop_around(PersonBox(500, 300, 780, 600), 1280, 720)
    grown, shrunk = PersonBox(400, 200, 900, 700), PersonBox(600, 400, 700, 550)
    assert followed(crop, grown) == crop_around(grown, 1280, 720)
    assert followed(crop, shrunk) == crop_around(shrunk, 1280, 720)


@pytest.mark.parametrize("crop", [WHOLE, Crop(300, 0, 1020, 720, 1280, 720), Crop(10, 20, 110, 120, 1280, 720)])
def test_what_is_cut_out_shows_the_crop(crop: Crop) -> None:
    frame = _frame(720, 1280)
    picture = cut(frame, crop, 256, 256)
    assert picture.shape == (256, 256, 3)
    part = frame.image[crop.top : crop.bottom, crop.left : crop.right]
    assert picture.mean() == pytest.approx(part.mean(), abs=1)
    high, wide = part.shape[:2]
    quarter = part[: high // 2, : wide // 2].mean()
    assert picture[:128, :128].mean() == pytest.approx(quarter, abs=2)


def test_a_pasted_alpha_is_in_its_place_and_nowhere_else() -> None:
    crop = Crop(320, 180, 960, 540, 1280, 720)
    alpha = np.zeros((256, 256), np.float32)
    alpha[:, 128:] = 1
    placed = pasted(alpha, crop, (320, 180))
    assert placed.shape == (180, 320)
    assert placed.dtype == np.float32
    assert (placed[:, :159] == 0).all()
    assert (placed[60:120, 160:230] == 1).all()
    assert (placed[:, 240:] == 0).all()
    assert (placed[:45] == 0).all()
    assert (placed[135:] == 0).all()
    row = placed[90, 233:241]
    assert (np.diff(row) < 0).all()  # the crop ends softly inside the picture


def test_at_the_pictures_rim_nothing_is_softened() -> None:
    ones = np.ones((256, 256), np.float32)
    assert (pasted(ones, WHOLE, (320, 180)) == 1).all()
    lower = pasted(ones, Crop(0, 180, 640, 720, 1280, 720), (320, 180))
    assert (lower[60:, :140] == 1).all()
    assert (lower[:45] == 0).all()


def test_the_way_there_and_back_keeps_what_is_there() -> None:
    high, wide = np.mgrid[:720, :1280]
    disc = ((high - 400) ** 2 + (wide - 700) ** 2 < 150**2).astype(np.uint8) * 255
    crop = crop_around(PersonBox(550, 250, 850, 550), 1280, 720)
    picture = cut(Frame(np.dstack([disc] * 3), 0, 0.0, 0.0), crop, 256, 256)
    alpha = pasted(picture[..., 0].astype(np.float32) / 255, crop, (320, 180))
    wanted = disc.reshape(180, 4, 320, 4).mean(axis=(1, 3)) / 255
    assert np.abs(alpha - wanted).max() < 0.3
    assert np.abs(alpha - wanted).mean() < 0.001


def test_somebody_is_who_is_surely_there_and_more_than_a_speck() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[:40] = SURE_ALPHA - 0.01
    assert not is_somebody(alpha)
    alpha.reshape(-1)[: round(SOMEBODY * alpha.size) - 1] = 1
    assert not is_somebody(alpha)
    alpha.reshape(-1)[: round(SOMEBODY * alpha.size)] = 1
    assert is_somebody(alpha)


def test_a_crop_moves_as_far_as_it_must_by_steps_of_its_own_number() -> None:
    crop = Crop(100, 100, 420, 420, 1280, 720)  # a rim of 2 % of 1280 px: 25.6 px
    assert shifted(crop, PersonBox(130, 130, 390, 390), (16, 8)) == crop
    assert shifted(crop, PersonBox(100, 130, 350, 390), (16, 8)) == Crop(60, 100, 380, 420, 1280, 720)  # steps of 20
    assert shifted(crop, PersonBox(130, 200, 390, 400), (16, 8)) == Crop(100, 140, 420, 460, 1280, 720)  # steps of 40
    assert shifted(crop, PersonBox(100, 130, 420, 390), (16, 8)) is None


def test_values_are_pasted_between_their_neighbours_and_kept_in_range() -> None:
    alpha, result = np.array([0.0, 2.0, 1.0, -1.0], np.float32), np.full(9, 0.25, np.float32)
    across = np.array([0, 0], np.uintp), np.array([1, 1], np.uintp), np.float32([0.25, 1]), np.float32([1, 1])
    down = np.array([0, 1], np.uintp), np.array([0, 1], np.uintp), np.float32([0, 0]), np.float32([1, 0.5])
    paste(alpha, 2, 1, *across, 1, *down, 3, result)
    expected = [[0.25, 0.25, 0.25], [0.25, 0.5, 1.0], [0.25, 0.25, 0.0]]  # the last row: 0.5 · (0.5, -1), not below 0
    assert result.reshape(3, 3).tolist() == expected
