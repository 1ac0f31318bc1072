"""Much makes a person, little keeps one, and what stays behind when somebody leaves is none."""

from __future__ import annotations

import pytest

from livebg.matting.subject.components import Box, Region
from livebg.matting.subject.tracking import ENTERING_S, MEMORY_S, People, faded, is_person

SHAPE = (180, 320)
NOBODY = (0.0,) * 8


def _region(label: int, box: Box, share: float = 0.9, claims: tuple[float, ...] = NOBODY, shown: float = 0.0) -> Region:
    area = (box[2] - box[0]) * (box[3] - box[1])
    return Region(label, area, share * area, 1.0, shown, box, claims)


def _of(slot: int, px: float) -> tuple[float, ...]:
    return tuple(px if each == slot else 0.0 for each in range(8))


def _somebody() -> People:
    people = People()
    people.follow([_region(1, (100, 40, 200, 180))], SHAPE, 0.0, None, 99)
    return people


@pytest.mark.parametrize(
    ("box", "share", "expected"),
    [
        ((100, 40, 200, 180), 0.9, True),
        ((100, 40, 200, 180), 0.5, False),  # a chair the network half believes in
        ((100, 150, 200, 180), 0.9, False),  # too low
        ((100, 100, 108, 180), 0.9, False),  # too thin
    ],
)
def test_who_is_taken_for_a_person(box: Box, share: float, expected: bool) -> None:
    assert is_person(_region(1, box, share), SHAPE) is expected


def test_in_the_first_frame_a_person_is_there_at_once_and_later_softly() -> None:
    assert _somebody().known[0].level == 1.0
    people = People()
    people.follow([], SHAPE, 0.0, None, 99)
    people.follow([_region(1, (100, 40, 200, 180))], SHAPE, 0.03, 0.03, 99)
    assert people.known[0].level == 0.0


def test_little_keeps_a_person() -> None:
    people = _somebody()
    people.follow([_region(1, (0, 120, 90, 180), 0.55, _of(0, 900))], SHAPE, 0.03, 0.03, 99)
    assert people.labels[1].slot == 0
    dim = _region(1, (100, 40, 200, 180), 0.0, _of(0, 5000))
    people.follow([dim], SHAPE, 0.07, 0.03, 99)  # the light went out: as large as ever, nothing of it sure
    assert people.labels[1].slot == 0


def test_the_chair_that_stays_is_no_person() -> None:
    people = _somebody()
    chair = _region(1, (120, 140, 200, 180), 0.4, _of(0, 3200))
    people.follow([chair], SHAPE, 0.03, 0.03, 99)
    assert people.labels == {}
    assert people.visible() == []
    people.follow([chair], SHAPE, MEMORY_S + 0.1, 0.03, 99)
    assert people.known == []


def test_who_was_lost_for_a_moment_is_the_same_person() -> None:
    people = _somebody()
    people.follow([], SHAPE, 0.1, 0.1, 99)
    people.follow([_region(2, (120, 40, 220, 180))], SHAPE, 0.3, 0.2, 99)
    assert [each.slot for each in people.known] == [0]
    assert people.known[0].born_s == -ENTERING_S, "who was there first has not just come in"


def test_a_piece_above_the_rest_is_the_same_person_and_one_beside_is_another() -> None:
    people = _somebody()
    head, body = _region(1, (130, 40, 170, 90), 0.9, _of(0, 2000)), _region(2, (100, 95, 200, 180), 0.9, _of(0, 8500))
    people.follow([head, body], SHAPE, 0.03, 0.03, 99)
    assert people.labels[1] is people.labels[2]
    people = _somebody()
    left, right = _region(1, (100, 40, 150, 180), 0.9, _of(0, 7000)), _region(2, (152, 60, 200, 180), 0.9, _of(0, 5000))
    people.follow([left, right], SHAPE, 0.03, 0.03, 99)
    assert people.labels[1] is not people.labels[2]


def test_levels_move_by_time_not_by_frames() -> None:
    for frames in (1, 2, 4):
        level = 1.0
        for _ in range(frames):
            level = faded(level, 0.04 / frames)
        assert level == pytest.approx(0.6)
    assert faded(0.1, 1.0) == 0.0
