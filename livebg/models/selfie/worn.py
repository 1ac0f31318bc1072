"""What people wear or hold and the network on a crop denies: the crown of a hat, the cup of a headset.

The network on the whole picture often sees it; but so it sees chairs and plants, which the crop rightly denies. What
tells them apart is common fate (Wertheimer 1923): from one look at the whole picture to the next, a hat moves as its
wearer does, and furniture as the room does (not at all, but for a shaken camera). Each look in which the wearer has
moved against the room is a vote. Runs in the thread that calls matte().
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Image, Matte

Mask = NDArray[np.bool_]
Places = NDArray[np.float32]  # (n, 2): x and y, px
Similarity = NDArray[np.float64]  # (2, 3): turns, scales and shifts places of one picture to another's

SEEN, DENIED, SURE, ROOM = (
    0.3,
    0.5,
    0.8,
    0.1,
)  # the whole picture's alpha from, the crop's below; people from, room below
LEAST, MOST = 0.002, 4  # of the picture: a smaller piece is left to the edge's steps; how many pieces at once
FINEST_PX, NEAR_PX, RIM_PX = 5, 4, 3  # a piece's least width; how near to people it lies; what is looked at around it
GRID_PX, AROUND_PX = 5, 20  # of the points that are followed; how far from a piece
FEWEST, POINTS = 10, 60  # of them make a motion; are enough
WINDOW, LEVELS, OFF_PX, TRIES = (13, 13), 3, 1.0, 200  # of the search for the points, and of the fit
MOVED_PX = 0.8  # of the wearer against the room: less is no vote
OPEN = 0.5  # of a piece must have been in front or clear of people in both looks, or it is no vote
DIFFERENT, CHANGED = 40.0, 12.0  # levels: one pixel counts at most so much; a mean above means something else is there
NOISE = 2.0  # levels
VOTE, WORN, KEPT, REFUTED, CERTAIN = 0.7, 1.0, 0.3, -4.0, 2.0  # ln of a ratio of differences: one look's; sums of votes
NOTHING, ALL = 0.15, 0.5  # the whole picture's alpha of what is worn, from transparent to opaque
SAME = 0.7  # of a piece is seen anew: its outline is, too


@dataclass(slots=True)
class Piece:
    """Something beside people: alpha float32 (h, w) in 0..1, where it was at the newest look; the votes so far."""

    alpha: Matte
    votes: float = 0.0
    is_worn: bool = False

    @property
    def mask(self) -> Mask:
        return self.alpha > 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """A look at the whole picture: BGR uint8 (h, w, 3), its luma, and masks of sure people and of the sure room."""

    picture: Image
    luma: Image
    people: Mask
    room: Mask


class Worn:
    """Adds what people wear to the crop's alpha; it remembers pieces, from look to look. All sizes are the same."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything (a new source, size, engine or scene)."""
        self._pieces: list[Piece] = []
        self._last: Look | None = None

    @property
    def is_followed(self) -> bool:
        """Whether something is worn, so that it must be followed in every frame."""
        return any(piece.is_worn for piece in self._pieces)

    def follow(self, picture: Image, close: Matte) -> Matte:
        """The alpha of a frame without a look; the same object where nothing is worn.

        picture: BGR uint8 (h, w, 3); close: the crop's alpha, float32 (h, w) in 0..1.
        """
        last = self._last
        if last is None or not self.is_followed:
            return close
        worn = [piece for piece in self._pieces if piece.is_worn]
        luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        motions = _motions(last.luma, luma, [last.people & _around(piece.mask) for piece in worn])
        moved = [_moved(each.alpha, motion) for each, motion in zip(worn, motions, strict=True) if motion is not None]
        return _with(moved, close, close > SURE)

    def look(self, picture: Image, close: Matte, whole: Matte) -> Matte:
        """The same for a frame whose whole picture was looked at; whole: its alpha, float32 (h, w) in 0..1."""
        luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        now, last = Look(picture, luma, close > SURE, (close < ROOM) & (whole < ROOM)), self._last
        self._last = now
        seen = _components((whole > SEEN) & (close < DENIED), now.people)
        if last is None or last.luma.shape != luma.shape:
            self._pieces = [Piece(_opaque(whole, mask)) for mask in seen]
            return close
        if not seen and not self._pieces:
            return close
        around = [now.people & _around(mask) for mask in (*(piece.mask for piece in self._pieces), *seen)]
        *motions, room = _motions(luma, last.luma, [*around, now.room])
        room = np.eye(2, 3) if room is None else room
        pieces = []
        for piece, motion in zip(self._pieces, motions, strict=False):
            if motion is not None:
                piece.alpha = _moved(piece.alpha, _inverse(motion if piece.votes >= 0 else room))
                pieces.append((piece, motion))
        for mask, motion in zip(seen, motions[len(self._pieces) :], strict=True):
            same = next((piece for piece, _ in pieces if (mask & piece.mask).any()), None)
            if same is not None:
                same.alpha = _seen_anew(same, mask, whole)
            elif motion is not None:
                pieces.append((Piece(_opaque(whole, mask)), motion))
        kept = [piece for piece, motion in pieces if _vote(piece, last, now, motion, room)]
        self._pieces = sorted(kept, key=lambda piece: (piece.is_worn, np.count_nonzero(piece.mask)))[-MOST:]
        return _with([piece.alpha for piece in self._pieces if piece.is_worn], close, now.people)


