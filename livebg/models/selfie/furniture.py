"""Furniture that the network is sure of from the start: what stands as nothing alive does, while people move.

Nobody who breathes holds still to a fraction of a pixel for two seconds: in five webcam clips the calmest part of a
person moved .9 px and more, furniture .2. What hangs at the largest person by a narrow bridge, or stands apart, and has
moved no more than that, shows no skin and does not lie below that person, who has moved meanwhile, is furniture. From
then on it is taken away where it looks as it did, so that whoever moves before it, and what moves itself, is back at
once. It complements common_fate.py, which needs a network that doubts. One thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livebg.core.masks import FINEST, Mask, areas_of, copy_where, grown, mean_difference, window
from livebg.core.nearness import square
from livebg.core.types import Image, Matte
from livebg.models.selfie.similarity import Points, textured

DENIED, CORE = 0.5, 0.95  # alpha: nobody is below; the network is certain
NECK_PX = 4  # half of the width of the widest bridge to people
APART_PX = 8  # from it: people beyond are others
LEAST, MOST = 0.004, 3  # of the picture: smaller ones are not judged; how many at once
STILL_S, STILL_PX, LOOSE_PX = 1.75, 0.4, 0.8  # so long half of its points moved no further; later a bit further
SPARSE_S = 0.15  # from look to look that is kept
PATIENCE = 4.0  # times as long, each time that furniture has been moved or covered
SAME, KNOWN = 0.5, 0.8  # of it is seen again: it is the same one; of a piece is in it: it is no more than that
BELOW = 0.25  # of it lies below people: it is what they wear
SKIN, LEAST_SKIN = 0.03, 0.1  # of furniture at most; of people at least, or skin has another colour in this light
SKIN_LOW, SKIN_HIGH = (0, 133, 77), (255, 173, 127)  # luma, Cr, Cb of all complexions (Chai and Ngan 1999)
CHANGED, MOVED = 10, 0.1  # levels, mean of 5x5 px: it is something else; of people: they have moved
COVERED = 0.3  # of it is something else: too much to know it by
GRID_PX, FEWEST, POINTS = 3, 12, 60  # of points
NEAR_PX, RIM_PX = 4, 3  # what touches people is theirs; how far its alpha reaches beyond its mask
WINDOW, LEVELS = (13, 13), 2  # of the search for the points


@dataclass(frozen=True, slots=True)
class Moment:
    """A picture, BGR uint8 (h, w, 3), its luma, and when it was."""

    picture: Image
    luma: Image
    at_s: float


@dataclass(slots=True)
class Part:
    """What may be furniture: where, bool (h, w); how long it has stood there; its luma once, and points to follow.

    looked: BGR, how it looked at last where it has not changed. place: its rows and columns, and what decides on it.
    before: the picture when it stood there first. have_moved: people, since then.
    """

    mask: Mask
    stood_s: float
    luma: Image
    looked: Image
    points: Points
    place: tuple[slice, slice]
    before: Image
    have_moved: bool = False
    is_covered: bool = False
    is_furniture: bool = False


class Furniture:
    """Takes furniture from alphas of one size."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything (a new source, size, engine or scene)."""
        self._parts: list[Part] = []
        self._looks: list[Moment] = []  # of the last STILL_S, the newest first
        self._last_s, self._still_s = 0.0, STILL_S

    def correct(self, picture: Image, close: Matte) -> Matte:
        """The alpha without furniture; the same object where there is none.

        picture: BGR uint8 (h, w, 3); close: float32 (h, w) in 0..1.
        """
        result = close
        for part in self._parts:
            if not part.is_furniture or part.mask.shape != close.shape:
                continue
            mask, alpha = part.mask[part.place], close[part.place]
            other = _is_other(picture[part.place], part.looked[part.place])
            if _share(mask, other) > COVERED:
                continue
            around = grown(mask, RIM_PX)
            people = cv2.erode(((alpha > CORE) & (other | ~around)).view(np.uint8), square(1)) > 0
            result = close.copy() if result is close else result
            result[part.place][around & ~other & ~grown(people, NEAR_PX)] = 0
        return result

    def see(self, picture: Image, luma: Image, close: Matte, now_s: float) -> None:
        """Learn from a frame; what it decides counts from the next one on.

        luma: the picture's; now_s: of the source, which may run backwards; the others: as correct().
        """
        if self._looks and self._looks[0].luma.shape != close.shape:
            self.reset()
        now = Moment(picture, luma, now_s)
        people, apart = _divided(close)
        stands = [_stands(part, now) for part in self._parts]
        for part in self._parts:
            part.stood_s += abs(now_s - self._last_s)
        self._last_s = now_s
        parts = [part for part, it_stands in zip(self._parts, stands, strict=True) if it_stands]
        for mask in (people, *apart):
            seen = [part for part in parts if not part.is_covered]
            size = np.count_nonzero(mask)
            if size == 0 or _skin(picture, mask) > SKIN or any(_share(mask, part.mask) > KNOWN for part in seen):
                continue
            less = next((part for part in seen if _share(part.mask, mask) > SAME), None)
            found = _part(mask, now, self._looks) if less is None else _larger(mask, less, now)
            if found is not None:
                parts = [*(each for each in parts if _share(each.mask, mask) <= SAME), found]
        known = sum(part.is_furniture for part in self._parts)
        self._parts = sorted(parts, key=lambda part: part.is_covered)[:MOST]
        for part in self._parts:
            if not part.is_furniture and _share(part.mask, close > DENIED) > SAME:
                _judge(part, picture, people & ~grown(part.mask, APART_PX), part.stood_s >= self._still_s)
        if sum(part.is_furniture for part in self._parts) < known:
            self._still_s *= PATIENCE  # somebody's own chair, say: it shall not come and go
        if not self._looks or abs(now_s - self._looks[0].at_s) >= SPARSE_S:
            older = [look for look in self._looks if abs(now_s - look.at_s) < STILL_S]
            self._looks = [now, *self._looks[: len(older) + 1]]


