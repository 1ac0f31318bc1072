"""How near each pixel of a small alpha is to what the alpha believes in. Any thread."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from livebg.core.types import Image, Matte

FULL = 255
DOUBTFUL, SURE = 0.6, 0.85  # an alpha up to the one is doubtful, from the other on somebody is surely there
DEEP = 0.01  # of the long side: so far inside somebody who is surely there nothing is missing
REACH = 0.02  # of the long side: as far as soft hair is from the head (tests/bench/RESULTS.md, 2026-11-29)


def near_people(alpha: Matte) -> Matte:
    """The alpha of a network for people, float32 (h, w) in 0..1, as far as somebody is surely near. Returns a new one.

    Such a network is unsure of furniture beside people for a whole area, and of a person's edge for a few pixels only.
    """
    return within(alpha, believed(alpha, DOUBTFUL, SURE))


def within(alpha: Matte, people: Image) -> Matte:
    """The alpha, float32 (h, w) in 0..1, within the reach of these people, uint8 (h, w) in 0..255. A new one."""
    return np.asarray(cv2.multiply(alpha, cv2.LUT(around(people, REACH), INNER)), np.float32)


def near(alpha: Matte, low: float, high: float, reach: float) -> Matte:
    """1 within `reach` of where alpha is `high` or more, softly down to exactly 0 beyond it; float32 (h, w).

    alpha: float32 (h, w) in 0..1; between low and high a pixel counts in part. reach: of the long side.
    """
    return np.asarray(cv2.LUT(surroundings(alpha, low, high, reach), INNER), np.float32)


def surroundings(alpha: Matte, low: float, high: float, reach: float) -> Image:
    """What inner() makes near() of, uint8 (h, w) in 0..255; arguments as there."""
    return around(believed(alpha, low, high), reach)


def believed(alpha: Matte, low: float, high: float) -> Image:
    """How far an alpha is believed, uint8 (h, w): 0 up to `low`, FULL from `high` on. alpha: float32 (h, w) in 0..1."""
    return np.asarray(cv2.LUT(cv2.convertScaleAbs(alpha, alpha=FULL), _ramp(low, high)), np.uint8)


def around(belief: Image, reach: float) -> Image:
    """What inner() makes near() of, uint8 (h, w) in 0..255, for a belief, uint8 (h, w); reach: of the long side."""
    return softened(cv2.dilate(belief, square(reach * max(belief.shape)), borderType=cv2.BORDER_REPLICATE), reach / 2)


def inner(planes: Matte) -> Matte:
    """The inner half of soft borders, float32 in 0..1 both: nothing counts beyond what they surround."""
    return np.asarray(np.maximum(2 * planes - 1, 0, dtype=np.float32), np.float32)


INNER = inner(np.arange(FULL + 1, dtype=np.float32) * np.float32(1 / FULL))


@lru_cache(maxsize=8)
def _ramp(low: float, high: float) -> Image:
    """0 up to low, FULL from high on, for each of 256 levels of alpha."""
    levels = np.arange(FULL + 1) / FULL
    return np.rint(np.clip((levels - low) / (high - low), 0, 1) * FULL).astype(np.uint8)


def softened(mask: np.ndarray, reach: float) -> Image:
    """The mask, uint8 (h, w) in 0..255, with a border softened over `reach` of the long side on either side."""
    size = square(reach * max(mask.shape)).shape
    return np.asarray(cv2.blur(mask, size, borderType=cv2.BORDER_REPLICATE), np.uint8)


def square(reach_px: float) -> Image:
    """A square structuring element that reaches reach_px to every side, at least 1: uint8 (n, n) of 1.

    OpenCV's dilate is quick with it.
    """
    side = 2 * max(1, round(reach_px)) + 1
    return np.ones((side, side), np.uint8)
