"""What the room looks like where nobody is: what the network finds in exactly that picture later is the room, and what
it half sees beside people is theirs where the room looks otherwise.

A background model as in matting/plate (Wren et al. 1997), but of what both networks deny, so that it counts after half
a second, and it takes away pieces as a whole: a chair that somebody has walked up to. A piece must have a structure
that the room had there, too, as a shirt may have a wall's colour; what is narrower, books between hair and a sleeve,
must have it around each pixel. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.masks import (
    AROUND,
    DOUBTED,
    LEAST,
    SAME,
    Mask,
    alike_pieces,
    copy_where,
    faded,
    greatest_difference,
    grown,
    is_moving,
    mean_difference,
    ramp,
    window,
)
from livebg.core.types import Image, Matte

NOBODY, SOMEBODY = 0.1, 0.5  # alpha: nobody is where no network has more so near; somebody is where both have more
NEAR = np.ones((5, 5), np.uint8)  # px
KNOWN_S = 0.5  # what nobody has come to, and has looked the same for so long, is known
FRESH_S = 2.0  # as old at most is the picture of the room that people are told by: light changes
ANEW = 12  # levels: a larger change, and it is something else
STIRRING = 0.1  # of what is doubted: more of it looks otherwise, and it moves
HARDLY, HALF = 0.15, 0.5  # alpha: from the one on something unlike the room may be people's, from the other on it is
SURE = 0.9  # alpha: people surely are there
UNLIKE, UNLIKEST = 25, 60  # levels, mean of 3x3 px: no noise any more; surely something else
UNSTEADY = 0.2  # of the empty room looks otherwise: the light has changed, or the camera was moved
THIN, REACH_PX = np.ones((3, 3), np.uint8), 6  # px: its least width; how far from people
MOST = 0.5  # of all that the network shows: so much is no furniture


class Room:
    """The newest picture of each part of the room, and since when it has looked so; `reset()` forgets it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the room (a new source, size, engine or scene)."""
        self._last: Image | None = None  # the newest picture
        self._room: Image = np.zeros((0, 0, 3), np.uint8)
        self._since_s = self._seen_s = np.zeros((0, 0))  # infinite where nobody knows; when it was seen at last
        self._known: Mask = np.zeros((0, 0), np.bool_)
        self._fresh: Mask = self._known
        self._people: Mask = self._known  # somebody was there, and nothing has changed since

    def see(self, picture: Image, close: Matte, whole: Matte, now_s: float, doubted: Matte | None = None) -> None:
        """Learn from a frame: not what was somebody a moment ago, as a network may lose who sits still.

        picture: BGR uint8 (h, w, 3); close, whole: both networks' alphas; doubted: one that is not believed, but what
        it shows is no room while it moves; float32 (h, w) in 0..1.
        """
        moving = None if doubted is None else self._moving(doubted > SOMEBODY, picture)
        if self._last is None or self._last.shape != picture.shape:
            self._room, self._since_s = picture.copy(), np.full(close.shape, np.inf)
            self._seen_s = np.full(close.shape, -np.inf)
            self._people = self._known = np.zeros(close.shape, np.bool_)
        elif self._people.any():
            self._people &= greatest_difference(picture, self._last) <= ANEW
        is_same = greatest_difference(picture, self._room) <= ANEW
        self._people |= (np.minimum(close, whole) > SOMEBODY) & ~(is_same & self._known)
        is_room = (cv2.dilate(np.maximum(close, whole), NEAR) < NOBODY) & ~self._people
        if moving is not None:
            is_room &= ~moving
            self._since_s[moving & ~self._known] = np.inf
        self._since_s[self._people & ~self._known] = np.inf  # a look that misses an arm once teaches nothing
        self._since_s[is_room & ~(is_same & np.isfinite(self._since_s))] = now_s
        copy_where(picture, is_room, self._room)
        self._seen_s[is_room] = now_s
        self._known = now_s - self._since_s >= KNOWN_S
        self._fresh = self._known & (now_s - self._seen_s <= FRESH_S)
        self._last = picture

    def _moving(self, mask: Mask, picture: Image) -> Mask | None:
        """The regions of a mask that have moved since the newest picture, with what is near, bool (h, w)."""
        if self._last is None or self._last.shape != picture.shape or not mask.any():
            return None
        count, labels = cv2.connectedComponents(mask.view(np.uint8), ltype=cv2.CV_32S)
        moves = is_moving(np.asarray(labels, np.int32), count, mean_difference(picture, self._last), STIRRING)
        return grown(moves[labels], REACH_PX) if moves.any() else None

    def corrected(self, close: Matte, picture: Image) -> Matte:
        """The alpha without pieces that look as the room did there, and with what looks unlike it beside people.

        close: float32 (h, w) in 0..1; picture: BGR uint8 (h, w, 3). The same object where there is nothing to correct.
        """
        if self._last is None or self._last.shape != picture.shape:
            return close
        seen = cv2.erode(((close > HARDLY) & self._known).view(np.uint8), THIN)
        if not seen.any():
            return close
        here = window(seen.view(np.bool_), REACH_PX + 1)
        alpha, known, new, old = close[here], self._known[here], picture[here], self._room[here]
        difference = greatest_difference(new, old)
        added = _unlike(alpha, self._fresh[here], difference)
        mean = np.asarray(cv2.blur(difference, AROUND), np.uint8)
        pieces = alike_pieces((mean < SAME) & (alpha > DOUBTED) & known, new, old, LEAST * close.size)
        if pieces is not None and np.count_nonzero(pieces) > MOST * np.count_nonzero(close > DOUBTED):
            pieces = None
        if pieces is None and added is None:
            return close
        close = close.copy()
        if pieces is not None:
            close[here] *= faded(pieces, mean)
        if added is not None:
            np.maximum(close[here], added, out=close[here])
        return close


def _unlike(alpha: Matte, known: Mask, difference: Image) -> Matte | None:
    """An alpha of what the network half sees beside people and the known room looks otherwise, float32 (h, w).

    None where there is nothing, or where the room itself has changed. alpha: float32 (h, w) in 0..1; difference: from
    the room, levels, uint8 (h, w).
    """
    mean = cv2.blur(difference, THIN.shape)
    is_unlike, is_empty = known & (mean > UNLIKE), known & (alpha < NOBODY)
    if np.count_nonzero(is_unlike & is_empty) > UNSTEADY * np.count_nonzero(is_empty):
        return None
    near = grown(alpha > SURE, REACH_PX)
    added = cv2.morphologyEx((is_unlike & near & (alpha > HARDLY)).view(np.uint8), cv2.MORPH_OPEN, THIN) > 0
    added &= alpha <= SURE
    if not added.any():
        return None
    return np.where(added, ramp(mean, UNLIKE, UNLIKEST) * ramp(alpha, HARDLY, HALF), np.float32(0))
