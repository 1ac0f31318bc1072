"""Find regions that an alpha has lost because they left the picture: no filter over time may keep those.

When a network loses a limb for a frame, the limb stands where it stood, in a picture that did not change. A person who
leaves is gone from nearly all of their outline at once. So the decision is made per lost region, not per pixel: where
the background happens to have the person's colour, the rest of the outline decides. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.types import Matte

LOST = 0.2  # a smaller fall of alpha is trembling
MOVED = 0.15  # mean motion over a lost region that has left; noise alone gives below 0.06
LATELY_S = 0.25  # an engine that runs beside the loop can see a movement this late
GRID = 2  # use one of so many rows and columns


def with_leaving(motion: Matte, new: Matte, last: Matte, lately: Matte | None = None) -> Matte:
    """The motion, float32 (h, w) in 0..1, with 1 in each region that `new` has lost from `last` and that has left.

    new, last: alphas float32 (h, w) in 0..1; lately: motion on every GRID-th row and column, to decide by instead. The
    same array where nothing is lost.
    """
    step = slice(None, None, GRID)
    lost = np.ascontiguousarray((last - new > LOST)[step, step]).view(np.uint8)  # sooner than from rows with gaps
    left, top, wide, high = cv2.boundingRect(lost)
    if not wide:
        return motion
    here = slice(max(0, top - 1), top + high + 1), slice(max(0, left - 1), left + wide + 1)
    count, labels = cv2.connectedComponents(lost[here], connectivity=8)
    moved, places = (motion[step, step] if lately is None else lately)[here], labels.reshape(-1)
    sums, areas = np.bincount(places, moved.reshape(-1), count), np.bincount(places, minlength=count)
    has_left = (sums > MOVED * areas).astype(np.float32)
    has_left[0] = 0
    if not has_left.any():
        return motion
    gone = cv2.dilate(has_left[labels], np.ones((3, 3), np.uint8))
    gone = cv2.resize(gone, None, fx=GRID, fy=GRID, interpolation=cv2.INTER_NEAREST)
    result = motion.copy()
    there = result[GRID * here[0].start :, GRID * here[1].start :][: gone.shape[0], : gone.shape[1]]
    np.maximum(there, gone[: there.shape[0], : there.shape[1]], out=there)
    return result


class Lately:
    """Where something moved within LATELY_S, on every GRID-th row and column; less the longer ago it was."""

    def __init__(self) -> None:
        self.values: Matte = np.zeros((0, 0), np.float32)

    def add(self, motion: Matte, elapsed_s: float) -> None:
        """motion: float32 (h, w) in 0..1, up to the next frame; elapsed_s: the time it covers."""
        new = np.ascontiguousarray(motion[::GRID, ::GRID])
        if new.shape == self.values.shape:
            new = np.asarray(
                cv2.max(new, cv2.subtract(self.values, np.full_like(new, elapsed_s / LATELY_S))), np.float32
            )
        self.values = new
