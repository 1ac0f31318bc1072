"""What the finder's alpha says about the network's: where it may count, and where it must be whole. Any thread."""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import FULL, inner, softened, square, surroundings
from livebg.core.types import Image, Matte

NEAR = 0.014  # of the finder's long side: so far around what it believes in may the network's alpha count
LOW, HIGH = 0.3, 0.6  # the finder's alpha: below LOW it believes in nobody, from HIGH on in somebody
SURE = 0.9  # above it the finder is sure of somebody
DEEP = 0.01  # of the finder's long side: so far inside what it is sure of, the person must be whole


def gated(alpha: Matte, belief: Matte) -> Matte:
    """The network's alpha, float32 (h, w) in 0..1, only near what the finder believes in, and whole deep inside it.

    belief: the finder's alpha of the same frame, float32 (h', w') in 0..1. Both borders are soft. Returns a new array.
    """
    return through(alpha, opening(belief))


def opening(belief: Matte) -> Image:
    """What a belief, float32 (h', w') in 0..1, means for an alpha: uint8 (2, h', w') in 0..255.

    The first plane says where alpha may count, the second where it must be whole.
    """
    near = surroundings(belief, LOW, HIGH, NEAR)
    sure = np.where(belief > SURE, np.uint8(FULL), np.uint8(0))
    deep = cv2.erode(sure, square(DEEP * max(belief.shape)), borderType=cv2.BORDER_REPLICATE)
    return np.stack([near, softened(deep, NEAR / 2)])


def through(alpha: Matte, opening: Image) -> Matte:
    """The alpha, float32 (h, w) in 0..1, as the opening allows it. Returns a new array. Its twin: gate_torch.py."""
    size = (alpha.shape[1], alpha.shape[0])
    planes = opening.astype(np.float32) * np.float32(1 / FULL)
    gate, core = (cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in planes)
    return np.asarray(cv2.max(cv2.multiply(alpha, inner(gate)), core), np.float32)
