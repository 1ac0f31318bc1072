"""Pixels beside people that move as people do are theirs, however little a network believes it: hair before a shelf.

The same common fate as in common_fate.py, but of single pixels, which need no outline of their own. People's motion is
continued beyond them (normalised convolution, Knutsson and Westin 1993); from look to look, each pixel that a network
sees however faintly votes: does it lie where people's motion has carried it, or where the room's has? The bare wall
that people have just uncovered looks as if it had followed them; but it is still there where it should have come from.
So is judged, too, what lies where people hid the room: a part that was surely theirs at the last look, and is lost.
The votes travel with the people. One thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.masks import Mask, grown, window
from livebg.core.types import Image, Matte
from livebg.models.selfie.similarity import CHANGED, NOISE, Places, Similarity, carried, differences, sampled

HARDLY, SURE = 0.01, 0.8  # alphas: no network has more, and it is nobody's; the crop has more, and it needs no votes
REACH_PX, AROUND_PX = 16, 20  # how far from people is asked; how far away are the people who tell how it moves
MOVED_PX = 1.0  # of people against the room: less is no vote
VOTE, CERTAIN, THEIRS, KEPT = 0.7, 2.0, 0.7, 0.3  # of one look at most; of all; from there on it is theirs; as long as
FADE = 0.95  # of the votes are left at the next look
SEARCHED_PX = 10  # people move less from a look to the next, or lose what is theirs until then
THIN, CLOSED = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)  # px: least width; gaps in it less wide


@dataclass(frozen=True, slots=True)
class Look:
    """A look at the whole picture: BGR uint8 (h, w, 3), its luma, and where people surely are."""

    picture: Image
    luma: Image
    people: Mask


class SharedMotion:
    """Votes of pixels, float32 (h, w), where they were at the newest look; `reset()` forgets them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything (a new source, size, engine or scene)."""
        self._votes: Matte | None = None
        self._theirs: Matte | None = None
        self._here = slice(0), slice(0)  # the rows and columns of a frame in which it may be
        self._reached: Mask = np.zeros((0, 0), np.bool_)  # there, as far as it may have moved

    @property
    def is_needed(self) -> bool:
        """Whether anything is people's that the crop may deny."""
        return self._theirs is not None

    def asked(self, close: Matte, whole: Matte, people: Mask) -> Mask | None:
        """Of which pixels vote() asks, bool (h, w); None: of none. close, whole: both networks' alphas, 0..1."""
        asked = (np.maximum(close, whole) > HARDLY) & (close <= SURE) & grown(people, REACH_PX)
        if not cv2.erode((asked & (close < 0.5)).view(np.uint8), THIN).any():
            return None
        return asked

    def vote(self, asked: Mask, last: Look, now: Look, room: Similarity) -> None:
        """Let a look vote on the pixels asked of; room: its motion from now to the last look."""
        places = _places(asked)
        own = carried(now.luma, last.luma, _beside(now.people, asked), places)
        if own is None:
            self._votes = self._theirs = None
            return
        vote = _vote(asked, places, own, last, now, room)
        sums = vote if self._votes is None else vote + FADE * _values(self._votes, own)
        before = self._theirs
        self._votes = _spread(asked, sums.clip(-CERTAIN, CERTAIN))
        is_theirs = sums >= (THEIRS if before is None else np.where(_values(before, own) > 0.5, KEPT, THEIRS))
        theirs = cv2.morphologyEx(_spread(asked, is_theirs).astype(np.uint8), cv2.MORPH_OPEN, THIN)
        theirs = cv2.morphologyEx(theirs, cv2.MORPH_CLOSE, CLOSED) & asked.view(np.uint8)
        self._theirs = np.asarray(cv2.blur(theirs.astype(np.float32), THIN.shape)) if theirs.any() else None
        if self._theirs is not None:
            self._here = window(self._theirs > 0, SEARCHED_PX + AROUND_PX)  # and all that tells how it moves
            self._reached = grown(self._theirs[self._here] > 0, SEARCHED_PX)

    def joined(self, last: Look, picture: Image, luma: Image, close: Matte) -> Matte:
        """The crop's alpha of a frame with what is people's, where it still looks as it did at the last look."""
        if self._theirs is None:
            return close
        here = self._here
        theirs, alpha = self._theirs[here], close[here]
        near = self._reached & (alpha <= SURE)
        places = _places(near)
        if not places.size:
            return close
        own = carried(luma[here], last.luma[here], _beside(alpha > SURE, near), places)
        if own is None:
            return close
        is_same = _difference(near, picture[here][near], _colours(last.picture[here], own)) < CHANGED
        close = close.copy()
        close[here] = np.maximum(alpha, _spread(near, _values(theirs, own) * is_same))
        return close


