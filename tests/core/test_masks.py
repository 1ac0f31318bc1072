"""Masks of small pictures: pieces, how far they reach, and which of them look as another picture does."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.masks import (
    alike_pieces,
    areas_of,
    copy_where,
    faded,
    greatest_difference,
    grown,
    is_moving,
    mean_difference,
    pieces_of,
    ramp,
    window,
)

LARGE, SMALL, THREAD = np.s_[10:30, 10:40], np.s_[40:50, 10:20], np.s_[5, :]
PICTURE = np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8)


def _mask(*places: tuple[slice, slice] | tuple[int, slice]) -> np.ndarray:
    mask = np.zeros((60, 80), np.bool_)
    for place in places:
        mask[place] = True
    return mask


def test_pieces_come_by_size_and_threads_are_none() -> None:
    large, small = pieces_of(_mask(LARGE, SMALL, THREAD), 50)
    assert np.array_equal(large, _mask(LARGE))
    assert np.array_equal(small, _mask(SMALL))
    assert len(pieces_of(_mask(LARGE, SMALL), 101)) == 1
    assert areas_of(_mask(LARGE).astype(np.int32), 2).tolist() == [4200, 600]


def test_areas_are_the_same_for_few_regions_and_for_many() -> None:
    labels = np.repeat(np.arange(12), np.arange(1, 13)).reshape(6, 13).astype(np.int32)
    assert areas_of(labels, 12).tolist() == list(range(1, 13))
    few = np.minimum(labels, 3)
    assert areas_of(few, 4).tolist() == areas_of(few, 12)[:4].tolist() == [1, 2, 3, 72]
    assert areas_of(np.zeros_like(labels), 1).tolist() == [78]


def test_pixels_of_a_mask_are_copied_also_onto_a_part_of_a_picture() -> None:
    onto = np.zeros_like(PICTURE)
    mask = _mask(SMALL)
    copy_where(PICTURE[30:], mask[30:], onto[30:])
    assert np.array_equal(onto, np.where(mask[..., None], PICTURE, 0) * (np.arange(60) >= 30)[:, None, None])


def test_a_mask_grows_to_every_side() -> None:
    assert np.array_equal(grown(_mask(LARGE), 2), _mask(np.s_[8:32, 8:42]))


def test_a_piece_is_alike_by_its_structure_not_by_its_colour_alone() -> None:
    other = PICTURE.copy()
    other[SMALL] = PICTURE[SMALL][::-1]
    assert np.array_equal(alike_pieces(_mask(LARGE, SMALL), PICTURE, other, 50), _mask(LARGE))
    flat = np.full_like(PICTURE, 90)
    assert alike_pieces(_mask(LARGE), flat, flat, 50) is None


def test_what_is_narrower_than_a_piece_is_alike_where_the_structure_around_it_is() -> None:
    thread, other = _mask(THREAD), PICTURE.copy()
    assert np.array_equal(alike_pieces(thread, PICTURE, PICTURE, 50), thread)
    other[:20, 40:] = PICTURE[:20, 40:][::-1]
    found = alike_pieces(thread, PICTURE, other, 50)
    assert found is not None
    assert found[5, :37].all()
    assert not found[5, 40:].any()
    flat = np.full_like(PICTURE, 90)
    assert alike_pieces(thread, flat, flat, 50) is None


def test_the_greatest_difference_of_three_channels_and_a_ramp() -> None:
    one, other = np.zeros((1, 2, 3), np.uint8), np.array([[[1, 9, 3], [4, 0, 7]]], np.uint8)
    assert greatest_difference(one, other).tolist() == [[9, 7]]
    assert ramp(np.array([[6, 9, 12, 40]]), 6, 12).tolist() == [[0, 0.5, 1, 1]]


def test_a_region_moves_where_more_than_a_little_of_it_looks_otherwise() -> None:
    labels = _mask(LARGE).astype(np.int32)
    labels[SMALL] = 2
    other = PICTURE.copy()
    other[40:44, 10:20] = 0
    other[10:11, 10:13] = 0
    difference = mean_difference(PICTURE, other)
    assert is_moving(labels, 3, difference, 0.05).tolist() == [False, False, True]
    assert is_moving(labels, 3, difference, 0.05, _mask(LARGE)).tolist() == [False] * 3


def test_what_looks_the_same_fades_with_its_rim_and_what_differs_stays() -> None:
    difference = np.zeros((60, 80), np.uint8)
    difference[:, 40:] = 20  # surely otherwise
    pieces = np.zeros((60, 80), np.bool_)
    pieces[20:40, 20:60] = True
    kept = faded(pieces, difference)
    assert kept[18:42, 18:40].max() == 0
    assert kept[:, 40:].min() == 1
    assert kept[:17].min() == 1
    difference[:] = 9  # half of the way
    assert kept.dtype == faded(pieces, difference).dtype == np.float32
    assert faded(pieces, difference)[30, 30] == pytest.approx(0.5)


def test_the_window_of_a_mask_ends_at_the_picture() -> None:
    mask = np.zeros((60, 80), np.bool_)
    mask[2:10, 70:75] = True
    rows, columns = window(mask, 5)
    assert mask[rows, columns].shape == (15, 15)
    assert (rows.start, columns.start) == (0, 65)
