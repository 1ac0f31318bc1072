"""Regions are found, described and matched with the frame before, with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.subject.components import (
    PreviousFrame,
    describe,
    find_labels,
    gap,
    inside,
    shared_width,
)


def _alpha() -> np.ndarray:
    alpha = np.zeros((20, 30), np.float32)
    alpha[2:8, 3:9] = 1.0
    alpha[12:18, 20:30] = 0.7
    alpha[12, 20] = 0.95
    alpha[0, 15] = 0.9
    return alpha


def test_each_region_is_described() -> None:
    alpha = _alpha()
    labels, count = find_labels(inside(alpha))
    assert count == 4
    first, second = describe(labels, count, alpha, PreviousFrame.nothing(labels.shape))
    assert (first.area, first.sure_share, first.box, first.height) == (36, 1.0, (3, 2, 9, 8), 6)
    assert (second.area, second.sure, second.box) == (60, 1, (20, 12, 30, 18))
    assert second.peak == pytest.approx(0.95)
    assert first.shown == 0
    assert sum(first.claims) == 0


def test_what_was_there_before_is_known() -> None:
    alpha = _alpha()
    labels, count = find_labels(inside(alpha))
    before = np.zeros_like(labels)
    before[2:8, 0:6] = 1
    seen = PreviousFrame(before, np.array([0, 3], np.uint8), np.array([255, 255], np.uint8))
    seen.levels[0] = 0
    first, second = describe(labels, count, alpha, seen)
    assert first.claims[2] == 18
    assert first.shown == pytest.approx(0.5)
    assert sum(second.claims) == 0


def test_boxes() -> None:
    assert gap((0, 0, 10, 10), (13, 14, 20, 20)) == 5
    assert gap((0, 0, 10, 10), (5, 5, 20, 20)) == 0
    assert shared_width((0, 0, 10, 10), (5, 50, 9, 60)) == 1
    assert shared_width((0, 0, 10, 10), (5, 50, 15, 60)) == 0.5
    assert shared_width((0, 0, 10, 10), (20, 50, 30, 60)) == 0
