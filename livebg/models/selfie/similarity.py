"""How parts of a picture move: similarities (shift, turn, scale) between two small pictures. Any thread.

Points on a grid, followed by pyramids (Lucas and Kanade 1981, Bouguet 2000), and the similarity on which most of them
agree (RANSAC, Fischler and Bolles 1981).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.masks import Mask
from livebg.core.types import Image

Places = NDArray[np.float32]  # (n, 2): x and y, px
Similarity = NDArray[np.float64]  # (2, 3): takes places (x, y, 1) of one picture to those of another

STILL: Similarity = np.eye(2, 3)
GRID_PX, FEWEST, MOST = 5, 10, 60  # from point to point; how many make a motion, and how many are enough
WINDOW, LEVELS, OFF_PX, TRIES = (13, 13), 3, 1.0, 200  # of the search for the points, and of the fit


def similarities(here: Image, there: Image, masks: Sequence[Mask]) -> list[Similarity | None]:
    """For each mask, bool (h, w), how what lies under it goes from one luma, uint8 (h, w), to another.

    None where too few points can be followed, or agree.
    """
    points = [_points(mask) for mask in masks]
    together = np.concatenate(points)
    if len(together) == 0:
        return [None] * len(masks)
    found, is_found, _ = cv2.calcOpticalFlowPyrLK(
        here, there, together, np.zeros_like(together), winSize=WINDOW, maxLevel=LEVELS
    )
    ends = np.cumsum([len(each) for each in points])[:-1]
    each_found, each_is_found = np.split(np.asarray(found, np.float32), ends), np.split(is_found[:, 0] > 0, ends)
    return [
        _similarity(one[good], other[good]) for one, other, good in zip(points, each_found, each_is_found, strict=True)
    ]


def inverse(similarity: Similarity) -> Similarity:
    """The similarity that goes back."""
    return np.asarray(cv2.invertAffineTransform(similarity), np.float64)


def _points(mask: Mask) -> Places:
    """Some places under a mask, on a grid."""
    rows, columns = np.nonzero(mask[GRID_PX // 2 :: GRID_PX, GRID_PX // 2 :: GRID_PX])
    points = (np.stack([columns, rows], axis=1) * GRID_PX + GRID_PX // 2).astype(np.float32)
    return points[:: max(1, -(-len(points) // MOST))]


def _similarity(places: Places, found: Places) -> Similarity | None:
    if len(places) < FEWEST:
        return None
    motion, agreed = cv2.estimateAffinePartial2D(places, found, ransacReprojThreshold=OFF_PX, maxIters=TRIES)
    return np.asarray(motion, np.float64) if motion is not None and np.count_nonzero(agreed) >= FEWEST else None
