"""Common fate (Wertheimer 1923): what moves as people do belongs to them, what stands while they move is the room.

The network on a crop denies a hat's crown, which the network on the whole picture sees; and one of the two believes in
a chair. Each such piece beside people has votes: from one look at the whole picture to the next, does it lie where the
motion of the people next to it has carried it, or where that of the room has (none, but for a shaken camera)? A look in
which people have moved against the room is a vote. So is a look in which the whole picture denies what the crop shows,
as in the look before, and nothing has stirred: a table that goes on from a shoulder. People whom it denies come in, or
move. One thread at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.masks import (
    FINEST,
    Mask,
    areas_of,
    copy_where,
    grown,
    is_moving,
    mean_difference,
    pieces_of,
    ramp,
    window,
)
from livebg.core.types import Image, Matte
from livebg.models.selfie.shared_motion import Look, SharedMotion
from livebg.models.selfie.similarity import (
    CHANGED,
    NOISE,
    STILL,
    Similarity,
    differences,
    inverse,
    luma_of,
    sampled,
    similarities,
    textured,
)

SURE, SEEN, ROOM = 0.8, 0.3, 0.1  # alphas: surely people from the first on, a piece from the second on, room below
DENIED, CORE, DOUBTED = 0.5, 0.95, 0.3  # the crop sees nobody below; it is certain; of so little it is a doubtful piece
LEAST, MOST = 0.002, 4  # of the picture: a smaller piece is left to the edge's steps; how many pieces at once
NEAR_PX, RIM_PX = 4, 3  # what touches people; what counts as a mask's rim
DECIDING_PX = NEAR_PX + 2  # so far from furniture is what decides whether it goes
AROUND_PX = 20  # how far from a piece its people are looked for, at least
MOVED_PX = 0.8  # of people against the room: less is no vote
OPEN = 0.5  # of a piece must have been clear of people in both looks, or it is no vote
STIRRING = 0.1  # of what the whole picture denies: more of it looks otherwise, and it moves
UNCHANGED = 8  # levels, mean of 5x5 px: furniture that looks as it did
VOTE = 0.7  # of one look at most: the natural logarithm of how much better one motion explains the picture
CERTAIN, WORN, KEPT, STANDS, REFUTED = 2.0, 1.0, 0.3, -1.4, -4.0  # sums: most; worn from; as long as; stands; least
RARELY = 4  # what is certainly the room is voted on in every fourth look
NOTHING, ALL = 0.15, 0.5  # the networks' alpha of what is worn, from transparent to opaque
SAME = 0.7  # of a piece is seen anew: its outline is, too
NOWHERE: Mask = np.zeros((0, 0), np.bool_)


@dataclass(slots=True)
class Piece:
    """Something beside people: alpha float32 (h, w) in 0..1, where it was at the newest look; the votes so far.

    is_doubted: the crop was once unsure of it, so that it may be furniture, however sure the crop is later.
    """

    alpha: Matte
    votes: float = 0.0
    is_worn: bool = False
    is_doubted: bool = False

    @property
    def mask(self) -> Mask:
        return self.alpha > 0.5

    @property
    def stands(self) -> bool:
        return self.is_doubted and self.votes <= STANDS


class CommonFate:
    """Corrects the crop's alpha by pieces that it remembers, from look to look. All sizes are the same."""

    def __init__(self) -> None:
        self._shared = SharedMotion()
        self.reset()

    def reset(self) -> None:
        """Forget everything (a new source, size, engine or scene)."""
        self._shared.reset()
        self._pieces: list[Piece] = []
        self._last: Look | None = None
        self._doubted: Image = np.zeros((0, 0, 3), np.uint8)  # each pixel when the crop was last unsure of it
        self._contested = NOWHERE  # what the crop shows and the whole picture denies, in the newest look
        self._looks = 0
        self._furniture: Mask | None = None  # the pieces that stand, where they were at the newest look
        self._kept: Mask | None = None  # what is no furniture even if it looks like it: beyond its rim, or near people
        self._part = slice(0), slice(0)  # the rest's rows and columns, and what decides on it

    @property
    def is_needed(self) -> bool:
        """Whether correct() could correct anything."""
        return self._shared.is_needed or any(piece.is_worn or piece.stands for piece in self._pieces)

    def correct(self, picture: Image, close: Matte) -> Matte:
        """The corrected alpha of a frame; the same object where there is nothing to correct.

        picture: BGR uint8 (h, w, 3); close: the crop's alpha, float32 (h, w) in 0..1.
        """
        last = self._last
        if last is None or not self.is_needed:
            return close
        close = self._without_furniture(close, picture, last)
        worn = [piece for piece in self._pieces if piece.is_worn]
        if not worn and not self._shared.is_needed:
            return close
        luma = luma_of(picture)
        close = self._shared.joined(last, picture, luma, close)
        if not worn:
            return close
        motions = similarities(last.luma, luma, [last.people & _around(piece.mask) for piece in worn])
        moved = [_moved(each.alpha, motion) for each, motion in zip(worn, motions, strict=True) if motion is not None]
        return _with(moved, close, close > SURE)

    def vote(self, picture: Image, luma: Image, close: Matte, whole: Matte) -> None:
        """Let a frame whose whole picture was looked at vote; what it decides counts from the next frame on.

        luma: the picture's; whole: the whole picture's alpha, float32 (h, w) in 0..1; the others: as correct().
        """
        if self._last is not None and self._last.luma.shape != luma.shape:
            self.reset()
        before, self._contested = self._contested, _contested(close, whole)
        somebody = _people(close, self._furniture) & ~self._contested
        seen, people = _pieces(close, whole, somebody), somebody & (close > SURE)
        last = self._last
        if last is None:
            self._last, self._doubted = Look(picture, luma, people), picture
            self._pieces = [_new(mask, close, whole) for mask in seen]
            return
        pixels = self._shared.asked(close, whole, people)
        if not seen and not self._pieces and pixels is None:
            self._shared.reset()
            self._last, self._doubted = Look(picture, luma, people), picture
            return
        self._looks += 1
        asked = [
            piece.mask if piece.votes > REFUTED or self._looks % RARELY == 0 else NOWHERE for piece in self._pieces
        ]
        around = [people & _around(mask) if mask.size else NOWHERE for mask in (*asked, *seen)]
        empty = (close < ROOM) & (whole < ROOM) & textured(luma)  # a plain wall would seem to stand before any camera
        *motions, seen_room = similarities(luma, last.luma, [*around, empty])
        room = STILL if seen_room is None else seen_room
        denied = self._contested & before
        people &= ~self._still_standing(picture, (close <= SURE) | denied, room)
        now = self._last = Look(picture, luma, people)
        if pixels is None or seen_room is None:
            self._shared.reset()
        else:
            self._shared.vote(pixels, last, now, room)
        pieces: list[tuple[Piece, Similarity | None]] = []
        for piece, motion in zip(self._pieces, motions, strict=False):
            if motion is not None or piece.votes < 0:
                piece.alpha = _moved(piece.alpha, inverse(room if motion is None or piece.votes < 0 else motion))
                pieces.append((piece, motion))
        for mask, motion in zip(seen, motions[len(self._pieces) :], strict=True):
            same = next((piece for piece, _ in pieces if _covers(piece.mask, mask)), None)
            if same is not None:
                same.alpha = _seen_anew(same, mask, close, whole)
                same.is_doubted |= _is_doubted(mask, close)
            elif motion is not None:
                pieces.append((_new(mask, close, whole), motion))
        if denied.any():
            change = mean_difference(picture, _along(last.picture, room))
            _deny([piece for piece, _ in pieces], denied, change)
        kept = [piece for piece, motion in pieces if _vote(piece, last, now, motion, room)]
        self._pieces = sorted(kept, key=_weight)[-MOST:]
        self._furniture = self._kept = None
        if stands := [piece.mask for piece in self._pieces if piece.stands]:
            self._furniture = np.asarray(np.logical_or.reduce(stands), np.bool_)
            self._kept = ~grown(self._furniture, RIM_PX) | grown(people, RIM_PX)
            self._part = window(~self._kept, DECIDING_PX)

    def _still_standing(self, picture: Image, doubted: Mask, room: Similarity) -> Mask:
        """Where furniture looks as it did when it was doubted at last, bool (h, w): however sure the crop is by now.

        In the place of what stands only what looks the same is remembered: whoever sits still before it, and is doubted
        once, would be furniture for good. room: its motion from now to the last look; the others: as vote().
        """
        self._doubted, same = _along(self._doubted, room), np.zeros(doubted.shape, np.bool_)
        if stand := [piece.mask for piece in self._pieces if piece.votes < 0]:  # furniture is among them
            same = mean_difference(picture, self._doubted) <= UNCHANGED
            doubted &= same | ~np.logical_or.reduce(stand)
        copy_where(picture, doubted, self._doubted)
        return np.zeros_like(same) if self._furniture is None else same & self._furniture

    def _without_furniture(self, close: Matte, picture: Image, last: Look) -> Matte:
        """The crop's alpha without the pieces that stand, where the picture is what it was at the newest look."""
        if self._furniture is None or self._kept is None:
            return close
        part = self._part
        people = (close[part] > CORE) & ~self._furniture[part]
        people = cv2.erode(people.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        changed = mean_difference(picture[part], last.picture[part]) > CHANGED
        result = close.copy()
        result[part][~(self._kept[part] | changed | grown(people, NEAR_PX))] = 0
        return result


def _people(close: Matte, furniture: Mask | None) -> Mask:
    """The largest component, and every other one of which the crop is sure and that is no furniture; bool (h, w)."""
    count, labels = cv2.connectedComponents((close > DENIED).view(np.uint8))
    if count < 2:
        return np.zeros(close.shape, np.bool_)
    areas = areas_of(labels, count)
    is_people = np.bincount(labels[close > CORE], minlength=count) >= DOUBTED * areas
    if furniture is not None:
        is_people &= np.bincount(labels[furniture], minlength=count) < areas / 2
    is_people[1 + int(np.argmax(areas[1:]))] = True
    is_people[0] = False
    return np.asarray(is_people.take(np.asarray(labels, np.int32)), np.bool_)  # a third of the time of an index


def _pieces(close: Matte, whole: Matte, people: Mask) -> list[Mask]:
    """The largest pieces beside people that one of the networks shows, each bool (h, w)."""
    mask = ((whole > SEEN) | (close > SEEN)) & ~people
    if np.count_nonzero(mask) < LEAST * mask.size:
        return []
    return pieces_of(mask, LEAST * mask.size)[:MOST]


def _weight(piece: Piece) -> tuple[bool, int]:
    """What is decided is kept first, then what is larger."""
    return piece.is_worn or piece.stands, int(np.count_nonzero(piece.mask))


def _contested(close: Matte, whole: Matte) -> Mask:
    """What the crop shows and the whole picture denies, bool (h, w); no strips, as the latter sees coarsely."""
    mask = ((close > DENIED) & (whole < ROOM)).view(np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, FINEST) > 0)


