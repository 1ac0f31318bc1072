"""Choose one person, and separate them from others whose regions run together with theirs.

Somebody who passes behind the chosen person forms one region with them. Its pixels go to the nearer of the two shapes
from before, each moved by its own motion (the median over the shape; for a hidden shape, the last one), so whoever
comes out on the other side is still known. Where both are possible, the pixel is the chosen person's. One thread at a
time.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.nearness import square
from livebg.matting.propagation.optical_flow import Flow, Motion
from livebg.matting.small_picture import Small
from livebg.matting.subject.components import Bytes, Labels, PreviousFrame, Region, painted
from livebg.matting.subject.tracking import ENTERING_S, People, Person

TOGETHER_S = 0.3  # people who entered within this time entered together: then size and place decide
OVERLAP_PX = 12.0  # px of a second person in a region: with fewer it is not divided
HIDDEN_S = 2.0  # how long somebody who went behind the chosen person can come out again
FAR = 0.05  # of the longer side: growth this far from others becomes part of the chosen person's shape
SMALLEST = 0.003  # of the picture: a smaller part is not cut off
JUMP, JUMP_AREA = 1.5, 0.04  # longer sides a second, share of the picture: more growth at once is somebody else's
FEWEST, VISIBLE = 30, 0.4  # measure a shape's motion over at least so many px, and this share of what was seen of it
PACE_S = 0.2  # a hidden shape goes on as it moved over this time


class _Shape:
    """Where somebody is, as far as it is known, and how they move. place: uint8 (h, w)."""

    def __init__(self, place: Bytes) -> None:
        self.place = place
        self.pace = np.zeros(2)  # px a second, lately
        self._most = 0.0  # px of it seen at once
        self._rest = np.zeros(2)

    def move(self, flow: Flow, over: Bytes, elapsed_s: float) -> None:
        """Move by the median of a backward flow over the pixels in `over`, uint8 (h, w)."""
        height, width = flow.shape[:2]
        here = cv2.resize(over, (width, height), interpolation=cv2.INTER_NEAREST).view(bool)
        seen = float(here.sum())
        self._most = max(self._most, seen)
        step = self.pace * elapsed_s
        if seen >= max(FEWEST, VISIBLE * self._most) and elapsed_s > 0:
            step = -np.median(flow[here], axis=0) * (over.shape[1] / width, over.shape[0] / height)
            self.pace += (step / elapsed_s - self.pace) * min(1.0, elapsed_s / PACE_S if self.pace.any() else 1.0)
        self._rest += step
        whole: NDArray[np.float64] = np.round(self._rest)
        self._rest -= whole
        shift = np.array([[1, 0, whole[0]], [0, 1, whole[1]]], np.float32)
        # A body continues outside the picture.
        size, border = (over.shape[1], over.shape[0]), cv2.BORDER_REPLICATE
        self.place = np.asarray(cv2.warpAffine(self.place, shift, size, flags=cv2.INTER_NEAREST, borderMode=border))


class SinglePerson:
    """Who is chosen; `reset()` forgets it."""

    def __init__(self) -> None:
        self._motion = Motion()
        self.reset()

    def reset(self) -> None:
        """Choose the largest and most central person next."""
        self.slot: int | None = None
        self._small: Small | None = None
        self._part()

    def _part(self) -> None:
        """The chosen person is apart from others again."""
        self._theirs: _Shape | None = None
        self._foreign: _Shape | None = None
        self._together_s = -HIDDEN_S

    def choose(self, people: People, shape: tuple[int, ...]) -> Person | None:
        """The chosen person, until they are out of sight for tracking.MEMORY_S; then the next. shape: (h, w) px."""
        for person in people.known:
            if person.slot == self.slot:
                return person
        visible = people.visible()
        self._part()
        if not visible:
            self.slot = None
            return None
        first_s = min(each.born_s for each in visible)
        chosen = max(
            (each for each in visible if each.born_s <= first_s + TOGETHER_S), key=lambda each: _weight(each, shape)
        )
        self.slot = chosen.slot
        return chosen

    def is_settled(self, people: People, now_s: float) -> bool:
        """Whether the chosen person is wholly in the picture; before that, what joins them belongs to them."""
        return any(each.slot == self.slot and now_s - each.born_s >= ENTERING_S for each in people.known)

    def divide(
        self,
        labels: Labels,
        count: int,
        regions: list[Region],
        people: People,
        last: PreviousFrame,
        small: Small,
        now_s: float,
    ) -> int:
        """Cut what is not the chosen person's off their region: writes new labels, returns their new count.

        labels: int32 (h, w); last: the frame before; small: the frame's small picture, to find motion in.
        """
        before, self._small = self._small, small
        chosen = next((each for each in people.known if each.slot == self.slot), None)
        claimed = [each for each in regions if chosen is not None and each.claims[chosen.slot] > 0]
        if chosen is None or not claimed or not self.is_settled(people, now_s):
            self._part()
            return count
        region = max(claimed, key=lambda each: each.claims[chosen.slot])
        others = np.array([0, *(each >= OVERLAP_PX for each in region.claims)], np.uint8)
        others[chosen.slot + 1] = 0
        if others.any():
            self._together_s = now_s
        has_jumped = _has_jumped(chosen, region, labels)
        if not has_jumped and now_s - self._together_s >= HIDDEN_S:
            self._part()
            return count
        theirs, foreign = ((each[last.owners])[last.labels] for each in (_only(chosen.slot + 1, others.size), others))
        elapsed_s = now_s - chosen.seen_s
        self._move(theirs, foreign, before, small, elapsed_s)
        reach_px = JUMP * max(labels.shape) * elapsed_s if has_jumped else float("inf")
        return _relabel(labels, count, self._foreign_part((labels == region.label).view(np.uint8), reach_px))

    def _move(self, theirs: Bytes, foreign: Bytes, before: Small | None, small: Small, elapsed_s: float) -> None:
        """Move both shapes, uint8 (h, w) as they were in the frame before, to where they are in this one."""
        self._theirs = self._theirs or _Shape(theirs)
        self._foreign = self._foreign or _Shape(foreign)
        self._foreign.place |= foreign
        if before is not None and before.luma.shape == small.luma.shape:
            flow = self._motion.step(small, before)
            self._theirs.move(flow, theirs, elapsed_s)
            self._foreign.move(flow, foreign, elapsed_s)

    def _foreign_part(self, region: Bytes, reach_px: float) -> Bytes:
        """The pixels of the region, uint8 (h, w), that are not the chosen person's.

        The two shapes follow the region.
        """
        assert self._theirs is not None
        assert self._foreign is not None
        theirs, foreign = self._theirs.place, self._foreign.place
        longer = max(region.shape)
        to_theirs = cv2.distanceTransform(1 - theirs, cv2.DIST_L2, 3)
        is_foreign = to_theirs > reach_px
        own = region.copy()
        if foreign.any():
            to_foreign = cv2.distanceTransform(1 - foreign, cv2.DIST_L2, 3)
            is_foreign |= to_foreign < to_theirs
            own &= (to_foreign > FAR * longer).view(np.uint8)
        own &= ~is_foreign.view(np.uint8) & 1
        self._theirs.place = (theirs & np.asarray(cv2.dilate(region, square(1)), np.uint8)) | own
        part = np.asarray(is_foreign.view(np.uint8) & region, np.uint8)
        part = np.asarray(cv2.morphologyEx(part, cv2.MORPH_OPEN, square(longer / 160)), np.uint8)
        return _with_crumbs(part, region, theirs)


def _with_crumbs(part: Bytes, region: Bytes, theirs: Bytes) -> Bytes:
    """The part of a region, and what else of it is no longer connected with the chosen person's shape; uint8 (h, w)."""
    rest = np.asarray(region & ~part & 1, np.uint8)
    count, labels = cv2.connectedComponents(rest, connectivity=4, ltype=cv2.CV_32S)
    is_crumb = np.ones(count, np.uint8)
    is_crumb[labels[(theirs & rest).view(bool)]] = 0
    is_crumb[0] = 0
    return np.asarray(part | painted(is_crumb, np.asarray(labels, np.int32)), np.uint8)


def _only(place: int, count: int) -> Bytes:
    """uint8 (count,), 1 at one place."""
    flags = np.zeros(count, np.uint8)
    flags[place] = 1
    return flags


def _weight(person: Person, shape: tuple[int, ...]) -> float:
    """Size, less for a person far from the picture's middle."""
    middle = (person.box[0] + person.box[2]) / 2 / shape[1]
    return person.area * (1 - abs(middle - 0.5))


def _has_jumped(chosen: Person, region: Region, labels: Labels) -> bool:
    """Whether the region grew more from one frame to the next than a person does."""
    last = chosen.region
    return last is not None and region.area - last.area > JUMP_AREA * labels.size


def _relabel(labels: Labels, count: int, part: Bytes) -> int:
    """Give each piece of the part that is large enough a new label, in place; returns the new count of labels."""
    pieces, found, statistics, _ = cv2.connectedComponentsWithStats(part)
    for piece in range(1, pieces):
        if statistics[piece, cv2.CC_STAT_AREA] >= SMALLEST * labels.size:
            labels[found == piece] = count
            count += 1
    return count
