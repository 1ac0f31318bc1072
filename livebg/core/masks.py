"""Masks of small pictures: their pieces, and which of these look as another picture does. Any thread."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.nearness import square
from livebg.core.types import Image, Matte

Mask = NDArray[np.bool_]

FINEST = np.ones((5, 5), np.uint8)  # px: a piece's least width
STRUCTURE, ALIKE = 8.0, 0.9  # levels: standard deviation of a piece's luma; its correlation with the other picture's
AROUND_IT = (7, 7)  # px: the same of a pixel's surroundings, where what is alike is narrower than a piece
AROUND = (5, 5)  # px
SAME, OTHER = 6, 12  # levels, mean of AROUND px: up to the one it looks the same, from the other on it does not
DOUBTED = 0.3  # alpha: a piece that may look the same has more
LEAST = 0.001  # of the picture: a smaller piece is left to the steps of edges
SOFT_PX = 2  # a piece's soft alpha around it
FEW = 8  # labels: up to so many, one is counted after the other
STILL = 4  # levels, mean of AROUND px: more is no noise. Half a second later somebody who only breathes has it in .2 to
# .3 of them, a chair in .005 to .05


def grown(mask: Mask, reach_px: int) -> Mask:
    """The mask, bool (h, w), and all within so many px of it, at least 1."""
    return np.asarray(cv2.dilate(mask.view(np.uint8), square(reach_px)) > 0)


def pieces_of(mask: Mask, least_px: float) -> list[Mask]:
    """The connected pieces of a mask without what is narrower than FINEST, of at least so many pixels, the largest
    first; bool (h, w) all."""
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, FINEST)
    count, labels = cv2.connectedComponents(opened)
    areas = areas_of(labels, count).tolist()
    sizes = sorted(((areas[label], label) for label in range(1, count)), reverse=True)
    return [labels == label for size, label in sizes if size >= least_px]


def alike_pieces(same: Mask, picture: Image, room: Image, least_px: float) -> Mask | None:
    """Of what has the room's colours, the pieces that have its structure, too, and each pixel with that structure
    around it, as a strip beside hair; None where there are none.

    same: bool (h, w); picture, room: BGR uint8 (h, w, 3); least_px: as pieces_of(). A shirt may have a wall's colour.
    """
    if not same.any():
        return None
    here = window(same, AROUND_IT[0] // 2)
    mask, new, old = same[here], _luma(picture[here]), _luma(room[here])
    alike = mask & _is_alike_around(new, old)
    for piece in pieces_of(mask, least_px):
        around = grown(piece, 1)
        if _is_alike(new[around], old[around]):
            alike |= piece
    if not alike.any():
        return None
    result = np.zeros_like(same)
    result[here] = alike
    return result


def faded(pieces: Mask, difference: Image) -> Matte:
    """What stays of an alpha where these pieces look the same, float32 (h, w) in 0..1.

    difference: mean_difference().
    """
    return np.asarray(np.where(grown(pieces, SOFT_PX), ramp(difference, SAME, OTHER), np.float32(1)), np.float32)


def window(mask: Mask, reach_px: int) -> tuple[slice, slice]:
    """The rows and columns of what is in a mask, bool (h, w), and of all within so many px of it."""
    left, top, wide, high = cv2.boundingRect(mask.view(np.uint8))
    return slice(max(0, top - reach_px), top + high + reach_px), slice(max(0, left - reach_px), left + wide + reach_px)


def areas_of(labels: NDArray[Any], count: int) -> NDArray[np.intp]:
    """Of each label its pixels, (count,). OpenCV's own statistics take three times as long."""
    if count <= FEW:  # the usual case: np.bincount waits for itself where neighbours have one label
        areas = [np.count_nonzero(labels == label) for label in range(1, count)]
        return np.array([labels.size - sum(areas), *areas], np.intp)
    return np.bincount(labels.reshape(-1), minlength=count)


def greatest_difference(one: Image, other: Image) -> Image:
    """Of two BGR pictures, uint8 (h, w, 3), the largest difference of the three channels, uint8 (h, w)."""
    each = np.asarray(cv2.absdiff(one, other), np.uint8)  # in place: cv2.split takes twice as long
    return np.asarray(np.maximum(np.maximum(each[..., 0], each[..., 1]), each[..., 2]), np.uint8)


def mean_difference(one: Image, other: Image) -> Image:
    """Their greatest_difference(), mean of AROUND px: uint8 (h, w)."""
    return np.asarray(cv2.blur(greatest_difference(one, other), AROUND), np.uint8)


def copy_where(picture: Image, mask: Mask, onto: Image) -> None:
    """Copies the pixels of a mask, bool (h, w), from one picture, BGR uint8 (h, w, 3), onto another.

    np.copyto takes a hundred times as long.
    """
    cv2.copyTo(picture, mask.view(np.uint8), onto)


def is_moving(
    labels: NDArray[np.int32], count: int, difference: Image, share: float, known: Mask | None = None
) -> Mask:
    """Of each region whether it looks otherwise than it did, as nobody sits quite still; bool (count,).

    labels: int32 (h, w), 0: none; difference: mean_difference(), uint8 (h, w); share: of a region, so much is no noise;
    known: where that counts, bool (h, w).
    """
    stirs = difference >= STILL if known is None else known & (difference >= STILL)
    moves = np.bincount(labels[stirs], minlength=count) > share * areas_of(labels, count)
    moves[0] = False
    return np.asarray(moves, np.bool_)


def ramp(values: NDArray[Any], low: float, high: float) -> Matte:
    """0 up to `low`, 1 from `high` on, float32 (h, w)."""
    return np.asarray(np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1), np.float32)


def _luma(picture: Image) -> Matte:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.float32)


def _is_alike_around(new: Matte, old: Matte) -> Mask:
    """Where two lumas, float32 (h, w), show the same structure around a pixel, bool (h, w)."""
    new_mean, old_mean, products = (cv2.blur(each, AROUND_IT) for each in (new, old, new * old))
    new_variance = cv2.blur(new * new, AROUND_IT) - new_mean * new_mean
    old_variance = cv2.blur(old * old, AROUND_IT) - old_mean * old_mean
    spread = np.sqrt(np.maximum(new_variance * old_variance, 0))
    is_alike = products - new_mean * old_mean > ALIKE * spread
    return np.asarray(is_alike & (old_variance >= STRUCTURE**2), np.bool_)


def _is_alike(new: Matte, old: Matte) -> bool:
    """Whether two runs of lumas show the same structure."""
    spread = old.std()
    if spread < STRUCTURE:
        return False
    return bool(((new - new.mean()) * (old - old.mean())).mean() > ALIKE * spread * new.std())
