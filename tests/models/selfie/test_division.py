"""Where a picture of people side by side is divided, and how their crops' answers make one, on drawn mattes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Matte
from livebg.models.crop import Crop
from livebg.models.selfie.division import Division, agrees, divided, joined, with_comer

WIDTH, HEIGHT = 1280, 720
PICTURE = Crop.whole(WIDTH, HEIGHT)


def _people(*heads: tuple[int, int], shoulders: int = 120) -> Matte:
    """Head and shoulders for each (column, row of the head's middle), px of a picture of 320x180, at half of it."""
    drawn = np.zeros((180, 320), np.float32)
    for x, y in heads:
        cv2.ellipse(drawn, (x, y), (24, 32), 0, 0, 360, 1.0, -1)
        cv2.ellipse(drawn, (x, 180), (shoulders // 2, max(1, 180 - y - 36)), 0, 180, 360, 1.0, -1)
    return np.asarray(cv2.resize(drawn, (160, 90), interpolation=cv2.INTER_AREA), np.float32)


def _arm(alpha: Matte, x: int) -> Matte:
    raised = alpha.copy()
    raised[25:85, x : x + 9] = 1
    return raised


@pytest.mark.parametrize("shoulders", [80, 120, 170])
def test_two_heads_are_divided_between_them_also_where_their_shoulders_touch(shoulders: int) -> None:
    division = divided(_people((90, 80), (230, 95), shoulders=shoulders), PICTURE, None)
    assert division is not None
    (column,) = division.columns
    assert 90 < column * 320 < 230
    first, second = division.crops
    assert first.left < 360 - 96 < 360 + 96 < first.right  # each holds its head, in px of 1280
    assert second.left < 920 - 96 < 920 + 96 < second.right
    assert max(first.area, second.area) < 0.7 * PICTURE.area


def test_three_heads_are_three() -> None:
    division = divided(_people((50, 90), (160, 80), (270, 85), shoulders=90), PICTURE, None)
    assert division is not None
    assert len(division.crops) == 3
    assert 50 < division.columns[0] * 320 < 160 < division.columns[1] * 320 < 270


@pytest.mark.parametrize(
    "alpha",
    [
        np.zeros((90, 160), np.float32),
        np.ones((90, 160), np.float32),
        _people((160, 80)),
        _people((150, 80), (190, 85)),  # heads that touch
        _arm(_people((160, 80)), 115),  # one with a raised arm
        _people((100, 70), (280, 172), shoulders=100),  # the second, far back, is much smaller
    ],
    ids=["nobody", "everywhere", "one", "heads that touch", "a raised arm", "somebody small"],
)
def test_what_is_not_two_people_side_by_side_stays_one(alpha: Matte) -> None:
    assert divided(alpha, PICTURE, None) is None


def test_a_division_lasts_a_little_longer_than_one_begins_and_its_crops_stay_where_they_fit() -> None:
    begun = divided(_people((90, 80), (230, 95)), PICTURE, None)
    assert begun is not None
    moved = divided(_people((92, 80), (231, 95)), PICTURE, begun)
    assert moved is not None
    assert moved.crops == begun.crops
    close = _people((120, 80), (190, 84))
    close[50:, 70:85] = 1  # between them it is filled up to 40 of 66 px
    assert divided(close, PICTURE, None) is None
    assert divided(close, PICTURE, begun) is not None


def test_who_comes_in_gets_a_crop_of_their_own_and_the_others_stays() -> None:
    alpha, crop = _people((180, 80)), Crop(300, 0, 1020, 720, WIDTH, HEIGHT)
    alpha[50:, :6] = 1  # a strip of somebody at the rim
    assert divided(alpha, crop, None) is None
    division = with_comer(alpha, crop)
    assert division is not None
    assert division.crops[1] == crop
    assert division.crops[0].left == 0
    assert division.crops[0].area < 0.3 * crop.area
    again = divided(alpha, crop, division)
    assert again is not None
    assert again.crops == division.crops


def test_nobody_has_come_where_an_arm_is_raised_or_little_is_seen() -> None:
    alpha, crop = _people((180, 80)), Crop(300, 0, 1020, 720, WIDTH, HEIGHT)
    assert with_comer(alpha, crop) is None
    assert with_comer(_arm(alpha, 52), crop) is None
    alpha[80:, :2] = 1
    assert with_comer(alpha, crop) is None


def test_a_crop_that_holds_only_a_part_of_somebody_who_comes_in_grows() -> None:
    part, alpha = Crop(1056, 496, 1280, 720, WIDTH, HEIGHT), _people((300, 90))
    division = with_comer(alpha, part)
    assert division is not None
    assert division.columns == ()
    (crop,) = division.crops
    assert crop.right == WIDTH
    assert crop.left < 1200 - 240
    assert crop.top < 360 - 128
    assert agrees(alpha, alpha, division)
    assert not agrees(np.where(alpha > 0, np.float32(0.4), alpha), alpha, division)
    assert np.array_equal(joined([alpha.copy()], division), alpha)
    assert divided(alpha, crop, division) is None
    assert with_comer(alpha * np.float32(0.7), part) is None  # nobody is surely beyond it


def test_crops_of_their_own_that_lose_somebody_are_refused() -> None:
    alpha = _people((90, 80), (230, 95))
    division = divided(alpha, PICTURE, None)
    assert division is not None
    assert agrees(alpha * np.float32(0.8), alpha, division)
    lost = alpha.copy()
    lost[:, 80:] = 0
    assert not agrees(lost, alpha, division)


def test_each_crop_counts_on_its_side_and_a_little_beyond() -> None:
    division = Division((0.5,), (PICTURE, PICTURE))
    first, second = np.zeros((2, 90, 160), np.float32)
    first[:, :120], second[:, 70:] = 0.6, 0.9
    together = joined([first.copy(), second.copy()], division)
    assert together[:, :70] == pytest.approx(0.6)  # what the second shows far on the first's side does not count
    assert together[:, 80:] == pytest.approx(0.9)  # a shoulder of the second that reaches over does
    assert together.max() <= np.float32(0.9)
    only_first = joined([first, np.zeros_like(second)], division)
    assert only_first[:, 86] == pytest.approx(0.6)
    assert not only_first[:, 94:].any()
