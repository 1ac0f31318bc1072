"""A measure of trembling: how far a matte's edge takes back its last step, where the picture hardly changes.

sflick counts every change there, also an edge that rightly follows somebody who sways by a third of a pixel a frame:
true mattes have more of it than livebg's (RESULTS.md, 2026-11-30). Here only what goes to and fro counts: of two steps
in opposite directions the smaller one. It needs no truth.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from livebg.core.types import Image

NEAR = 0.005  # of the diagonal: so near to the edge pixels count, as for sflick
FEWEST = 50  # pixels, for a frame to count


class Tremor:
    """Takes the mattes of one clip in order."""

    def __init__(self) -> None:
        self._mattes: list[Image] = []
        self._found: list[float] = []

    def add(self, shared: Any, matte: Image) -> None:
        """matte: uint8 (H, W); shared: the instrument's Shared, which has this frame already."""
        self._mattes = [*self._mattes[-2:], matte]
        quiet = shared.quiet(1, 2), shared.quiet(2, 3)
        if len(self._mattes) < 3 or any(each is None for each in quiet):
            return
        counts = quiet[0] & quiet[1] & _band(matte)
        if np.count_nonzero(counts) < FEWEST:
            return
        first, second, third = (each[counts].astype(np.int16) for each in self._mattes)
        there, back = second - first, third - second
        is_back = (there > 0) & (back < 0) | (there < 0) & (back > 0)
        self._found.append(float(np.where(is_back, np.minimum(abs(there), abs(back)), 0).mean()))

    def result(self) -> float:
        """Mean over the frames, thousandths of full alpha; NaN where none counts."""
        return 1000 / 255 * float(np.mean(self._found)) if self._found else float("nan")


def _band(matte: Image) -> np.ndarray:
    """Which pixels are near the matte's edge, bool (H, W)."""
    inside = cv2.compare(matte, 127, cv2.CMP_GT)
    edge = cv2.bitwise_or(
        cv2.inRange(matte, 6, 249), cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    )
    side = 2 * max(1, round(NEAR * float(np.hypot(*matte.shape)))) + 1
    return cv2.dilate(edge, np.ones((side, side), np.uint8)) > 0
