"""A frame at the small size at which livebg compares pictures, and whether another scene begins with it. Any thread."""

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
    """A frame in small: colour BGR uint8 (h, w, 3), luma uint8 (h, w), channels YCrCb uint8 (h, w, 3).

    at_s: the frame's time on the source's own time line. means: of its blocks, float32 (n·3,) in 0..255 (exposure.py).
    """

    sequence: int
    at_s: float
    colour: Image
    luma: Image
    channels: Image
    means: Means


def small_of(frame: Frame) -> Small:
    """Shrinks the frame to its small picture, uint8 (h, w) and (h, w, 3)."""
    return seen_small(frame.sequence, frame.media_time_s, shrink(frame, *small_size(frame.height, frame.width)))


def seen_small(sequence: int, at_s: float, colour: Image) -> Small:
    """The small picture of a frame whose shrunk colours are there already: colour, BGR uint8 (h, w, 3)."""
    channels = np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2YCrCb), np.uint8)
    luma = np.asarray(cv2.extractChannel(channels, 0), np.uint8)
    return Small(sequence, at_s, colour, luma, channels, block_means(channels))


def is_cut(new: Small, last: Small) -> bool:
    """Whether another scene begins with `new`, by luma uint8 (h, w). last: the picture before it, of the same size."""
    if new.at_s - last.at_s > MAX_GAP_S:
        return True
    _, change, _ = measure_change(new.luma.reshape(-1), last.luma.reshape(-1))
    return float(change) > SCENE_CUT_LEVELS
