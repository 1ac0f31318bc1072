"""Fill small holes in the foreground that are deep inside it, where the network is not sure of the hole.

The gap between arm and body is a true hole: alpha goes down to 0 there, and is soft around it. Half of the holes in the
light engine's alphas are true; of those deep inside what it is sure of, few are. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import square
from livebg.core.types import Matte
from livebg.matting.subject.components import Bytes
from livebg.matting.subject.params import CONFIDENT_ALPHA
from livebg.matting.subject.tracking import toward

LOWEST, MEAN = 0.05, 0.15  # the network is not sure of a hole whose lowest or mean alpha is above these
AROUND = 5 / 320  # of the longer side: the ring around a hole
DEEP = 0.7  # share of that ring which is surely foreground: above CONFIDENT_ALPHA
ROUNDNESS = 8.0  # a hole's bounding box has at most this many times the largest hole's area
RIM_PX = 2  # filled beyond the hole itself: its soft edge
FULL = 255


class Holes:
    """Which holes are filled, and how far; `reset()` forgets it."""

    def __init__(self) -> None:
        self._filled: Bytes | None = None

    def reset(self) -> None:
        """Fill the next frame's holes at once."""
        self._filled = None

    def find(self, alpha: Matte, mask: Bytes, largest_px: float, elapsed_s: float | None) -> Bytes | None:
        """How far each pixel is filled, uint8 (h, w) in 0..255, or None where there is nothing to fill.

        alpha: float32 (h, w) in 0..1; mask: uint8 (h, w), its regions (components.inside); largest_px: area of the
        largest hole to fill; elapsed_s: since the frame before, None in the first frame.
        """
        last, self._filled = self._filled, None
        if largest_px <= 0:
            return None
        contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        filled: Bytes | None = None
        for contour, family in zip(contours, tree[0] if tree is not None else (), strict=True):
            left, top, width, height = cv2.boundingRect(contour)
            if family[3] < 0 or (width - 2) * (height - 2) > ROUNDNESS * largest_px:
                continue
            part = (slice(top, top + height), slice(left, left + width))
            within = np.zeros((height, width), np.uint8)
            cv2.drawContours(within, [contour], 0, 1, cv2.FILLED, offset=(-left, -top))
            within &= mask[part] ^ 1
            if not _is_uncertain(alpha[part][within.view(bool)], largest_px) or not _is_deep(alpha, within, left, top):
                continue
            before = 0.0 if last is None else float(last[part][within.view(bool)].mean()) / FULL
            level = 1.0 if elapsed_s is None else toward(before, 1.0, elapsed_s)
            if filled is None:
                filled = np.zeros(alpha.shape, np.uint8)
            filled[part] = np.maximum(filled[part], within * np.uint8(round(level * FULL)))
        self._filled = filled
        return None if filled is None else np.asarray(cv2.dilate(filled, square(RIM_PX)), np.uint8)


def _is_uncertain(values: Matte, largest_px: float) -> bool:
    """Whether the alpha within a hole, float32 (n,) in 0..1, leaves it open that it is a hole.

    False for a large one.
    """
    return 0 < values.size <= largest_px and bool(values.min() > LOWEST or values.mean() > MEAN)


def _is_deep(alpha: Matte, within: Bytes, left: int, top: int) -> bool:
    """Whether the ring around a hole is surely foreground; outside the picture it is not.

    within: uint8, the hole's pixels; left, top: where that lies in alpha, float32 (h, w).
    """
    reach = max(1, round(AROUND * max(alpha.shape)))
    hole = cv2.copyMakeBorder(within, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    ring = cv2.dilate(hole, square(reach)) - hole
    first_row, first_column = max(0, reach - top), max(0, reach - left)
    rest = alpha[max(0, top - reach) :, max(0, left - reach) :]
    values = rest[: hole.shape[0] - first_row, : hole.shape[1] - first_column]
    rows = slice(first_row, first_row + values.shape[0])
    ring_inside = ring[rows, first_column : first_column + values.shape[1]].view(bool)
    return int((values[ring_inside] > CONFIDENT_ALPHA).sum()) >= DEEP * int(ring.sum())
