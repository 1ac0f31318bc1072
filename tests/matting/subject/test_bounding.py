"""A finder that is sure of a chair for a moment guides nobody there; who comes in is believed at once."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.subject.bounding import BoundBelief
from livebg.matting.subject.trust import TIME_S

SECOND = 30
PERSON, CHAIR = (slice(64, 180), slice(104, 196)), (slice(120, 180), slice(220, 260))
ROOM = np.random.default_rng(5).integers(80, 120, (45, 80, 3), np.uint8).repeat(8, 0).repeat(8, 1)


def _frame(sequence: int, is_full: bool = True) -> Frame:
    """A textured room, and somebody where the chair is, or not."""
    image = ROOM.copy()
    if is_full:
        rows, columns = (slice(2 * each.start, 2 * each.stop) for each in CHAIR)
        image[rows, columns] = (30, 30, 220)
    return Frame(image, sequence, sequence / SECOND, sequence / SECOND)


def _belief(sequence: int, chair: float) -> Alpha:
    values = np.zeros((180, 320), np.float32)
    values[PERSON], values[CHAIR] = 1, chair
    return Alpha(values, sequence)


def _bounded(bound: BoundBelief, sequence: int, chair: float, is_full: bool = True) -> Alpha:
    return bound.apply(_belief(sequence, chair), _frame(sequence, is_full))


@pytest.fixture
def bound() -> BoundBelief:
    """It has seen a second of somebody beside a chair that the finder denies."""
    bound = BoundBelief(Settings())
    for n in range(SECOND):
        _bounded(bound, n, 0)
    return bound


def test_sudden_certainty_about_a_chair_guides_nobody(bound: BoundBelief) -> None:
    for n in range(SECOND, SECOND + round(0.3 * TIME_S * SECOND)):
        found = _bounded(bound, n, 1)
        assert found.sequence == n
        assert not found.values[CHAIR].any()
        assert (found.values[PERSON] == 1).all()
    bound.reset()
    assert (_bounded(bound, SECOND, 1).values[CHAIR] == 1).all(), "the first belief stands"


def test_who_comes_in_is_believed_at_once() -> None:
    bound = BoundBelief(Settings())
    for n in range(SECOND):
        _bounded(bound, n, 0, is_full=False)
    assert _bounded(bound, SECOND, 1).values[CHAIR].mean() > 0.9


def test_colours_take_nothing_away_from_what_it_is_sure_of() -> None:
    bound = BoundBelief(Settings())
    for n in range(2 * SECOND):
        edge = bound.edge(_belief(n, 1), _frame(n))
        assert edge[PERSON][8:-8, 8:-8].min() > 0.99, "surely there from the first frame on"
    assert edge.dtype == np.float32
    assert edge[CHAIR].min() > 0.99, "though it has other colours"


def test_what_it_half_believes_in_is_in_the_edge_when_it_has_lasted() -> None:
    bound = BoundBelief(Settings())
    edges = [bound.edge(_belief(n, 0.7), _frame(n))[CHAIR][8:-8, 16:-8].mean() for n in range(2 * SECOND)]
    assert max(edges[: round(0.3 * TIME_S * SECOND)]) == 0
    assert edges[-1] > 0.65


def test_without_presence_it_changes_nothing() -> None:
    one = _belief(0, 0.5)
    assert BoundBelief(Settings(presence=False)).apply(one, _frame(0)) is one
