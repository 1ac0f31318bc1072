"""Track people over time, and decide which regions are people.

A chair, a poster or a plant that the network half believes in is no person.
A new person must be tall, not tiny, and the network sure of most of it. To stay one needs little: limbs, close-ups, a
back, half a person at the picture's border are all still that person. Only a region that shrinks and becomes unsure at
once is dropped (the person left, an empty chair stays). One thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from livebg.matting.subject.components import Box, Region, gap, shared_width
from livebg.matting.subject.components_numba import SLOTS

TALL = 0.2  # of the picture's height: a person is at least so tall,
LARGE = 0.012  # of its area,
PERSON_CONFIDENT_SHARE = 0.6  # and sure over this share of it: people had .73 to .98, an empty chair .23 to .50
COLLAPSED_AREA, COLLAPSED_SURE = 0.5, 0.25  # of what the person had: below both, and unsure, somebody has left
DOUBTFUL = 0.5  # sure share of what may be left behind
FORGET_S = 10.0  # time in which the largest area falls to the present one
OUT_S = 0.10  # whoever or whatever goes disappears within
ENTERING_S = 1.5  # how long somebody who enters can grow and come in pieces: a hand, a shoulder, then the head
MEMORY_S = 1.5  # somebody who comes back later than this is a new person
RETURN = 0.3  # of the picture's longer side: nearer to where a lost person was is that person
CLAIM = 0.1  # share of a region that was the person's, or of the person, that makes it a candidate
SAME_BODY = 0.5  # of the narrower box: a piece above or below the rest is the same person's
STRANGER = SLOTS - 1  # the slot of parts that belong to nobody known


@dataclass(slots=True)
class Person:
    """Somebody who is tracked.

    area, sure: the largest lately, px; level: how visible, 0..1; box: px; region: None while out of sight.
    """

    slot: int
    born_s: float
    seen_s: float
    area: float
    sure: float
    box: Box
    level: float
    region: Region | None


class People:
    """Everybody in the picture, by slot."""

    def __init__(self) -> None:
        self.known: list[Person] = []
        self.labels: dict[int, Person] = {}  # who has the region of this label in this frame
        self._foreign = 0

    def follow(
        self, regions: list[Region], shape: tuple[int, ...], now_s: float, elapsed_s: float | None, foreign: int
    ) -> None:
        """Find everybody in this frame's regions.

        shape: (h, w) px; elapsed_s: None in the first frame; foreign: from this label on, single_person.py cut regions
        off a person, and they are no piece of that person.
        """
        self.labels, self._foreign = {}, foreign
        for person in self.known:
            self._find(person, regions, elapsed_s or 0.0)
        for region in regions:
            if region.label not in self.labels and is_person(region, shape):
                self._welcome(region, shape, now_s, is_first=elapsed_s is None)
        for person in self.known:
            if person.region is not None:
                person.seen_s = now_s
        self.known = [each for each in self.known if now_s - each.seen_s < MEMORY_S]

    def visible(self) -> list[Person]:
        """The people who are in sight now."""
        return [each for each in self.known if each.region is not None]

    def _find(self, person: Person, regions: list[Region], elapsed_s: float) -> None:
        """Find the person's region in this frame; where two come to share one, whoever had it first keeps it."""
        person.region = None
        claimed = [each for each in regions if each.claims[person.slot] >= CLAIM * min(each.area, person.area)]
        if not claimed:
            return
        best = max(claimed, key=lambda each: (each.sure_share >= PERSON_CONFIDENT_SHARE, each.claims[person.slot]))
        if best.label in self.labels or _has_left(person, best):
            return
        self.labels[best.label] = person
        person.region, person.box = best, best.box
        share = min(1.0, elapsed_s / FORGET_S)
        person.area = max(best.area, person.area + share * (best.area - person.area))
        person.sure = max(best.sure, person.sure + share * (best.sure - person.sure))
        for piece in claimed:
            is_theirs = piece.claims[person.slot] >= 0.5 * piece.area
            if piece.label >= self._foreign or piece.label in self.labels:
                continue
            if is_theirs and shared_width(piece.box, best.box) >= SAME_BODY:
                self.labels[piece.label] = person

    def _welcome(self, region: Region, shape: tuple[int, ...], now_s: float, is_first: bool) -> None:
        """Somebody new, or back after a moment out of sight. With every slot taken, a further person is left out."""
        reach = RETURN * max(shape)
        lost = [each for each in self.known if each.region is None and gap(each.box, region.box) <= reach]
        if lost:
            person = min(lost, key=lambda each: gap(each.box, region.box))
            person.region, person.box = region, region.box
            person.area, person.sure = region.area, region.sure
            person.level = max(person.level, region.shown)
        else:
            free = sorted(set(range(STRANGER)) - {each.slot for each in self.known})
            if not free:
                return
            level = 1.0 if is_first else region.shown
            born_s = now_s - ENTERING_S if is_first else now_s
            person = Person(free[0], born_s, now_s, region.area, region.sure, region.box, level, region)
            self.known.append(person)
        self.labels[region.label] = person


def is_person(region: Region, shape: tuple[int, ...]) -> bool:
    """Whether a region that belongs to nobody known is a person, in a picture of (h, w) px."""
    height, width = shape
    is_tall, is_large = region.height >= TALL * height, region.area >= LARGE * height * width
    return is_tall and is_large and region.sure_share >= PERSON_CONFIDENT_SHARE


def faded(level: float, elapsed_s: float) -> float:
    """A level in 0..1, as near to 0 as elapsed_s seconds allow."""
    return max(0.0, level - elapsed_s / OUT_S)


def _has_left(person: Person, region: Region) -> bool:
    """Whether what is left in the person's place is no person: less than half of them, and unsure."""
    is_small = region.area < COLLAPSED_AREA * person.area and region.sure < COLLAPSED_SURE * person.sure
    return is_small and region.sure_share < DOUBTFUL