def _vote(piece: Piece, last: Look, now: Look, own: Similarity, room: Similarity) -> bool:
    """Lets a look vote on a piece; whether the piece is there any more.

    own, room: the motions of its wearer and of the room, from now to the last look.
    """
    mask = piece.mask
    size = np.count_nonzero(mask)
    if size < LEAST * mask.size:
        return False
    rows, columns = np.nonzero(_grown(mask, RIM_PX) & ~_grown(now.people, RIM_PX))
    places = np.stack([columns, rows, np.ones_like(rows)])
    with_wearer, with_room = own @ places, room @ places
    people = _grown(last.people, RIM_PX)
    is_open = ~(_at(people, with_wearer) | _at(people, with_room))
    if np.count_nonzero(is_open) < max(OPEN * size, 1):
        return True
    with_wearer, with_room = with_wearer[:, is_open], with_room[:, is_open]
    colours = now.picture[rows[is_open], columns[is_open]]
    along_wearer, along_room = (_difference(colours, last.picture, each) for each in (with_wearer, with_room))
    if np.hypot(*(with_wearer - with_room)).mean() >= MOVED_PX:
        vote = math.log((along_room + NOISE) / (along_wearer + NOISE))
        if vote < 0 or along_wearer < CHANGED:
            piece.votes = min(CERTAIN, max(REFUTED, piece.votes + min(VOTE, max(-VOTE, vote))))
    piece.is_worn = piece.votes >= (KEPT if piece.is_worn else WORN)
    return not piece.is_worn or along_wearer < CHANGED


def _with(alphas: Sequence[Matte], close: Matte, people: Mask) -> Matte:
    """The crop's alpha with those of what is worn, where people are still beside it; the same object without any."""
    near = _grown(people, NEAR_PX)
    for alpha in alphas:
        if (near & (alpha > 0.5)).any():
            close = np.asarray(np.maximum(close, alpha), np.float32)
    return close


def _seen_anew(piece: Piece, mask: Mask, whole: Matte) -> Matte:
    """The piece's alpha after a look that sees it in this mask: half of the new one, once all of it is there."""
    if np.count_nonzero(mask & piece.mask) < SAME * np.count_nonzero(piece.mask):
        return piece.alpha
    seen = _opaque(whole, mask)
    return np.asarray((piece.alpha + seen) / 2, np.float32) if piece.is_worn else seen


def _opaque(whole: Matte, mask: Mask) -> Matte:
    """The alpha of what is worn there: of the mask, and of its rim, where the crop's alpha fades out."""
    alpha = np.clip((whole - np.float32(NOTHING)) * np.float32(1 / (ALL - NOTHING)), 0, 1)
    return np.asarray(np.where(_grown(mask, NEAR_PX), alpha, np.float32(0)), np.float32)


