"""The small sizes that stages work at: those of shrink.py, which needs OpenCV. Pure."""

from __future__ import annotations

import math

AREA_PX, GRAIN_PX, LONGEST = 256 * 144, 8, 4.0
WORK_LONG_PX, WORK_AREA_PX = 320, 320 * 180


def small_size(height: int, width: int) -> tuple[int, int]:
    """(h, w) of the small picture: the frame's shape with about AREA_PX, in whole grains."""
    shape = min(max(width / height, 1 / LONGEST), LONGEST)
    high = max(1, round(math.sqrt(AREA_PX / shape) / GRAIN_PX)) * GRAIN_PX
    wide = max(1, round(math.sqrt(AREA_PX * shape) / GRAIN_PX)) * GRAIN_PX
    return high, wide


def work_size(height: int, width: int) -> tuple[int, int]:
    """(h, w) of edges and motion: the frame's shape, 180x320 for 16:9, never larger than the frame."""
    scale = min(1.0, WORK_LONG_PX / max(width, height), math.sqrt(WORK_AREA_PX / (width * height)))
    return max(1, round(height * scale)), max(1, round(width * scale))
