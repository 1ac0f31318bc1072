"""The region: it holds the box, has one of few shapes of one area, and moves by steps or not at all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livebg.models.crop import PersonBox
from livebg.models.guided.region import GRAIN_PX, SHAPES, SQUEEZE, followed, region_around, second_size, sizes


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (1280, 720), (480, 640), (720, 720)])
def test_every_shape_costs_what_the_whole_picture_costs(height: int, width: int) -> None:
    area = 288**2 * max(height, width) / min(height, width)
    for high, wide in sizes(height, width, 288):
        assert high % GRAIN_PX == wide % GRAIN_PX == 0
        assert high * wide == pytest.approx(area, rel=0.15)
    assert len(sizes(height, width, 288)) == len(SHAPES)


@pytest.mark.parametrize("seed", range(40))
def test_a_region_holds_its_box_inside_the_picture(seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height = (int(each) for each in rng.integers(60, 2000, 2))
    left, right = sorted(rng.uniform(0, width, 2))
    top, bottom = sorted(rng.uniform(0, height, 2))
    box = PersonBox(left, top, right + 1e-3, bottom + 1e-3)
    region = region_around(box, width, height, 288)
    crop = region.crop
    assert 0 <= crop.left <= left <= right <= crop.right <= width
    assert 0 <= crop.top <= top <= bottom <= crop.bottom <= height
    squeezed = (crop.right - crop.left) / (crop.bottom - crop.top) / (region.size[1] / region.size[0])
    if max(width, height) / min(width, height) < 2:
        assert max(squeezed, 1 / squeezed) <= SQUEEZE * 1.1  # rounding to whole pixels


def test_somebody_who_leans_moves_nothing() -> None:
    region = region_around(PersonBox(500, 200, 800, 720), 1280, 720, 288)
    assert (
        followed(region, PersonBox(505, 198, 806, 720), 288) is region
        or followed(region, PersonBox(505, 198, 806, 720), 288) == region
    )


def test_somebody_who_walks_moves_it_by_whole_cells_of_the_network() -> None:
    region = region_around(PersonBox(300, 200, 500, 720), 1280, 720, 288)
    for x in range(0, 500, 7):
        box = PersonBox(300 + x, 200, 500 + x, 720)
        moved = followed(region, box, 288)
        if moved.size == region.size and moved.crop.area == region.crop.area and moved != region:
            cell = round((region.crop.right - region.crop.left) / (region.size[1] / GRAIN_PX))
            is_at_the_rim = moved.crop.right == 1280
            assert (moved.crop.left - region.crop.left) % cell == 0 or is_at_the_rim
        assert moved.crop.left <= box.left <= box.right <= moved.crop.right
        region = moved


def test_somebody_who_goes_far_away_gets_a_smaller_region() -> None:
    near = region_around(PersonBox(100, 0, 1200, 720), 1280, 720, 288)
    far = followed(near, PersonBox(600, 300, 680, 500), 288)
    assert far.crop.area < near.crop.area / 8


def test_another_matte_size_begins_a_new_region() -> None:
    box = PersonBox(500, 200, 800, 720)
    region = region_around(box, 1280, 720, 288)
    assert followed(region, box, 512).size in sizes(720, 1280, 512)


@pytest.mark.parametrize("short_px", [600, 720, 1024])
def test_a_second_look_has_the_same_shape_at_the_usual_size_and_only_large_pictures_get_one(short_px: int) -> None:
    for size in sizes(720, 1280, short_px):
        smaller = second_size(size, short_px)
        assert smaller is not None
        assert smaller[0] * smaller[1] == pytest.approx(288 * 512, rel=0.16)
        assert math.log(smaller[1] / smaller[0]) == pytest.approx(math.log(size[1] / size[0]), abs=0.12)
    assert second_size((512, 896), 599) is None
