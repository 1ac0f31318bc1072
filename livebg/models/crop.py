"""The region of interest: the bounding box around people in an alpha, a crop around that box, and the way back.

Plain arithmetic on one picture; the engines keep what passes from frame to frame. Any thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, PLACES_IN, SIZE, Places, kernel
from livebg.core.masks import Mask
from livebg.core.resize import area_average, shrink
from livebg.core.types import Frame, Image, Matte

PERSON_ALPHA = 0.5  # the light engine's alpha above it is somebody
SURE_ALPHA = 0.85  # above it the light engine is sure: an armchair in an empty room gets 0.5 to 0.8 now and then
SOMEBODY = 0.003  # of the picture: less of it is a speck, and nobody
COMPANION = 0.15  # components of at least this share of the largest belong to the box; smaller ones are specks
MARGIN = 0.08  # of the box's long side left free around it in a new crop (0.2: edgeMAD 107 → 118 on photos)
RIM = 0.02  # of the picture's width: the crop moves when the box comes nearer to its rim
LOOSE = 1.4  # times the necessary area: a larger crop is replaced
GRAIN_PX = 32  # of a crop's side, so that it takes on few sizes
STEPS = 16  # to a side: a crop moves by whole ones, 16 px of the network's picture, the size of its coarsest cells
SMALLEST = 0.25  # of the picture's short side: a smaller crop shows too little of what is around
FEATHER = 0.02  # of the alpha's long side: how softly the crop ends inside the picture; nobody is nearer than RIM


def prepare() -> None:
    """Loads or compiles the loop now, so that the first frame does not wait for it."""
    paste.prepare()


@dataclass(frozen=True, slots=True)
class PersonBox:
    """A region of the picture in px of the frame, not rounded: left <= x < right, top <= y < bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def with_(self, other: PersonBox) -> PersonBox:
        """The smallest box around both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        return PersonBox(left, top, max(self.right, other.right), max(self.bottom, other.bottom))


@dataclass(frozen=True, slots=True)
class Crop:
    """A region of a picture of width x height px, in whole px."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @classmethod
    def whole(cls, width: int, height: int) -> Crop:
        """All of a picture of width x height px."""
        return cls(0, 0, width, height, width, height)

    def inside(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """The rows and columns of an array of this shape over the picture that the crop covers, also in part."""
        high, wide = shape[0] / self.height, shape[1] / self.width
        rows = slice(math.floor(self.top * high), math.ceil(self.bottom * high))
        return rows, slice(math.floor(self.left * wide), math.ceil(self.right * wide))

    @property
    def is_whole(self) -> bool:
        """Whether the crop is the whole picture."""
        return self.area == self.width * self.height

    @property
    def area(self) -> int:
        return (self.right - self.left) * (self.bottom - self.top)


def box_of(mask: Mask, region: Crop) -> PersonBox | None:
    """The box around everybody in a mask, bool (h, w), that shows this region; None where there is nobody."""
    picture = mask.view(np.uint8)
    count, _ = cv2.connectedComponents(picture, ltype=cv2.CV_16U)
    if count == 1:
        return None
    if count == 2:  # one component, the usual case: the other way takes five times as long
        left, top, across, down = cv2.boundingRect(picture)
        right, bottom = left + across, top + down
    else:
        stats = cv2.connectedComponentsWithStats(picture, ltype=cv2.CV_16U)[2][1:]
        stats = stats[stats[:, cv2.CC_STAT_AREA] >= COMPANION * stats[:, cv2.CC_STAT_AREA].max()]
        low, size = stats[:, :2], stats[:, 2:4]
        left, top = low.min(axis=0).tolist()
        right, bottom = (low + size).max(axis=0).tolist()
    wide, high = (region.right - region.left) / mask.shape[1], (region.bottom - region.top) / mask.shape[0]
    return PersonBox(
        region.left + wide * left, region.top + high * top, region.left + wide * right, region.top + high * bottom
    )


def is_somebody(alpha: Matte) -> bool:
    """Whether the light engine's alpha, float32 (h, w) in 0..1, surely shows somebody."""
    return bool(np.count_nonzero(alpha > SURE_ALPHA) >= SOMEBODY * alpha.size)


def crop_around(box: PersonBox, width: int, height: int) -> Crop:
    """The square around the box with a margin; where the picture is not so wide or high, its whole width or height."""
    wide, high = box.right - box.left, box.bottom - box.top
    free = 2 * MARGIN * max(wide, high)
    needed = max(min(wide + free, width), min(high + free, height), SMALLEST * min(width, height))
    side = GRAIN_PX * math.ceil(needed / GRAIN_PX)
    wide, high = min(side, width), min(side, height)
    left = min(max(round((box.left + box.right - wide) / 2), 0), width - wide)
    top = min(max(round((box.top + box.bottom - high) / 2), 0), height - high)
    return Crop(left, top, left + wide, top + high, width, height)


def followed(crop: Crop, box: PersonBox) -> Crop:
    """The crop for a box that has moved: the same where it still fits, moved by few steps, else a new one.

    The network answers nearly the same for a picture that moved by a whole number of its cells, and differently where
    it moved by a part of one or has another scale (tests/bench/closer.py): steps do not show as flicker.
    """
    wanted = crop_around(box, crop.width, crop.height)
    if crop.area > LOOSE * wanted.area:
        return wanted
    return shifted(crop, box, (STEPS, STEPS)) or wanted


def shifted(crop: Crop, box: PersonBox, steps: tuple[int, int]) -> Crop | None:
    """The crop, moved by whole steps so that it holds the box with some room around it; None: it is too small.

    steps: how many are its width, and its height.
    """
    rim = RIM * crop.width
    left = _moved(crop.left, crop.right, box.left - rim, box.right + rim, crop.width, steps[0])
    top = _moved(crop.top, crop.bottom, box.top - rim, box.bottom + rim, crop.height, steps[1])
    if left is None or top is None:
        return None
    right, bottom = left + crop.right - crop.left, top + crop.bottom - crop.top
    return Crop(left, top, right, bottom, crop.width, crop.height)


def _moved(low: int, high: int, wanted_low: float, wanted_high: float, length: int, steps: int) -> int | None:
    """Where [low, high) begins after a move that makes it hold the wanted part, inside 0..length; None: too short."""
    size, step = high - low, max(1, round((high - low) / steps))
    wanted_low, wanted_high = max(wanted_low, 0.0), min(wanted_high, float(length))
    if wanted_low < low:
        low -= step * math.ceil((low - wanted_low) / step)
    elif wanted_high > high:
        low += step * math.ceil((wanted_high - high) / step)
    low = min(max(low, 0), length - size)
    return low if low <= wanted_low and wanted_high <= low + size else None


def cut(frame: Frame, crop: Crop, width: int, height: int) -> Image:
    """The crop's part of the frame, BGR uint8 (height, width, 3), squeezed where its shape is another. Do not write to
    it."""
    if crop.is_whole:
        return shrink(frame, width, height)
    part = frame.image[crop.top : crop.bottom, crop.left : crop.right]
    if part.shape[0] >= height and part.shape[1] >= width:
        return area_average(part, width, height)
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def pasted(alpha: Matte, crop: Crop, size: tuple[int, int]) -> Matte:
    """The crop's alpha, float32 (h, w) in 0..1, in its place in the picture, at size (width, height): float32 (height,
    width).

    Bilinear; 0 outside the crop, with a soft border inside it. Belongs to the caller.
    """
    high, wide = alpha.shape
    result = np.zeros(size[::-1], np.float32)
    columns = _places(crop.left, crop.right, crop.width, wide, size[0], FEATHER * max(size))
    rows = _places(crop.top, crop.bottom, crop.height, high, size[1], FEATHER * max(size))
    paste(np.ascontiguousarray(alpha).reshape(-1), wide, *columns, *rows, size[0], result.reshape(-1))
    return result


@lru_cache(maxsize=16)
def _places(
    low: int, high: int, length: int, count: int, wanted: int, feather: float
) -> tuple[int, Places, Places, Matte, Matte]:
    """Along one axis: low..high of `length` px holds `count` values; the result has `wanted` px.

    Returns the first of these px that the crop covers; for each covered one the values before and after it, how far it
    is to the latter, 0..1, and how much of it the crop keeps, less where the crop ends inside the picture.
    """
    scale = wanted / length
    first, end = min(math.floor(low * scale), wanted - 1), math.ceil(high * scale)
    centres = np.arange(first, end) + 0.5
    at = np.clip((centres - low * scale) * count / ((high - low) * scale) - 0.5, 0, count - 1)
    before = np.floor(at).astype(np.uintp)
    kept = np.ones(len(centres))
    if low > 0:
        kept = np.clip((centres - low * scale) / max(1.0, feather), 0, 1)
    if high < length:
        kept = np.minimum(kept, np.clip((high * scale - centres) / max(1.0, feather), 0, 1))
    after = np.minimum(before + np.uintp(1), np.uintp(count - 1))
    return first, before, after, (at - before).astype(np.float32), kept.astype(np.float32)


def _paste(alpha: Matte, stride: int, *axes: Any) -> None:
    first_column, lefts, rights, right_shares, kept_across = axes[:5]
    first_row, tops, bottoms, bottom_shares, kept_down, width, result = axes[5:]
    rows = alpha.reshape(-1, stride)
    upper, lower = rows[tops], rows[bottoms]
    lines = kept_down[:, None] * (upper + bottom_shares[:, None] * (lower - upper))
    left, right = lines[:, lefts], lines[:, rights]
    region = result.reshape(-1, width)[first_row : first_row + tops.size, first_column : first_column + lefts.size]
    np.clip(kept_across * (left + right_shares * (right - left)), 0, 1, out=region)


AXIS = (SIZE, PLACES_IN, PLACES_IN, FLOATS_IN, FLOATS_IN)


@kernel(FLOATS_IN, SIZE, *AXIS, *AXIS, SIZE, FLOATS_OUT, plain=_paste)
def paste(
    alpha: Matte,
    stride: int,
    first_column: int,
    lefts: Places,
    rights: Places,
    right_shares: Matte,
    kept_across: Matte,
    first_row: int,
    tops: Places,
    bottoms: Places,
    bottom_shares: Matte,
    kept_down: Matte,
    width: int,
    result: Matte,
) -> None:
    """Writes the crop's alpha into `result`; float32 (n,) in 0..1, their rows `stride` and `width` long.

    The other arguments: _places() of columns and of rows. Takes a quarter of the time of OpenCV's warpAffine.
    """
    line = np.empty(stride, np.float32)
    for y in range(tops.size):
        top, bottom, down = tops[y] * stride, bottoms[y] * stride, bottom_shares[y]
        for x in range(stride):
            line[x] = kept_down[y] * (alpha[top + x] + down * (alpha[bottom + x] - alpha[top + x]))
        out = (first_row + y) * width + first_column
        for x in range(lefts.size):
            left = line[lefts[x]]
            value = kept_across[x] * (left + right_shares[x] * (line[rights[x]] - left))
            result[out + x] = min(max(value, np.float32(0)), np.float32(1))
