"""The connected components of a small alpha above one half (regions), and what is measured of each.

A region is matched with those of the frame before by the pixels they share. One thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livebg.core.types import Matte
from livebg.matting.subject import components_numba as kernels

INSIDE = 0.5  # alpha above which a pixel belongs to a region
WIDEST = 320  # px: a larger alpha is made smaller before regions are found in it
SPECK_PX = 4  # smaller regions count as labels but are not described

Labels = kernels.Labels
Bytes = kernels.Bytes
Box = tuple[float, float, float, float]  # left, top, right, bottom, px; the last two one beyond


@dataclass(frozen=True, slots=True)
class Region:
    """One connected component.

    area, sure (where alpha is above .9): px; peak: its highest alpha; shown: how visible its pixels were in the frame
    before, 0..1; claims: for each slot, px of it that the slot's person had in the frame before.
    """

    label: int
    area: float
    sure: float
    peak: float
    shown: float
    box: Box
    claims: tuple[float, ...]

    @property
    def sure_share(self) -> float:
        return self.sure / self.area

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(frozen=True, slots=True, eq=False)
class PreviousFrame:
    """What one frame leaves to the next: its labels, int32 (h, w), and two tables by label, uint8 (labels,).

    owners: the slot of the person who had it, plus 1; 0: nobody. levels: how visible it was, 0..255.
    """

    labels: Labels
    owners: Bytes
    levels: Bytes

    @classmethod
    def nothing(cls, shape: tuple[int, ...]) -> PreviousFrame:
        return cls(np.zeros(shape, np.int32), np.zeros(1, np.uint8), np.zeros(1, np.uint8))


def inside(alpha: Matte) -> Bytes:
    """Alpha float32 (h, w) in 0..1 → uint8 (h, w): 1 where there is a region, else 0."""
    return (alpha > np.float32(INSIDE)).view(np.uint8)


def find_labels(mask: Bytes) -> tuple[Labels, int]:
    """Mask uint8 (h, w) → labels int32 (h, w), from 1, 0 where there is no region; and their count with the 0."""
    count, labels = cv2.connectedComponents(mask, ltype=cv2.CV_32S)
    return np.asarray(labels, np.int32), count


def describe(labels: Labels, count: int, alpha: Matte, last: PreviousFrame) -> list[Region]:
    """The regions of at least SPECK_PX, in order of label.

    labels: int32 (h, w), `count` of them; alpha: float32 (h, w) in 0..1; last: the frame before, of the same size.
    """
    table = np.zeros((count, kernels.COLUMNS), np.float32)
    flat = (labels.reshape(-1), alpha.reshape(-1), last.labels.reshape(-1))
    kernels.describe(*flat, last.owners, last.levels, labels.shape[1], table.reshape(-1))
    found = []
    for label in np.flatnonzero(table[:, kernels.AREA] >= SPECK_PX).tolist():
        area, sure, peak, shown, left, top, right, bottom, *claims = table[label].tolist()
        box = (left, top, right, bottom)
        found.append(Region(label, area, sure, peak, shown / area / 255, box, tuple(claims)))
    return found


def painted(values: Bytes, labels: Labels) -> Bytes:
    """Each pixel gets its label's value: values uint8 (labels,), labels int32 (h, w) → uint8 (h, w)."""
    if values.size > 256:
        return np.asarray(values.take(labels), np.uint8)
    table = np.zeros(256, np.uint8)
    table[: values.size] = values
    return np.asarray(cv2.LUT(labels.astype(np.uint8), table), np.uint8)


def gap(one: Box, other: Box) -> float:
    """Distance between two boxes, px; 0 where they overlap or touch."""
    across = max(one[0] - other[2], other[0] - one[2], 0.0)
    down = max(one[1] - other[3], other[1] - one[3], 0.0)
    return float(np.hypot(across, down))


def shared_width(one: Box, other: Box) -> float:
    """How much of the narrower box lies above or below the other, 0..1."""
    shared = min(one[2], other[2]) - max(one[0], other[0])
    return max(0.0, shared) / max(1.0, min(one[2] - one[0], other[2] - other[0]))
