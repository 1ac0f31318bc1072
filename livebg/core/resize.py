"""A frame's picture at a small size, made once per frame and size however many stages ask. Whichever thread asks."""

from __future__ import annotations

import math

import cv2
import numpy as np

from livebg.core.area import area_average
from livebg.core.types import Frame, Image

AREA_PX = 256 * 144  # of the small picture that most stages look at, whatever its shape
GRAIN_PX = 8  # its sides are multiples of this
WORK_LONG_PX, WORK_AREA_PX = 320, 320 * 180  # of the work size: more gains nothing but costs (tests/bench/edges.py)
LONGEST = 4.0  # long side at most this many short sides; beyond it the small picture is squeezed


def shrink(frame: Frame, width: int, height: int) -> Image:
    """BGR uint8 (height, width, 3), area-averaged, bilinear where either side is larger. Not to be written to.

    Two threads that ask at the same moment may both make it; they get equal pictures.
    """
    size = (width, height)
    if size == (frame.width, frame.height):
        return frame.image
    small = frame.shrunk.get(size)
    if small is None:
        if width <= frame.width and height <= frame.height:
            small = area_average(frame.image, width, height)
        else:
            small = np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        frame.shrunk[size] = small
    return small


def small_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) of the small picture, px: the frame's shape with about AREA_PX."""
    shape = min(max(width / height, 1 / LONGEST), LONGEST)
    high = max(1, round(math.sqrt(AREA_PX / shape) / GRAIN_PX)) * GRAIN_PX
    wide = max(1, round(math.sqrt(AREA_PX * shape) / GRAIN_PX)) * GRAIN_PX
    return wide, high


def work_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) at which mattes are worked on, px: the frame's shape, 320x180 for 16:9, never larger than it."""
    scale = min(1.0, WORK_LONG_PX / max(width, height), math.sqrt(WORK_AREA_PX / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))