def _divided(close: Matte) -> tuple[Mask, list[Mask]]:
    """The largest person, and what stands apart or hangs at them by a bridge narrower than both; bool (h, w) each."""
    mask = (close > DENIED).view(np.uint8)
    count, labels = cv2.connectedComponents(cv2.erode(mask, square(NECK_PX)))
    if count < 2:
        return np.zeros(close.shape, np.bool_), []
    largest = 1 if count == 2 else 1 + int(np.argmax(areas_of(labels, count)[1:]))
    people = grown(labels == largest, NECK_PX + 1) & mask.view(np.bool_)
    if count == 2:
        return people, []
    wide = (labels > 0) & (labels != largest)
    rest = cv2.morphologyEx(mask & ~people.view(np.uint8), cv2.MORPH_OPEN, FINEST)
    count, labels = cv2.connectedComponents(rest)
    areas = areas_of(labels, count)
    apart = [label for label in np.unique(labels[wide]) if label and areas[label] >= LEAST * mask.size]
    return people, [labels == label for label in apart]


def _part(mask: Mask, now: Moment, looks: list[Moment]) -> Part | None:
    """What may be furniture, known for as long as these looks, the newest first, show it standing there.

    None where it has too few points to follow.
    """
    place = window(mask, RIM_PX + NEAR_PX + 2)
    corners = grown(mask, RIM_PX) & textured(now.luma)
    rows, columns = np.nonzero(corners[::GRID_PX, ::GRID_PX])
    if len(rows) < FEWEST:
        return None
    points = (np.stack([columns, rows], axis=1) * GRID_PX)[:: max(1, -(-len(rows) // POINTS))].astype(np.float32)
    part = Part(mask, 0.0, now.luma, now.picture.copy(), points, place, now.picture)
    for look in looks:
        if not _stands(part, look):
            break
        part.stood_s, part.before = abs(now.at_s - look.at_s), look.picture
    return part


def _larger(mask: Mask, less: Part, now: Moment) -> Part | None:
    """The same as a part that is known, of which more is seen now; None where the rest has not stood there, too."""
    part = _part(mask, Moment(less.looked, less.luma, now.at_s), [])
    if part is None or not _stands(part, now):
        return None
    part.stood_s, part.before, part.have_moved = less.stood_s, less.before, less.have_moved
    return part


def _stands(part: Part, look: Moment) -> bool:
    """Whether a part is still where it was, as far as it is to be seen; looks at it anew."""
    other = _is_other(look.picture[part.place], part.looked[part.place])
    part.is_covered = _share(part.mask[part.place], other) > SAME
    if part.is_covered:
        return part.is_furniture
    found, is_found, _ = cv2.calcOpticalFlowPyrLK(
        part.luma, look.luma, part.points, np.zeros_like(part.points), winSize=WINDOW, maxLevel=LEVELS
    )
    steps = np.asarray(found - part.points)[is_found[:, 0] > 0]
    if len(steps) < FEWEST or np.median(np.hypot(*steps.T)) > (LOOSE_PX if part.is_furniture else STILL_PX):
        return False
    if part.is_furniture:
        copy_where(look.picture[part.place], ~other, part.looked[part.place])
    return True


def _judge(part: Part, picture: Image, people: Mask, is_still: bool) -> None:
    """Decides whether a part is furniture; people: the others, bool (h, w); is_still: it has stood for long enough."""
    if np.count_nonzero(people) <= np.count_nonzero(part.mask):
        return
    if not part.have_moved:
        part.have_moved = _share(people, _is_other(picture, part.before)) > MOVED
    if part.have_moved and is_still:
        part.is_furniture = (
            _skin(picture, part.mask) <= SKIN
            and _skin(picture, people) >= LEAST_SKIN
            and _share(part.mask, np.maximum.accumulate(people, axis=0)) <= BELOW
        )


def _is_other(one: Image, other: Image) -> Mask:
    """Where two pictures show something else, bool (h, w)."""
    return np.asarray(mean_difference(one, other) > CHANGED, np.bool_)


def _skin(picture: Image, mask: Mask) -> float:
    """How much of the picture under a mask has the colour of skin, 0..1; every other pixel tells."""
    picture, mask = np.ascontiguousarray(picture[::2, ::2]), mask[::2, ::2]
    return _share(mask, cv2.inRange(cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb), SKIN_LOW, SKIN_HIGH) > 0)


def _share(mask: Mask, other: Mask) -> float:
    """How much of a mask lies in another, 0..1; bool (h, w) both, and the first is not empty."""
    return np.count_nonzero(mask & other) / np.count_nonzero(mask)
