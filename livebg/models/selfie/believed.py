"""Where the network on the whole picture believes in people, for the crop's place: a table that goes on from somebody's
arm is sure to the network on the crop, and not there at all to the other one.

The crop would follow the table to the picture's end, and see the person less finely. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.masks import Mask, grown
from livebg.core.types import Image, Matte
from livebg.models.crop import Crop

NOBODY, NEAR_PX = 0.1, 2  # alpha: nobody is where the whole picture has less so near, px of the luma
CHANGED = 16  # levels: who comes in is not in the newest look yet
MOST = 0.5  # of a mask: where more is denied, the whole picture fails (it is dark, or filled by one face)


class Believed:
    """What the newest look at the whole picture shows; `reset()` forgets it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Until the next look everything is believed (a new source, size or scene)."""
        self._luma: Image = np.zeros((0, 0), np.uint8)
        self._near: Mask = np.zeros((0, 0), np.bool_)

    def see(self, whole: Matte, luma: Image) -> None:
        """A look at the whole picture: its alpha, float32 in 0..1, at any size; luma: uint8 (h, w) of that frame."""
        alpha = cv2.resize(whole, luma.shape[::-1], interpolation=cv2.INTER_LINEAR)
        self._near, self._luma = grown(np.asarray(alpha > NOBODY, np.bool_), NEAR_PX), luma

    def part(self, mask: Mask, region: Crop, luma: Image) -> Mask:
        """The part of a mask, bool (h, w) of this region, that the newest look believed or that has changed since.

        luma: uint8, of the whole picture now.
        """
        if self._luma.shape != luma.shape:
            return mask
        place = region.inside(luma.shape)
        is_changed = cv2.absdiff(luma[place], self._luma[place]) >= CHANGED
        near = (self._near[place] | is_changed).view(np.uint8)
        part = mask & (cv2.resize(near, mask.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0)
        return part if np.count_nonzero(part) > MOST * np.count_nonzero(mask) else mask
