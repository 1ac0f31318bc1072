"""How visible each pixel is, from its region's: haze fades with its region, soft hair stays with a person.

A region that is no person and has run together with one does not appear at once: where it was a moment ago, pixels that
are neither sure nor right beside a sure part come back slowly. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import square
from livebg.core.types import Matte
from livebg.matting.subject.components import Bytes, Labels, painted
from livebg.matting.subject.params import CONFIDENT_ALPHA

FULL = 255
HAZE = 6 / 320  # of the longer side: this far around a region its haze fades with it,
SOFT = 3 / 320  # but not this near to one that stays: soft hair
EDGE = 4 / 320  # and what never is held back: alpha above CONFIDENT_ALPHA, and what is this near to it
HELD_BACK_S = 1.0  # how long pixels are held back
SHARES = (np.arange(FULL + 1) / FULL).astype(np.float32)


class Visibility:
    """Where pixels are held back because they were no person a moment ago; `reset()` forgets it."""

    def __init__(self) -> None:
        self._held_back: Bytes | None = None

    def reset(self) -> None:
        """Hold nothing back."""
        self._held_back = None

    def find(
        self, alpha: Matte, labels: Labels, levels: Bytes, rejected: Bytes, elapsed_s: float | None
    ) -> Bytes | None:
        """How visible each pixel is, uint8 (h, w) in 0..255; None where all pixels are fully visible.

        alpha: float32 (h, w) in 0..1; labels: int32 (h, w); levels: uint8 by label, 0..255, the first for pixels in no
        region; rejected: uint8 by label, 1 for what was found to be no person; elapsed_s: None in the first frame.
        """
        held_back = self._hold_back(labels, rejected, elapsed_s)
        visibility = _of_levels(labels, levels)
        if held_back is None or levels[0] == 0:
            return visibility
        longer = max(labels.shape)
        whole = painted((levels == levels[0]).astype(np.uint8) * np.uint8(FULL), labels)
        sure = cv2.bitwise_and(whole, whole, mask=(alpha > np.float32(CONFIDENT_ALPHA)).view(np.uint8))
        free = cv2.dilate(sure, square(EDGE * longer))
        held = cv2.max(FULL - held_back, free)
        return np.asarray(held if visibility is None else cv2.min(held, visibility), np.uint8)

    def _hold_back(self, labels: Labels, rejected: Bytes, elapsed_s: float | None) -> Bytes | None:
        """How much each pixel is held back, uint8 (h, w) in 0..255; None where none is.

        Moves the state one frame on.
        """
        last = self._held_back
        if last is not None:
            lifted = np.uint8(min(FULL, round(FULL * (elapsed_s or 0.0) / HELD_BACK_S)))
            last = last - np.minimum(last, lifted)
            last = last if last.any() else None
        self._held_back = last
        if rejected.any():
            here = cv2.dilate(painted(rejected, labels), square(HAZE * max(labels.shape))) * np.uint8(FULL)
            self._held_back = np.asarray(here if last is None else cv2.max(here, last), np.uint8)
        return last


def share(levels: Bytes, shape: tuple[int, ...]) -> Matte:
    """Levels uint8 in 0..255 → float32 in 0..1, at this shape (h, w)."""
    shares = cv2.LUT(levels, SHARES)
    if levels.shape != shape:
        shares = cv2.resize(shares, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(shares, np.float32)


def _of_levels(labels: Labels, levels: Bytes) -> Bytes | None:
    everywhere, least = int(levels[0]), int(levels.min())
    if least == FULL:
        return None
    if least == everywhere:
        return np.full(labels.shape, everywhere, np.uint8)
    longer = max(labels.shape)
    own = painted(levels, labels)
    visibility = cv2.erode(own, square(HAZE * longer))
    stays = cv2.bitwise_and(own, own, mask=((own == everywhere) & (labels > 0)).view(np.uint8))
    visibility = cv2.max(visibility, cv2.dilate(stays, square(SOFT * longer)))
    return np.asarray(cv2.blur(visibility, (3, 3)), np.uint8)