def _new(mask: Mask, close: Matte, whole: Matte) -> Piece:
    return Piece(_opaque(np.maximum(whole, close), mask), is_doubted=_is_doubted(mask, close))


def _covers(piece: Mask, mask: Mask) -> bool:
    """Whether a piece that was known is what is seen in this mask: it covers half of it."""
    return bool(np.count_nonzero(piece & mask) > np.count_nonzero(mask) / 2)


def _is_doubted(mask: Mask, close: Matte) -> bool:
    return bool((close[mask] > CORE).mean() < DOUBTED)


def _deny(pieces: Sequence[Piece], denied: Mask, change: Image) -> None:
    """Lets what the whole picture denies in two looks vote for the room, where it has stood still in between.

    change: mean_difference() of both pictures.
    """
    for piece in pieces:
        part = piece.mask & denied
        if _covers(part, piece.mask) and not is_moving(part.astype(np.int32), 2, change, STIRRING)[1]:
            piece.is_doubted, piece.votes = True, max(REFUTED, piece.votes + STANDS)


def _vote(piece: Piece, last: Look, now: Look, own: Similarity | None, room: Similarity) -> bool:
    """Lets a look vote on a piece; whether the piece is there any more.

    own, room: the motions of people beside it and of the room, from now to the last look.
    """
    mask = piece.mask
    size = np.count_nonzero(mask)
    if size < LEAST * mask.size:
        return False
    if own is None:
        return True
    rows, columns = np.nonzero(grown(mask, RIM_PX) & ~grown(now.people, RIM_PX))
    places = np.stack([columns, rows, np.ones_like(rows)])
    with_people, with_room = own @ places, room @ places
    people = grown(last.people, RIM_PX)
    is_open = ~(_at(people, with_people) | _at(people, with_room))
    if np.count_nonzero(is_open) < max(OPEN * size, 1):
        return True
    with_people, with_room = with_people[:, is_open], with_room[:, is_open]
    colours = now.picture[rows[is_open], columns[is_open]]
    along_people, along_room = (_difference(colours, last.picture, each) for each in (with_people, with_room))
    if np.hypot(*(with_people - with_room)).mean() >= MOVED_PX:
        vote = math.log((along_room + NOISE) / (along_people + NOISE))
        if vote < 0 or along_people < CHANGED:
            piece.votes = min(CERTAIN, max(REFUTED, piece.votes + min(VOTE, max(-VOTE, vote))))
    piece.is_worn = piece.votes >= (KEPT if piece.is_worn else WORN)
    changed = along_people if piece.is_worn else along_room if piece.stands else 0.0
    return bool(changed < CHANGED)


