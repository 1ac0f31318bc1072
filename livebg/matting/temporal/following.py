"""How the people of an alpha move from frame to frame: one smooth flow, along which a filter over time can follow them.

At a person's edge optical flow is half the room's. So it is averaged widely, weighted by alpha and by how much the
picture shows there (its squared gradient, as Lucas and Kanade 1981 weigh): an edge moves as the person inside it does.
It counts only where the picture changes, and not more along the flow: where a face hardly moves, flow is noise.
One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.types import Image, Matte
from livebg.matting.propagation.optical_flow import Flow, places, taken

FINEST = 2  # the flow is found at a quarter of the pictures' size: averaged widely, finer says no more
LEAST_PX = 8 << FINEST  # the search's patch at that size: in a lower or narrower picture OpenCV reads past the end
REACH = 0.064  # of the long side: people move nearly as one so far around
EVEN_PX = 9  # across: the averages of neighbouring windows pass into each other
STRONG = 100.0  # squared levels per px: a gradient that counts fully
LEAST = 1e-3  # weight of where nobody is
NEAR_PX = 9  # across: just there
# Changes are of roots of levels: light's noise grows as its root does (Anscombe 1948), and movement in a dim room is of
# few levels.
ROOTS = np.rint(np.sqrt(255.0 * np.arange(256))).astype(np.uint8)
# Squared change just there: up to the one nothing shows that anybody moves, from the other on it does.
FAINT, CLEAR = 3.0, 12.0
# The share of that change that is gone along the flow: a resting shoulder beside a waving hand changes more along it.
WORSE, SAME = -0.2, 0.0
FLOOR = np.float32(0.25)  # squared: so little change says nothing


class Follower:
    """Flow by dense inverse search (Kroeger, Timofte, Dai and Van Gool 2016), whose scratch memory it keeps."""

    def __init__(self) -> None:
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._search.setFinestScale(FINEST)

    def flow(self, here: Image, there: Image, alpha: Matte) -> Flow:
        """For every pixel of `here`, where the people around it are in `there`: float32 (h, w, 2), px to add; 0 where
        nothing shows that they move.

        here, there: luma, uint8 (h, w), of neighbouring frames; alpha: float32 (H, W) in 0..1, of `here`.
        """
        size, side = here.shape[::-1], 2 * max(1, round(REACH * max(here.shape))) + 1
        found = self._search.calc(_large_enough(here), _large_enough(there), None)  # type: ignore[call-overload]
        found = found[: here.shape[0], : here.shape[1]]
        across, down = (cv2.Sobel(here, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
        shown = np.minimum(across * across + down * down, np.float32(STRONG))
        people = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
        weights = people * shown + np.float32(LEAST)
        products = np.asarray(np.dstack([found * weights[..., None], weights]), np.float32)
        sums = np.asarray(cv2.blur(products, (side, side)), np.float32)
        flow = np.asarray(cv2.blur(sums[..., :2] / sums[..., 2:], (EVEN_PX, EVEN_PX)), np.float32)
        here, there = (np.asarray(cv2.LUT(each, ROOTS), np.uint8) for each in (here, there))
        changed = _squared_change(here, there)
        left = _squared_change(here, taken(there, places(flow)))
        seen, before, after = (_near(each) for each in (changed, changed * people, left * people))
        explained = 1 - (after + FLOOR) / (before + FLOOR)
        believed = _ramp(seen, FAINT, CLEAR) * _ramp(explained, WORSE, SAME)
        return np.asarray(flow * believed[..., None], np.float32)


def _large_enough(luma: Image) -> Image:
    down_px, right_px = (max(0, LEAST_PX - side) for side in luma.shape)
    return np.asarray(cv2.copyMakeBorder(luma, 0, down_px, 0, right_px, cv2.BORDER_REPLICATE), np.uint8)


def _near(change: Matte) -> Matte:
    return np.asarray(cv2.blur(change, (NEAR_PX, NEAR_PX)), np.float32)


def _ramp(values: Matte, low: float, high: float) -> Matte:
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)


def _squared_change(here: Image, there: Image) -> Matte:
    change = cv2.subtract(cv2.GaussianBlur(here, (5, 5), 0), cv2.GaussianBlur(there, (5, 5), 0), dtype=cv2.CV_32F)
    return np.asarray(change * change, np.float32)