def _components(mask: Mask, people: Mask) -> list[Mask]:
    """The largest connected parts of a mask that lie beside people, each bool (h, w)."""
    if np.count_nonzero(mask) < LEAST * mask.size:
        return []
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((FINEST_PX, FINEST_PX), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    sizes = sorted(((int(stats[i, cv2.CC_STAT_AREA]), i) for i in range(1, count)), reverse=True)
    near = _grown(people, NEAR_PX)
    parts = (labels == i for size, i in sizes[:MOST] if size >= LEAST * mask.size)
    return [part for part in parts if (part & near).any()]


def _motions(here: Image, there: Image, masks: Sequence[Mask]) -> list[Similarity | None]:
    """How what lies under each mask of one luma moves to the other, uint8 (h, w) both; None: it cannot be followed.

    Points on a grid, followed by pyramids (Lucas and Kanade 1981, Bouguet 2000), and the similarity on which most
    agree (RANSAC, Fischler and Bolles 1981).
    """
    points = [_points(mask) for mask in masks]
    together = np.concatenate(points)
    if len(together) == 0:
        return [None] * len(masks)
    found, is_found, _ = cv2.calcOpticalFlowPyrLK(
        here, there, together, np.zeros_like(together), winSize=WINDOW, maxLevel=LEVELS
    )
    ends = np.cumsum([len(each) for each in points])[:-1]
    each_found, each_is_found = np.split(np.asarray(found, np.float32), ends), np.split(is_found[:, 0] > 0, ends)
    return [_motion(one[good], other[good]) for one, other, good in zip(points, each_found, each_is_found, strict=True)]


def _points(mask: Mask) -> Places:
    """Some points under a mask, on a grid."""
    rows, columns = np.nonzero(mask[GRID_PX // 2 :: GRID_PX, GRID_PX // 2 :: GRID_PX])
    points = (np.stack([columns, rows], axis=1) * GRID_PX + GRID_PX // 2).astype(np.float32)
    return points[:: max(1, -(-len(points) // POINTS))]


def _motion(points: Places, found: Places) -> Similarity | None:
    if len(points) < FEWEST:
        return None
    motion, agreed = cv2.estimateAffinePartial2D(points, found, ransacReprojThreshold=OFF_PX, maxIters=TRIES)
    return np.asarray(motion, np.float64) if motion is not None and np.count_nonzero(agreed) >= FEWEST else None


def _inverse(motion: Similarity) -> Similarity:
    return np.asarray(cv2.invertAffineTransform(motion), np.float64)


def _moved(alpha: Matte, motion: Similarity) -> Matte:
    return np.asarray(cv2.warpAffine(alpha, motion, alpha.shape[::-1], flags=cv2.INTER_LINEAR), np.float32)


def _difference(colours: NDArray[np.uint8], picture: Image, places: NDArray[np.float64]) -> float:
    """The mean difference of colours, uint8 (n, 3), from those of a picture at places (2, n), levels."""
    x, y = places.astype(np.float32)[:, None]
    there = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    return float(np.minimum(cv2.absdiff(there, colours).max(axis=1), DIFFERENT).mean())


def _around(mask: Mask) -> Mask:
    """Where a piece's wearer is looked for: as far from the piece as it is large. bool (h, w) both."""
    return _grown(mask, max(AROUND_PX, round(math.sqrt(np.count_nonzero(mask)))))


def _grown(mask: Mask, reach_px: int) -> Mask:
    side = 2 * reach_px + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


def _at(mask: Mask, places: NDArray[np.float64]) -> Mask:
    """A mask's values at places (2, n), bool (n,); past the rim, the rim's."""
    x, y = np.rint(places).astype(np.intp)
    return np.asarray(mask[np.clip(y, 0, mask.shape[0] - 1), np.clip(x, 0, mask.shape[1] - 1)])
