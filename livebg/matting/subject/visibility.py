"""How visible each pixel is, from its region's level: haze fades with its region, soft hair stays with a person. Any
thread.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import square
from livebg.core.types import Matte
from livebg.matting.subject.components import Bytes, Labels, painted

FULL = 255
HAZE = 6 / 320  # of the longer side: this far around a region its haze fades with it,
SOFT = 3 / 320  # but not this near to one that stays: soft hair
SHARES = (np.arange(FULL + 1) / FULL).astype(np.float32)


def visibility_of(labels: Labels, levels: Bytes) -> Bytes | None:
    """How visible each pixel is, uint8 (h, w) in 0..255; None where all pixels are fully visible.

    labels: int32 (h, w); levels: uint8 by label, 0..255, the first for pixels in no region.
    """
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


def share(levels: Bytes, shape: tuple[int, ...]) -> Matte:
    """Levels uint8 in 0..255 → float32 in 0..1, at this shape (h, w)."""
    shares = cv2.LUT(levels, SHARES)
    if levels.shape != shape:
        shares = cv2.resize(shares, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(shares, np.float32)
