"""Where the people in a matte are, and which part of the picture shows them well.

Pure functions on shares 0..1 of the picture's sides, so that a crop of the picture's own shape has one size. They know
nothing about time (auto_frame.py). Main thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Matte

Bounds = NDArray[np.float64]  # (4,): left, top, right, bottom
Crop = NDArray[np.float64]  # (3,): its centre across and down, and half its size

WHOLE = (0.5, 0.5, 0.5)  # as a Crop
LOOK_PX = 128  # long side of the matte that these functions look at
FOREGROUND = 0.5
LEAST_AREA = 0.003  # of the picture: with less, nobody is there
COMPANION = 0.1  # of the largest component's area: a smaller one is no second person
TRIM = 0.004  # of a person's area that may stick out on each side: hair, a matte's whiskers
CUT = 0.02  # a border of the picture nearer than this cuts the person
ROUNDING = 1e-6
HEAD_ROOM, FOOT_ROOM, SIDE_ROOM = 0.1, 0.06, 0.05  # of the crop's size


def person_bounds(alpha: Matte) -> Bounds | None:
    """Bounds, float64 (4,), around everybody in a full-size alpha, float32 (H, W) in 0..1; None where nobody is.

    Uses the connected components of a reduced matte: leaves specks out, keeps all people in.
    """
    step = max(1, round(max(alpha.shape) / LOOK_PX))
    small = np.asarray(alpha[step // 2 :: step, step // 2 :: step] > FOREGROUND, np.uint8)
    if small.size == 0:
        small = np.asarray(alpha[:1, :1] > FOREGROUND, np.uint8)
    _, labels, facts, _ = cv2.connectedComponentsWithStatsWithAlgorithm(small, 8, cv2.CV_16U, cv2.CCL_BBDT)
    areas = facts[1:, cv2.CC_STAT_AREA]
    largest = areas.max(initial=0)
    if largest < max(1, LEAST_AREA * small.size):
        return None
    found = []
    for label in np.flatnonzero(areas >= COMPANION * largest) + 1:
        left, top, wide, high, _ = (int(each) for each in facts[label])
        is_person = np.asarray(labels[top : top + high, left : left + wide] == label, np.uint8)
        found.append(_trimmed(is_person, left, top, *small.shape))
    return np.concatenate([np.min(found, axis=0)[:2], np.max(found, axis=0)[2:]])


def _trimmed(is_person: NDArray[np.uint8], left: int, top: int, height: int, width: int) -> Bounds:
    """One component's bounds without its outermost TRIM, but down to the picture's lower border where that cuts it."""
    columns = cv2.reduce(is_person, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(-1)
    rows = cv2.reduce(is_person, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(-1)
    (first, last), (upper, lower) = _ends(columns), _ends(rows)
    if top + rows.size == height:
        lower = rows.size
    return np.array([(left + first) / width, (top + upper) / height, (left + last) / width, (top + lower) / height])


def _ends(counts: NDArray[Any]) -> tuple[float, float]:
    """The two positions between which all but TRIM on either side lies, interpolated within an entry."""
    sums = np.cumsum(counts, dtype=np.float64)
    spare = TRIM * sums[-1]
    first = int(np.searchsorted(sums, spare, side="right"))
    last = int(np.searchsorted(sums, sums[-1] - spare))
    before = first - (sums[first] - spare) / counts[first] + 1
    return float(before), float(last + 1 - (sums[last] - sums[-1] + spare) / counts[last])


def wanted_crop(bounds: Bounds, zoom: float) -> Crop:
    """The smallest crop, float64 (3,), that shows these bounds, float64 (4,), with a margin, inside the picture.

    zoom: the largest enlargement. Head and shoulders: where the picture's lower border cuts the person, the crop ends
    there too. Otherwise the person stands in the middle, if that leaves enough room over the head.
    """
    left, top, right, bottom = bounds
    is_cut = bottom >= 1 - CUT
    rooms = HEAD_ROOM if is_cut else HEAD_ROOM + FOOT_ROOM
    size = max((bottom - top) / (1 - rooms), (right - left) / (1 - 2 * SIDE_ROOM), 1 / zoom)
    size = min(size, 1.0)
    down = 1 - size / 2 if is_cut else min((top + bottom) / 2, top - HEAD_ROOM * size + size / 2)
    return kept_inside(np.array([(left + right) / 2, down, size / 2]), zoom)


def kept_inside(crop: Crop, zoom: float) -> Crop:
    """The nearest crop, float64 (3,), inside the picture and enlarged at most `zoom` times."""
    half = min(max(float(crop[2]), 0.5 / zoom), 0.5)
    across, down = (min(max(float(each), half), 1 - half) for each in crop[:2])
    return np.array([across, down, half])


def leaves_out(crop: Crop, bounds: Bounds) -> bool:
    """True where a part of the bounds, float64 (4,), is outside the crop, float64 (3,)."""
    across, down, half = crop + np.array([0, 0, ROUNDING])
    left, top, right, bottom = bounds
    return bool(left < across - half or right > across + half or top < down - half or bottom > down + half)


def is_cut_aside(bounds: Bounds) -> bool:
    """True where the picture's left or right border cuts these bounds, float64 (4,)."""
    return bool(bounds[0] <= CUT or bounds[2] >= 1 - CUT)
