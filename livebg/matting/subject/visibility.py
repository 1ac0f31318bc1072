"""How visible each pixel is, from how visible each region is: haze goes with its region, soft hair stays with a person.

A region that is no person, and has run together with one, is not shown at once: where it was a moment ago, what the
network is not sure of, and what is not right beside a sure part, comes back slowly. Main thread.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.types import Matte
from livebg.matting.subject.components import Bytes, Labels, painted, square
from livebg.matting.subject.params import CONFIDENT_ALPHA

ALL = 255
HAZE = 6 / 320  # of the longer side: so far around a region its haze goes with it,
SOFT = 3 / 320  # but not this near to one that stays: soft hair
EDGE = 4 / 320  # and of what no doubt holds back: alpha above CONFIDENT_ALPHA, and what is this near to it
DOUBT_S = 1.0  # doubt is over after
SHARES = (np.arange(ALL + 1) / ALL).astype(np.float32)


class Gate:
    """What was no person a moment ago; the state is visible here and `reset()` forgets it."""

    def __init__(self) -> None:
        self._doubt: Bytes | None = None

    def reset(self) -> None:
        """Nothing is in doubt."""
        self._doubt = None

    def find(
        self, alpha: Matte, labels: Labels, levels: Bytes, doubtful: Bytes, elapsed_s: float | None
    ) -> Bytes | None:
        """How visible each pixel is, uint8 (h, w); None where all of it is, wholly.

        levels: uint8 per label of `labels` (int32 (h, w)), 0..255, the first for what is in no region; doubtful: uint8
        per label, 1 for what was judged to be no person; elapsed_s: None in the first frame.
        """
        doubt = self._doubted(labels, doubtful, elapsed_s)
        gate = _of_levels(labels, levels)
        if doubt is None or levels[0] == 0:
            return gate
        longer = max(labels.shape)
        whole = painted((levels == levels[0]).astype(np.uint8) * np.uint8(ALL), labels)
        sure = cv2.bitwise_and(whole, whole, mask=(alpha > np.float32(CONFIDENT_ALPHA)).view(np.uint8))
        free = cv2.dilate(sure, square(EDGE * longer))
        held = cv2.max(ALL - doubt, free)
        return np.asarray(held if gate is None else cv2.min(held, gate), np.uint8)

    def _doubted(self, labels: Labels, doubtful: Bytes, elapsed_s: float | None) -> Bytes | None:
        """How far each pixel is held back, uint8 (h, w); None where none is. The state, one frame on."""
        last = self._doubt
        if last is not None:
            lifted = np.uint8(min(ALL, round(ALL * (elapsed_s or 0.0) / DOUBT_S)))
            last = last - np.minimum(last, lifted)
            last = last if last.any() else None
        self._doubt = last
        if doubtful.any():
            here = cv2.dilate(painted(doubtful, labels), square(HAZE * max(labels.shape))) * np.uint8(ALL)
            self._doubt = np.asarray(here if last is None else cv2.max(here, last), np.uint8)
        return last


def share(levels: Bytes, shape: tuple[int, ...]) -> Matte:
    """Levels 0..255 as float32 0..1, at this shape."""
    shares = cv2.LUT(levels, SHARES)
    if levels.shape != shape:
        shares = cv2.resize(shares, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(shares, np.float32)


def _of_levels(labels: Labels, levels: Bytes) -> Bytes | None:
    everywhere, least = int(levels[0]), int(levels.min())
    if least == ALL:
        return None
    if least == everywhere:
        return np.full(labels.shape, everywhere, np.uint8)
    longer = max(labels.shape)
    own = painted(levels, labels)
    gate = cv2.erode(own, square(HAZE * longer))
    stays = cv2.bitwise_and(own, own, mask=((own == everywhere) & (labels > 0)).view(np.uint8))
    gate = cv2.max(gate, cv2.dilate(stays, square(SOFT * longer)))
    return np.asarray(cv2.blur(gate, (3, 3)), np.uint8)
