"""A region's level is its pixels', its haze goes with it, and doubt comes back slowly but never to a sure person."""

from __future__ import annotations

import numpy as np

from livebg.matting.subject.components import find_labels, inside
from livebg.matting.subject.visibility import FULL, Visibility, share

NONE = np.zeros(3, np.uint8)


def _alpha() -> np.ndarray:
    """A person (label 1) at the left, a doubtful thing (label 2) at the right, in a picture of 90 x 160."""
    alpha = np.zeros((90, 160), np.float32)
    alpha[20:, 20:60] = 1.0
    alpha[50:70, 100:120] = 0.7
    alpha[50:70, 120:123] = 0.3
    return alpha


def _levels(*values: int) -> np.ndarray:
    return np.array(values, np.uint8)


def test_all_visible_needs_no_gate() -> None:
    alpha = _alpha()
    labels, _ = find_labels(inside(alpha))
    assert Visibility().find(alpha, labels, _levels(FULL, FULL, FULL), NONE, None) is None


def test_nobody_is_exactly_nothing() -> None:
    alpha = _alpha()
    labels, _ = find_labels(inside(alpha))
    visibility = Visibility().find(alpha, labels, _levels(0, 0, 0), NONE, None)
    assert visibility is not None
    assert visibility.max() == 0


def test_a_thing_goes_with_its_haze_and_the_person_is_whole() -> None:
    alpha = _alpha()
    labels, _ = find_labels(inside(alpha))
    visibility = Visibility().find(alpha, labels, _levels(FULL, FULL, 0), _levels(0, 0, 1), None)
    assert visibility is not None
    assert visibility[51:69, 101:122].max() == 0
    assert visibility[:, 18:62].min() == FULL


def test_what_was_no_person_comes_back_slowly_when_it_touches_one() -> None:
    visibility, alpha = Visibility(), _alpha()
    labels, _ = find_labels(inside(alpha))
    visibility.find(alpha, labels, _levels(FULL, FULL, 0), _levels(0, 0, 1), None)
    alpha[60, 60:100] = 0.6  # a bridge: one region now
    labels, _ = find_labels(inside(alpha))
    first = visibility.find(alpha, labels, _levels(FULL, FULL), NONE[:2], 0.1)
    assert first is not None
    assert first[60, 110] < 40
    assert first[30:, 20:60].min() == FULL
    for _ in range(11):
        last = visibility.find(alpha, labels, _levels(FULL, FULL), NONE[:2], 0.1)
    assert last is None


def test_a_sure_person_in_a_doubted_place_is_shown_at_once() -> None:
    visibility, alpha = Visibility(), _alpha()
    labels, _ = find_labels(inside(alpha))
    visibility.find(alpha, labels, _levels(FULL, FULL, 0), _levels(0, 0, 1), None)
    alpha[:] = 0
    alpha[20:, 80:130] = 1.0
    labels, _ = find_labels(inside(alpha))
    result = visibility.find(alpha, labels, _levels(FULL, FULL), NONE[:2], 0.03)
    assert result is not None
    assert result[20:, 80:130].min() == FULL


def test_shares_are_exact_at_both_ends_and_take_the_alphas_size() -> None:
    levels = np.array([[0, 255], [255, 255]], np.uint8)
    assert share(levels, (2, 2)).tolist() == [[0.0, 1.0], [1.0, 1.0]]
    assert share(levels, (6, 4)).shape == (6, 4)
