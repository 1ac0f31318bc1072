"""A region's level is its pixels', and its haze goes with it."""

from __future__ import annotations

import numpy as np

from livebg.matting.subject.components import find_labels, inside
from livebg.matting.subject.visibility import FULL, share, visibility_of


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
    assert visibility_of(labels, _levels(FULL, FULL, FULL)) is None


def test_nobody_is_exactly_nothing() -> None:
    alpha = _alpha()
    labels, _ = find_labels(inside(alpha))
    visibility = visibility_of(labels, _levels(0, 0, 0))
    assert visibility is not None
    assert visibility.max() == 0


def test_a_thing_goes_with_its_haze_and_the_person_is_whole() -> None:
    alpha = _alpha()
    labels, _ = find_labels(inside(alpha))
    visibility = visibility_of(labels, _levels(FULL, FULL, 0))
    assert visibility is not None
    assert visibility[51:69, 101:122].max() == 0
    assert visibility[:, 18:62].min() == FULL


def test_shares_are_exact_at_both_ends_and_take_the_alphas_size() -> None:
    levels = np.array([[0, 255], [255, 255]], np.uint8)
    assert share(levels, (2, 2)).tolist() == [[0.0, 1.0], [1.0, 1.0]]
    assert share(levels, (6, 4)).shape == (6, 4)
