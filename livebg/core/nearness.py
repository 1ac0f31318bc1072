"""How near each pixel of a small alpha is to what the alpha believes in. Any thread."""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.types import Matte

FULL = 255


def near(alpha: Matte, low: float, high: float, reach: float) -> Matte:
    """1 within `reach` of where alpha is `high` or more, softly down to exactly 0 beyond it; float32 (h, w).

    alpha: float32 (h, w) in 0..1; between low and high a pixel counts in part. reach: of the long side.
    """
    believed = np.rint(np.clip((alpha - np.float32(low)) * np.float32(FULL / (high - low)), 0, FULL)).astype(np.uint8)
    wide = cv2.dilate(believed, square(reach, alpha), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.maximum(2 * soft(wide, reach / 2) - 1, 0, dtype=np.float32), np.float32)  # ends inside `reach`


def soft(mask: np.ndarray, reach: float) -> Matte:
    """The mask, uint8 (h, w) in 0..255, with a border softened over `reach` of the long side: float32 in 0..1."""
    side = square(reach, mask).shape
    blurred = cv2.blur(mask, side, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred.astype(np.float32) * np.float32(1 / FULL), np.float32)


def square(reach: float, plane: np.ndarray) -> np.ndarray:
    """A square that reaches so much of the plane's long side around its middle: OpenCV's dilate is quick with it."""
    side = 2 * max(1, round(reach * max(plane.shape))) + 1
    return np.ones((side, side), np.uint8)
