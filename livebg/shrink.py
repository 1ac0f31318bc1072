"""A frame's picture at a small size, made once per frame and size however many stages ask. Whichever thread asks."""

from __future__ import annotations

import cv2
import numpy as np

from livebg.area import area_average
from livebg.stages import Frame, Image


def shrink(frame: Frame, width: int, height: int) -> Image:
    """BGR uint8 (height, width, 3), area-averaged, bilinear where either side is larger. Not to be written to.

    Two threads that ask at the same moment may both make it; they get equal pictures.
    """
    size = (width, height)
    if size == (frame.width, frame.height):
        return frame.image
    small = frame.shrunk.get(size)
    if small is None:
        if width <= frame.width and height <= frame.height:
            small = area_average(frame.image, width, height)
        else:
            small = np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        frame.shrunk[size] = small
    return small
