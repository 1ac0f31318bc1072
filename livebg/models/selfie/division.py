"""People side by side: the columns between them, so that each gets a crop of their own.

The network is made for one person: what lies between two in one crop gets half an alpha from it. Plain arithmetic on
one alpha; any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livebg.core.masks import Mask
from livebg.core.types import Matte
from livebg.models.crop import PERSON_ALPHA, SURE_ALPHA, Crop, PersonBox, box_of, crop_around, followed

VALLEY, VALLEY_KEPT = 0.4, 0.25  # of the lower head's height: how deep the gap beside it is to divide, to stay so
SHARE, SHARE_KEPT = 0.25, 0.1  # of what stands above the gap's floor: less is an arm, not somebody
APART = 0.01  # of the picture: beside a gap where nobody is at all, this much is somebody
TURNS = 2  # each side is divided once more, so that a frame costs four looks at most
FLAT = 0.8  # of a valley's depth: its floor
AGREED = 0.85  # of what one crop was sure of: less in crops of their own, and it was one person
REACH, BORDER = 0.06, 0.02  # of the width: how far a crop counts beyond its columns, and how softly it ends there


@dataclass(frozen=True, slots=True)
class Division:
    """crops: one for each person, from left to right. columns: where one ends, in shares of the picture's width."""

    columns: tuple[float, ...]
    crops: tuple[Crop, ...]


def divided(alpha: Matte, region: Crop, last: Division | None) -> Division | None:
    """How to divide a picture with this alpha, float32 (h, w) in 0..1 of the whole picture; None: one crop does.

    region: any crop of the picture, for its size. last: the division of the frame before, which lasts a little longer
    than one begins; its crops stay where they fit.
    """
    mask = alpha > PERSON_ALPHA
    valley, share = (VALLEY, SHARE) if last is None else (VALLEY_KEPT, SHARE_KEPT)
    columns = _valleys(mask, valley, share, TURNS, is_apart=last is not None)
    if not columns:
        return None
    boxes = [_box(mask, low, high, region) for low, high in _sides(columns, mask.shape[1])]
    if last is not None and len(last.crops) == len(boxes):
        crops = [followed(crop, box) for crop, box in zip(last.crops, boxes, strict=True)]
    else:
        crops = [crop_around(box, region.width, region.height) for box in boxes]
    return Division(tuple((column + 0.5) / mask.shape[1] for column in columns), tuple(crops))


def with_comer(alpha: Matte, crop: Crop) -> Division | None:
    """The division that gives somebody who has come in a crop of their own, beside the one crop that there was.

    alpha: float32 (h, w) in 0..1 of the whole picture, with them. Without a gap where nobody is, they are who is in
    that crop, and it grows: it held a part of somebody who comes in. None: there is hardly anybody beyond it.
    """
    mask = alpha > PERSON_ALPHA
    columns = _valleys(mask, VALLEY, 1.0, 1, is_apart=True)  # all of it on both sides: no gap but an empty one
    if not columns:
        beyond = alpha > SURE_ALPHA
        beyond[crop.inside(mask.shape)] = False
        if np.count_nonzero(beyond) < APART * mask.size:
            return None
        box = _box(mask, 0, mask.shape[1], crop).with_(PersonBox(crop.left, crop.top, crop.right, crop.bottom))
        return Division((), (followed(crop, box),))
    sides = _sides(columns, mask.shape[1])
    middle = (crop.left + crop.right) / 2 / crop.width * mask.shape[1]
    boxes = [_box(mask, low, high, crop) for low, high in sides]
    crops = [
        followed(crop, box) if low <= middle < high else crop_around(box, crop.width, crop.height)
        for box, (low, high) in zip(boxes, sides, strict=True)
    ]
    return Division(tuple((column + 0.5) / mask.shape[1] for column in columns), tuple(crops))


def agrees(alpha: Matte, before: Matte, division: Division) -> bool:
    """Whether crops of their own show as much of everybody as one crop did; all float32 (h, w) in 0..1."""
    columns = [int(share * alpha.shape[1]) for share in division.columns]
    for low, high in _sides(columns, alpha.shape[1]):
        sure = before[:, low:high] > SURE_ALPHA
        if np.count_nonzero(sure & (alpha[:, low:high] > PERSON_ALPHA)) < AGREED * np.count_nonzero(sure):
            return False
    return True


def joined(alphas: Sequence[Matte], division: Division) -> Matte:
    """The alpha that the crops' alphas, float32 (h, w) in 0..1 of the whole picture, make together; changes the first.

    Each reaches a little over to its neighbours, since a shoulder does.
    """
    width = alphas[0].shape[1]
    centres = np.arange(width, dtype=np.float32) + np.float32(0.5)
    ends = (-1.0, *division.columns, 2.0)
    for alpha, low, high in zip(alphas, ends, ends[1:], strict=False):
        inside = np.minimum(centres - low * width, high * width - centres) / np.float32(BORDER * width)
        alpha *= np.clip(inside + np.float32(1 + REACH / BORDER), 0, 1)
    for alpha in alphas[1:]:
        np.maximum(alphas[0], alpha, out=alphas[0])
    return alphas[0]


def _valleys(mask: Mask, valley: float, share: float, turns: int, is_apart: bool) -> list[int]:
    """The columns of deep gaps in the outline of a mask, bool (h, w), from left to right.

    valley, share: how deep a gap is, and how much stands on either side of it, at least; is_apart: beside a gap where
    nobody is at all, less is enough.
    """
    height, width = mask.shape
    if turns == 0 or width == 0:
        return []
    heights = np.where(mask.any(axis=0), height - mask.argmax(axis=0), 0)
    lower = np.minimum(np.maximum.accumulate(heights), np.maximum.accumulate(heights[::-1])[::-1])
    depths = np.where(lower - heights >= valley * lower, lower - heights, 0)
    deepest = int(depths.argmax())
    if depths[deepest] == 0:
        return []
    around = np.flatnonzero(depths < FLAT * depths[deepest])
    middle = int(around[around < deepest].max(initial=-1) + 1 + around[around > deepest].min(initial=width)) // 2
    standing = mask[: height - heights[deepest]].sum(axis=0)
    least = APART * mask.size if is_apart and heights[deepest] == 0 else share * standing.sum()
    if min(standing[:middle].sum(), standing[middle:].sum()) < least:
        return []
    first = _valleys(mask[:, :middle], valley, share, turns - 1, is_apart)
    second = _valleys(mask[:, middle:], valley, share, turns - 1, is_apart)
    return [*first, middle, *(middle + column for column in second)]


def _sides(columns: Sequence[int], width: int) -> list[tuple[int, int]]:
    """The columns low..high of each part of an array `width` px wide."""
    return list(zip((0, *columns), (*columns, width), strict=True))


def _box(mask: Mask, low: int, high: int, region: Crop) -> PersonBox:
    """The box around who stands in these columns, in px of the picture."""
    side = np.zeros_like(mask)
    side[:, low:high] = mask[:, low:high]
    box = box_of(side, Crop.whole(region.width, region.height))
    assert box is not None  # a gap has somebody on either side
    return box
