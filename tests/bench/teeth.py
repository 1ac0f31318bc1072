"""A measure of teeth: how much a matte changes along the true edge, near it, where the truth does not.

MAD near the edge hardly feels short wires, hatch and fluff, and a shifted or soft edge weighs in it more than what one
sees. Here only the change of alpha along the edge counts: none where an edge is shifted or softened as a whole, much
where it is a comb. What the truth itself has around there (loose hair) is allowed.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.types import Image, Matte

RING, BOX = 0.008, 0.0075  # of the diagonal: 12 px at 720p, as debris begins beyond it; what counts as "around there"
SOFT_PX = 4.0  # the edge's direction is that of its course, not of its own hairs


class Ring:
    """The truth of one frame. truth: uint8 (H, W); valid: bool (H, W), where pixels count."""

    def __init__(self, truth: Image, valid: np.ndarray | None = None) -> None:
        soft, inside = cv2.inRange(truth, 6, 249), cv2.compare(truth, 127, cv2.CMP_GT)
        contour = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        far = cv2.distanceTransform(cv2.bitwise_not(cv2.bitwise_or(soft, contour)), cv2.DIST_L2, 3)
        diagonal = float(np.hypot(*truth.shape))
        self._counts = far <= RING * diagonal
        if valid is not None:
            self._counts &= valid
        self._box_px = max(3, round(BOX * diagonal) | 1)
        height = cv2.GaussianBlur(_signed(inside), (0, 0), SOFT_PX)
        down, across = np.gradient(height)
        length = np.maximum(np.hypot(across, down), 1e-6)
        self._along = -down / length, across / length
        self._allowed = self._change(truth)

    def teeth(self, found: Image) -> float:
        """Change of this matte, uint8 (H, W), along the edge beyond the truth's, levels of 1000 a px, mean of the
        ring; NaN where the truth has no edge.
        """
        if not self._counts.any():
            return float("nan")
        excess = np.maximum(self._change(found) - self._allowed, 0)
        return 1000 * float(excess[self._counts].mean())

    def _change(self, alpha: Image) -> Matte:
        down, across = np.gradient(cv2.GaussianBlur(alpha, (0, 0), 0.8).astype(np.float32) / 255)
        change = np.abs(across * self._along[0] + down * self._along[1])
        return np.asarray(cv2.blur(change, (self._box_px, self._box_px)), np.float32)


def _signed(inside: Image) -> Matte:
    """Distance to the contour, px, no farther than 100: above 0 inside, below 0 outside: float32 (H, W)."""
    within, without = (cv2.distanceTransform(each, cv2.DIST_L2, 5) for each in (inside, cv2.bitwise_not(inside)))
    return np.clip(within - without, -100, 100).astype(np.float32)
