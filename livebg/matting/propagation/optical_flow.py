"""Optical flow between small pictures, and warping along it.

Flows are backward: for every pixel of the newer (or wanted) picture, where it was in the other one. The caller's
thread; threads must not share a Motion, since OpenCV's flow keeps scratch memory.
"""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Matte
from livebg.matting.small_picture import Small

Flow = NDArray[Any]  # float32 (h, w, 2), px: x and y to add; what OpenCV's stubs call any number


class Motion:
    """Flow by dense inverse search (Kroeger, Timofte, Dai and Van Gool 2016), with its scratch memory.

    step() searches coarsely between neighbouring frames (on a grid of 4 px, 0.3 ms). A flow over several frames is a
    composition of steps, since a fast person moves farther than the search reaches; refine() then improves it at half
    the small size against the far picture itself, so that errors do not add up (0.8 ms).
    """

    def __init__(self) -> None:
        self._coarse = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._fine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._fine.setFinestScale(1)
        self._fine.setCoarsestScale(1)
        self._fine.setPatchStride(5)

    def step(self, here: Small, there: Small) -> Flow:
        """For every pixel of `here`, where it is in `there`, a neighbouring frame: float32 (h, w, 2), px."""
        return np.asarray(self._coarse.calc(here.luma, there.luma, None), np.float32)  # type: ignore[call-overload]

    def refine(self, here: Small, there: Small, flow: Flow) -> Flow:
        """The same over any number of frames, from a flow that is roughly right; does not change that one."""
        return np.asarray(self._fine.calc(here.luma, there.luma, flow.copy()), np.float32)


def no_motion(small: Small) -> Flow:
    """The flow of a picture to itself: zeros, float32 (h, w, 2)."""
    return np.zeros((*small.luma.shape, 2), np.float32)


def compose(first: Flow, then: Flow) -> Flow:
    """The flow that goes along `first` and from there along `then`; all float32 (h, w, 2), px."""
    return np.asarray(cv2.add(first, taken(then, places(first))), np.float32)


def warp(values: Matte, flow: Flow, interpolation: int = cv2.INTER_LINEAR) -> Matte:
    """Warps an alpha: the values of the other picture where the flow points to; past the rim, the rim's.

    values: float32 (H, W) in 0..1; flow: float32 (h, w, 2), px of its own size. Returns float32 (H, W). interpolation:
    OpenCV's; INTER_CUBIC keeps an edge sharp that is warped in every frame, and may leave 0..1.
    """
    height, width = values.shape
    if flow.shape[:2] != values.shape:
        scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
        flow = cv2.resize(flow * scale, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(taken(values, places(flow), interpolation), np.float32)


def places(flow: Flow) -> Flow:
    """Where the flow points to, float32 (h, w, 2): x and y in the other picture, px."""
    return np.asarray(cv2.add(_grid(flow.shape[0], flow.shape[1]), flow), np.float32)


def taken(values: NDArray[Any], where: Flow, interpolation: int = cv2.INTER_LINEAR) -> NDArray[Any]:
    """Samples values, (h, w) or (h, w, channels), at places float32 (h, w, 2); past the rim, the rim's."""
    return np.asarray(cv2.remap(values, where, None, interpolation, borderMode=cv2.BORDER_REPLICATE))  # type: ignore[call-overload]


def past_rim(where: Flow, margin_px: float) -> NDArray[np.uint8]:
    """uint8 (h, w), 255 for places, float32 (h, w, 2), more than margin_px outside the picture, else 0."""
    height, width = where.shape[:2]
    low, high = (-margin_px, -margin_px), (width - 1 + margin_px, height - 1 + margin_px)
    return np.asarray(cv2.bitwise_not(cv2.inRange(where, low, high)), np.uint8)


@functools.lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Flow:
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return np.dstack([columns, rows])
