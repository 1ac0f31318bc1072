"""frame · alpha + background · (1 − alpha). Pure, stateless; main thread."""

from __future__ import annotations

import cv2
import numpy as np

from livebg.stages import Image, Matte

LOWEST_ALPHA = 0.5 / 255  # below it the foreground's share rounds to nothing in 8 bits


def over(image: Image, alpha: Matte, background: Image) -> Image:
    """The person in front of the background: BGR uint8 (H, W, 3) each, alpha float32 (H, W) in 0..1.

    Only the box that holds foreground is blended (cv2.blendLinear); the rest is a copy of the background.
    """
    result = background.copy()
    x, y, width, height = cv2.boundingRect((alpha >= LOWEST_ALPHA).view(np.uint8))
    if width and height:
        box = np.s_[y : y + height, x : x + width]
        inside = np.ascontiguousarray(alpha[box])
        result[box] = cv2.blendLinear(image[box], background[box], inside, 1 - inside)
    return result


def cut_out(image: Image, alpha: Matte) -> Image:
    """Straight foreground colour for outputs that carry alpha: the image, black wherever alpha rounds to 0.

    The room's colours behind a transparent pixel would otherwise still be in the file for anybody to read.
    """
    return np.asarray(cv2.bitwise_and(image, image, mask=(alpha >= LOWEST_ALPHA).view(np.uint8)), np.uint8)
