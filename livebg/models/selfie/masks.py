"""Masks of small pictures: what common_fate.py and room.py ask of them. Any thread."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.nearness import square
from livebg.core.types import Image, Matte
from livebg.models.crop import Mask

FINEST = np.ones((5, 5), np.uint8)  # px: a piece's least width


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


def areas_of(labels: NDArray[Any], count: int) -> NDArray[np.intp]:
    """Of each label its pixels, (count,). OpenCV's own statistics take three times as long."""
    return np.bincount(labels.reshape(-1), minlength=count)


def greatest_difference(one: Image, other: Image) -> Image:
    """Of two BGR pictures, uint8 (h, w, 3), the largest difference of the three channels, uint8 (h, w)."""
    blue, green, red = cv2.split(cv2.absdiff(one, other))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def ramp(values: NDArray[Any], low: float, high: float) -> Matte:
    """0 up to `low`, 1 from `high` on, float32 (h, w)."""
    return np.asarray(np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1), np.float32)
