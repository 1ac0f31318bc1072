"""The layer of a composite that an output uses (colour, colour with alpha, or the matte), and its scaling.

Pure functions on arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from livebg.core.types import Composite, Image, Matte, usable

Layer = Callable[[Composite], Image]


def colour(composite: Composite) -> Image:
    """BGR uint8 (H, W, 3). A transparent composite is shown over black: outputs without alpha have nothing behind."""
    if not composite.is_transparent or composite.alpha is None:
        return composite.image
    weights = cv2.merge([usable(composite.alpha)] * 3)
    return np.asarray(cv2.multiply(composite.image, weights, dtype=cv2.CV_8U), np.uint8)


def as_bgr(composite: Composite) -> Composite:
    """One in I420 in BGR, at its frame's size; any other composite unchanged."""
    if composite.image.ndim == 3:
        return composite
    image = np.asarray(cv2.cvtColor(composite.image, cv2.COLOR_YUV2BGR_I420), np.uint8)
    frame = composite.frame
    if frame is not None:  # an odd side was rounded up
        image = np.ascontiguousarray(image[: frame.height, : frame.width])
    return replace(composite, image=image)


def colour_and_alpha(composite: Composite) -> Image:
    """BGRA uint8 (H, W, 4), straight. All zeros, colour included, where there is no valid matte (alpha None)."""
    height, width = composite.image.shape[:2]
    if composite.alpha is None:
        return np.zeros((height, width, 4), np.uint8)
    picture = np.asarray(cv2.cvtColor(composite.image, cv2.COLOR_BGR2BGRA), np.uint8)  # sets alpha to 255
    if composite.is_transparent:
        cv2.insertChannel(eight_bits(composite.alpha), picture, 3)
    return picture


def matte(composite: Composite) -> Image:
    """uint8 (H, W): round(alpha * 255); zeros for a frame without a valid matte."""
    if composite.alpha is None:
        return np.zeros(composite.image.shape[:2], np.uint8)
    return eight_bits(composite.alpha)


LAYERS: dict[str, Layer] = {"composite": colour, "alpha": colour_and_alpha, "matte": matte}  # by formats.Content


def eight_bits(alpha: Matte) -> Image:
    """uint8 (H, W) = round(alpha * 255) of a float32 (H, W) in 0..1; 0 for values below 0 and NaN."""
    return np.asarray(cv2.convertScaleAbs(usable(alpha), alpha=255.0), np.uint8)


def fitted(picture: Image, height: int, width: int) -> Image:
    """The whole picture, its shape kept, centred in height x width with black (or transparent) bars; same channels."""
    old_height, old_width = picture.shape[:2]
    if (old_height, old_width) == (height, width):
        return picture
    scale = min(height / old_height, width / old_width)
    inner_height, inner_width = max(1, round(old_height * scale)), max(1, round(old_width * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inner = cv2.resize(picture, (inner_width, inner_height), interpolation=method)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    framed = np.zeros((height, width, *picture.shape[2:]), np.uint8)
    framed[top : top + inner_height, left : left + inner_width] = inner
    return framed


def padded(picture: Image, height: int, width: int) -> Image:
    """The picture with its last row and column repeated up to height x width (not smaller than it); same channels."""
    below, right = height - picture.shape[0], width - picture.shape[1]
    if not below and not right:
        return picture
    return np.asarray(cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def even(size_px: int) -> int:
    """The next even number: 4:2:0 pictures share one colour among 2x2 pixels."""
    return size_px + size_px % 2