def _with(alphas: Sequence[Matte], close: Matte, people: Mask) -> Matte:
    """The crop's alpha with those of what is worn, where people still touch it; the same object without any."""
    near = grown(people, NEAR_PX)
    for alpha in alphas:
        if (near & (alpha > 0.5)).any():
            close = np.asarray(np.maximum(close, alpha), np.float32)
    return close


def _seen_anew(piece: Piece, mask: Mask, close: Matte, whole: Matte) -> Matte:
    """The piece's alpha after a look that sees it in this mask: half of the new one, once all of it is there."""
    if np.count_nonzero(mask & piece.mask) < SAME * np.count_nonzero(piece.mask):
        return piece.alpha
    seen = _opaque(np.maximum(whole, close), mask)
    return np.asarray((piece.alpha + seen) / 2, np.float32) if piece.is_worn else seen


def _opaque(whole: Matte, mask: Mask) -> Matte:
    """The alpha of what is worn there: of the mask, and of its rim, where the crop's alpha fades out."""
    return np.asarray(np.where(grown(mask, NEAR_PX), ramp(whole, NOTHING, ALL), np.float32(0)), np.float32)


def _along(picture: Image, room: Similarity) -> Image:
    """A picture of the last look, moved as the room has been since; room: its motion from now to then."""
    size = picture.shape[1], picture.shape[0]
    return np.asarray(cv2.warpAffine(picture, inverse(room), size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _moved(alpha: Matte, motion: Similarity) -> Matte:
    return np.asarray(cv2.warpAffine(alpha, motion, alpha.shape[::-1], flags=cv2.INTER_LINEAR), np.float32)


def _difference(colours: NDArray[np.uint8], picture: Image, places: NDArray[np.float64]) -> float:
    """The mean difference of colours, uint8 (n, 3), from those of a picture at places (2, n), levels."""
    return float(differences(sampled(picture, places.astype(np.float32)), colours).mean())


def _around(mask: Mask) -> Mask:
    """Where a piece's wearer is looked for: as far from the piece as it is large. bool (h, w) both."""
    return grown(mask, max(AROUND_PX, round(math.sqrt(np.count_nonzero(mask)))))


def _at(mask: Mask, places: NDArray[np.float64]) -> Mask:
    """A mask's values at places (2, n), bool (n,); past the rim, the rim's."""
    x, y = np.rint(places).astype(np.intp)
    return np.asarray(mask[np.clip(y, 0, mask.shape[0] - 1), np.clip(x, 0, mask.shape[1] - 1)])
