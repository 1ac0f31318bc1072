"""Hold a piece that a network loses or finds in a picture that did not change there: for a frame or two it errs.

A fine alpha comes of many small parts of the picture, and a network's answer for one of them falls or rises at once,
beside an edge that moves as well as far from one. Pixel by pixel that cannot be told from movement; piece by piece it
can: where a person truly came or went, nearly all of the piece looks otherwise than before (as leaving.py decides, and
as region-based change detection does: Aach, Kaup and Mester 1993, "Statistical model-based change detection in moving
video"). One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.resize import shrink, work_size
from livebg.core.types import Alpha, Frame, Image, Matte
from livebg.matting.exposure import lights_between
from livebg.matting.small_picture import Small, seen_small
from livebg.matting.temporal.motion import MAX_NOISE_LEVELS, MIN_NOISE_LEVELS, NOISE_PER_MEDIAN, Motion

REFERENCE_FPS = 30.0  # how much stays is per frame at this rate
CHANGED = 0.3  # a smaller change of alpha is trembling
THICK_PX = 3  # of the work size: thinner is an edge that moves
LARGEST = 0.05  # of the picture: a larger piece is somebody who came or left
NOISE, SEEN = 1.5, 3.5  # a pixel's change, over the picture's noise: none up to the one, surely one from the other on
SAME, OTHER = 0.5, 0.8  # mean of that over a piece: the same picture, another one (tests/bench/RESULTS.md, 2026-11-30)
LONGEST_S = 0.2  # so long is such a piece held, less and less
AROUND = np.ones((3, 3), np.uint8)
NOTHING: Matte = np.empty((0, 0), np.float32)


class Holding:
    """It keeps the last alpha, and the small picture that it belongs to."""

    def __init__(self) -> None:
        self._last: Matte | None = None
        self._small: Matte = np.empty((0, 0), np.float32)  # the last alpha at work size
        self._colours: Image = np.empty((0, 0, 3), np.uint8)  # the last picture at work size
        self._ages_s: Matte = np.empty((0, 0), np.float32)  # for how long each pixel has been held; below 0: a fall

    def reset(self) -> None:
        """Take the next alpha as it is (a new source, size or engine)."""
        self._last = None

    def apply(self, alpha: Alpha, frame: Frame, motion: Motion) -> Alpha:
        """The alpha, float32 (h, w) in 0..1, with the pieces held; the same object where there is none.

        frame: the alpha's own; motion: up to it, from that of the alpha before.
        """
        size = work_size(frame.height, frame.width)
        colours, small = shrink(frame, *size), _at_size(alpha.values, size)
        last, before, last_colours = self._last, self._small, self._colours
        self._last, self._small, self._colours = alpha.values, small, colours
        if last is None or last.shape != alpha.values.shape or before.shape != small.shape or motion.is_cut:
            self._ages_s = np.zeros_like(small)
            return alpha
        held = _held(small - before, last_colours, colours)
        if held is None:
            self._ages_s.fill(0)
            return alpha
        passed_s = np.maximum(np.sign(held) * self._ages_s, 0) + np.float32(motion.elapsed_s)
        self._ages_s = np.where(held == 0, np.float32(0), np.sign(held) * passed_s)
        kept = abs(held) * np.maximum(1 - passed_s / LONGEST_S, 0) ** (motion.elapsed_s * REFERENCE_FPS)
        kept = cv2.blur(cv2.dilate(np.asarray(kept, np.float32), AROUND), AROUND.shape)
        share = cv2.resize(kept, alpha.values.shape[::-1], interpolation=cv2.INTER_LINEAR)
        self._last = np.asarray(alpha.values + share * (last - alpha.values), np.float32)
        self._small = _at_size(self._last, size)
        return Alpha(self._last, alpha.sequence)


def _held(change: Matte, before: Image, now: Image) -> Matte | None:
    """How far each pixel belongs to a piece that changed in a picture that did not; None: there is no such piece.

    change: of alpha, float32 (h, w); before, now: the pictures, BGR uint8 (h, w, 3). Returns float32 (h, w) in -1..1,
    below 0 for what alpha lost.
    """
    result, seen = np.zeros_like(change), NOTHING
    for sign in (1, -1):
        changed = np.where(sign * change > CHANGED, np.uint8(1), np.uint8(0))
        pieces = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((THICK_PX, THICK_PX), np.uint8))
        if not cv2.countNonZero(pieces):
            continue
        if seen is NOTHING:
            seen = _seen_between(seen_small(0, 0.0, before), seen_small(0, 0.0, now))
        count, labels = cv2.connectedComponents(pieces)
        places = labels.reshape(-1)
        areas = np.maximum(np.bincount(places, minlength=count), 1)
        means = np.bincount(places, seen.reshape(-1), count) / areas
        held = np.clip((OTHER - means) / (OTHER - SAME), 0, 1).astype(np.float32)
        held[areas > LARGEST * places.size] = 0
        held[0] = 0
        result += sign * held[labels]
    return result if result.any() else None


def _seen_between(before: Small, now: Small) -> Matte:
    """How surely each pixel changed but by light and noise, float32 (h, w) in 0..1."""
    result = np.zeros(now.luma.shape, np.float32)
    for each, (gain, offset) in enumerate(lights_between(now.means, before.means)):
        new, old = now.channels[..., each], before.channels[..., each]
        change = np.abs(cv2.blur(cv2.addWeighted(new, 1.0, old, -gain, -offset, dtype=cv2.CV_32F), AROUND.shape))
        noise = min(max(NOISE_PER_MEDIAN * float(np.median(change)), MIN_NOISE_LEVELS), MAX_NOISE_LEVELS)
        cv2.max(result, np.asarray(change * np.float32(1 / noise), np.float32), result)
    return np.asarray(np.clip((result - NOISE) * np.float32(1 / (SEEN - NOISE)), 0, 1), np.float32)


def _at_size(values: Matte, size: tuple[int, int]) -> NDArray[np.float32]:
    """float32 (h, w) in 0..1 at this size, (width, height)."""
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
