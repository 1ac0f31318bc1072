"""A frame at the size that pictures are compared at, and whether another scene begins with it.

Knows nothing about alphas or engines. Whichever thread asks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livebg.core.frame_difference import SCENE_CUT_LEVELS, measure_change
from livebg.core.resize import shrink, small_size
from livebg.core.types import Frame, Image
from livebg.matting.exposure import Means, block_means
from livebg.matting.params import MAX_GAP_S


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """Colour BGR uint8 (h, w, 3), luma uint8 (h, w); all three channels
    of YCrCb uint8 (h, w, 3), and the means of its blocks (exposure.py)."""

    sequence: int
    at_s: float
    colour: Image
    luma: Image
    channels: Image
    means: Means


def small_of(frame: Frame) -> Small:
    """The frame's small picture; its time is the frame's on the source's own time line."""
    return seen_small(frame.sequence, frame.media_time_s, shrink(frame, *small_size(frame.height, frame.width)))


def seen_small(sequence: int, at_s: float, colour: Image) -> Small:
    """colour: BGR uint8 (h, w, 3)."""
    channels = np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2YCrCb), np.uint8)
    luma = np.asarray(cv2.extractChannel(channels, 0), np.uint8)
    return Small(sequence, at_s, colour, luma, channels, block_means(channels))


def is_cut(new: Small, last: Small) -> bool:
    """Whether another scene begins with this picture; last: the one before it, of the same size."""
    if new.at_s - last.at_s > MAX_GAP_S:
        return True
    _, change, _ = measure_change(new.luma.reshape(-1), last.luma.reshape(-1))
    return float(change) > SCENE_CUT_LEVELS
