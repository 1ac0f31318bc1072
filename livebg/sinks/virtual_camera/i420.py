"""Composites as virtual cameras take them: I420, at the camera's size. Pure functions on arrays."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from livebg.core.types import Composite, Image
from livebg.media.video.layers import colour, even, fitted, padded


def i420_size(composite: Composite) -> tuple[int, int]:
    """Even height and width of a composite in BGR or I420."""
    height, width = composite.image.shape[:2]
    return even(height * 2 // 3 if composite.image.ndim == 2 else height), even(width)


def as_i420(composite: Composite, height: int, width: int, into: Image | None = None) -> Image:
    """A composite in BGR or I420, of any size, → I420 uint8 (height * 3/2, width), fitted where the sizes differ.

    into: the result's memory; without it the result may be the composite's own picture.
    """
    picture = composite.image if composite.image.ndim == 2 else colour(composite)
    if picture.shape == (height * 3 // 2, width):
        if into is None:
            return picture
        np.copyto(into, picture)
        return into
    if picture.ndim == 2:
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420), np.uint8)
    if (even(picture.shape[0]), even(picture.shape[1])) != (height, width):
        picture = fitted(picture, height, width)
    picture = padded(picture, height, width)
    made = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420, dst=into), np.uint8)
    return made if into is None else into


def converted(composite: Composite, into: Image | None = None) -> Composite:
    """The composite with an I420 picture: several cameras share one conversion. into: memory for it."""
    if composite.image.ndim == 2:
        return composite
    return replace(composite, image=as_i420(composite, *i420_size(composite), into), is_transparent=False)