def _vote(asked: Mask, places: Places, own: Places, last: Look, now: Look, room: Similarity) -> Matte:
    """For the people, above 0, or for the room: float32 (n,). own: where people's motion takes the places asked of."""
    with_room = (room @ np.concatenate([places, np.ones_like(places[:1])])).astype(np.float32)
    here, from_people, from_room = now.picture[asked], _colours(last.picture, own), _colours(last.picture, with_room)
    part = asked[window(asked, len(THIN))]
    along_people, along_room = _difference(part, here, from_people), _difference(part, here, from_room)
    left = _difference(part, _colours(now.picture, own), from_people)
    away = np.asarray(cv2.distanceTransform((~now.people).view(np.uint8), cv2.DIST_L2, 3), np.float32)
    is_behind = _values(away, own) > away[asked]
    moved = np.where(is_behind, np.minimum(along_room, left), along_room)
    # Where people hid the room at the last look, what they have left tells in its place, and never against them.
    is_hidden = _at(last.people.view(np.uint8), with_room)
    moved = np.where(is_hidden, left, moved)
    least = np.where(is_hidden, np.float32(0), np.float32(-VOTE))
    vote = np.log((moved + NOISE) / (along_people + NOISE)).clip(least, VOTE)
    has_moved = np.hypot(*(own - with_room)) >= MOVED_PX
    vote[~has_moved | ((vote > 0) & (along_people > CHANGED))] = 0
    return np.asarray(vote, np.float32)


def _beside(people: Mask, asked: Mask) -> Mask:
    """The people who tell how the pixels asked of move, without their edge."""
    inner = cv2.erode(people.view(np.uint8), THIN) > 0
    return inner & grown(asked, AROUND_PX)


def _places(mask: Mask) -> Places:
    rows, columns = np.nonzero(mask)
    return np.stack([columns, rows]).astype(np.float32)


def _spread(mask: Mask, values: NDArray[np.generic]) -> Matte:
    """Values of a mask's pixels, (n,), at their places, float32 (h, w); 0 elsewhere."""
    result = np.zeros(mask.shape, np.float32)
    result[mask] = values
    return result


def _values(matte: Matte, places: Places) -> Matte:
    """Of a matte its values at places, float32 (n,); 0 outside."""
    return np.asarray(sampled(matte, places, border=cv2.BORDER_CONSTANT), np.float32)


def _at(mask: Image, places: Places) -> Mask:
    return np.asarray(sampled(mask, places, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) > 0)


def _colours(picture: Image, places: Places) -> Image:
    """Of a picture its colours at places, uint8 (n, 3); past the rim, the rim's."""
    return np.asarray(sampled(picture, places), np.uint8)


def _difference(mask: Mask, some: Image, others: Image) -> Matte:
    """How unlike are two colours of each pixel of a mask, uint8 (n, 3): levels, mean of 3x3 of its px, float32 (n,)."""
    sums = cv2.blur(_spread(mask, differences(some, others)), THIN.shape)
    shares = cv2.blur(mask.astype(np.float32), THIN.shape)
    return np.asarray(sums[mask] / shares[mask], np.float32)
