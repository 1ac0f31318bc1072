"""A small alpha brought to the picture's full size, its edge moved onto the picture's own edge.

The colour guided filter of He, Sun and Tang 2013 ("Guided Image Filtering", eq. 14-19) in its fast form (He and
Sun 2015, "Fast Guided Filter"): inside each small window alpha is a linear function of colour; the functions are
found at a quarter of the size and applied to the full-size picture. No frame depends on another. Main thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.stages import Frame, Matte

Plane = NDArray[Any]  # float32 (h, w) or (h, w, 3): what OpenCV's stubs call any number

WORK_WIDTH = 320  # px: the linear functions are found at this width
RADIUS = 4  # px at work size: about one pixel of a 256x144 matte around the edge
EPSILON = 1e-4  # regularisation, colours in 0..1: below it a window counts as flat
CONTRAST = 1.4  # undoes the softening that averaging the windows' answers brings; around alpha 0.5


def enlarge(values: Matte, frame: Frame) -> Matte:
    """Plain bilinear: float32 (h, w) in 0..1 to (H, W) of the frame. The reference that guiding is judged against."""
    return np.asarray(cv2.resize(values, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR), np.float32)


class Refiner:
    """The guided filter with its full-size scratch memory, which is kept between frames and holds nothing of them.

    Asking the system for 15 MB afresh for every frame costs little on average but much at times: in the live loop at
    720p it brought the stage's p99 from 10-12 ms to 21-43 ms (tests/bench/loop.py).
    """

    def __init__(self) -> None:
        self._weighted = np.empty((0, 0, 3), np.float32)
        self._offset = np.empty((0, 0), np.float32)

    def refine(self, values: Matte, frame: Frame) -> Matte:
        """Guided by the full-size picture: float32 (h, w) in 0..1 to (H, W) in 0..1. Flat alpha comes back flat."""
        width = min(WORK_WIDTH, frame.width)
        height = max(1, round(frame.height * width / frame.width))
        small = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)
        picture = small.astype(np.float32) * np.float32(1 / 255)
        alpha = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
        slopes, offset = _linear_functions(picture, alpha)
        return self._apply(slopes, offset, frame)

    def _apply(self, slopes: Plane, offset: Plane, frame: Frame) -> Matte:
        """The linear functions on the full-size picture, with CONTRAST, float32 (H, W) in 0..1."""
        size = (frame.width, frame.height)
        if self._offset.shape != (frame.height, frame.width):
            self._weighted = np.empty((frame.height, frame.width, 3), np.float32)
            self._offset = np.empty((frame.height, frame.width), np.float32)
        cv2.resize(slopes * np.float32(CONTRAST / 255), size, self._weighted, interpolation=cv2.INTER_LINEAR)
        cv2.resize((offset - 0.5) * np.float32(CONTRAST) + 0.5, size, self._offset, interpolation=cv2.INTER_LINEAR)
        cv2.multiply(self._weighted, frame.image, self._weighted, dtype=cv2.CV_32F)
        alpha = cv2.transform(self._weighted, np.ones((1, 3), np.float32))
        cv2.add(alpha, self._offset, alpha)
        return np.asarray(np.clip(alpha, 0, 1, out=alpha), np.float32)


def _linear_functions(picture: Plane, alpha: Plane) -> tuple[Plane, Plane]:
    """Slopes float32 (h, w, 3) and offset (h, w) with alpha ≈ slopes · colour + offset around each pixel.

    picture: colours float32 (h, w, 3) in 0..1; alpha: float32 (h, w).
    """
    window = (2 * RADIUS + 1, 2 * RADIUS + 1)
    blue, green, red = cv2.split(picture)
    pairs = cv2.merge([blue * blue, green * green, red * red, blue * green, blue * red, green * red])
    mean, mean_alpha = cv2.blur(picture, window), cv2.blur(alpha, window)
    mean_pairs = cv2.blur(pairs, window)
    mean_product = cv2.blur(cv2.multiply(picture, cv2.merge([alpha] * 3)), window)

    b, g, r = cv2.split(mean)
    bb, gg, rr, bg, br, gr = cv2.split(mean_pairs)
    covariance = [bb - b * b + EPSILON, gg - g * g + EPSILON, rr - r * r + EPSILON, bg - b * g, br - b * r, gr - g * r]
    target = [product - each * mean_alpha for product, each in zip(cv2.split(mean_product), (b, g, r), strict=True)]
    slopes = _solve(covariance, target)
    offset = mean_alpha - sum(slope * each for slope, each in zip(slopes, (b, g, r), strict=True))
    return cv2.blur(cv2.merge(slopes), window), cv2.blur(offset, window)


def _solve(covariance: list[Plane], target: list[Plane]) -> list[Plane]:
    """Per pixel, x with C x = t for the symmetric 3x3 C = [bb, gg, rr, bg, br, gr], by its adjugate."""
    bb, gg, rr, bg, br, gr = covariance
    tb, tg, tr = target
    ib, ig, ir = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    jg, jr, kr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    scale = 1 / (bb * ib + bg * ig + br * ir)
    return [
        (ib * tb + ig * tg + ir * tr) * scale,
        (ig * tb + jg * tg + jr * tr) * scale,
        (ir * tb + jr * tg + kr * tr) * scale,
    ]
