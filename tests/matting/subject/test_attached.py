"""Held things and hats stay, unsure things beside a person and far islands go."""

from __future__ import annotations

import pytest

from livebg.matting.subject.attached import is_belonging
from livebg.matting.subject.components import Box, Region

SHAPE = (180, 320)
PERSON: Box = (100, 40, 200, 180)


def _region(box: Box, sure_share: float, peak: float = 1.0, shown: float = 0.0) -> Region:
    area = (box[2] - box[0]) * (box[3] - box[1])
    return Region(1, area, sure_share * area, peak, shown, box, (0.0,) * 8)


@pytest.mark.parametrize(
    ("region", "stays"),
    [
        (_region((215, 90, 235, 110), 0.6), True),  # a hand beside the body
        (_region((270, 90, 290, 110), 0.6), False),  # the same far away
        (_region((215, 90, 255, 130), 0.1), False),  # a chair's back that the network half believes in
        (_region((215, 90, 255, 130), 0.7), True),  # something large and sure: a guitar
        (_region((210, 60, 218, 66), 0.0, peak=0.8), True),  # a finger: nearly all edge
        (_region((210, 60, 218, 66), 0.0, peak=0.6), False),
        (_region((210, 60, 218, 66), 0.0, peak=0.6, shown=1.0), True),  # was there before: easier
        (_region((130, 15, 170, 30), 0.0, peak=0.6), True),  # right above the head: a hat
        (_region((230, 15, 270, 30), 0.0, peak=0.6), False),  # a lamp beside it
    ],
)
def test_what_stays_with_a_person(region: Region, stays: bool) -> None:
    assert is_belonging(region, [PERSON], [], SHAPE) is stays


def test_what_is_nearer_to_somebody_else_is_theirs() -> None:
    hand = _region((215, 90, 235, 110), 0.6)
    assert not is_belonging(hand, [PERSON], [(240, 40, 320, 180)], SHAPE)
    assert not is_belonging(hand, [], [], SHAPE)
