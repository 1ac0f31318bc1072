"""What counts of the network's alpha: where the finder lets it, and where it must be whole. Any thread."""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import FULL, inner, softened, square, surroundings
from livebg.core.types import Image, Matte

NEAR = 0.014  # of the finder's long side: so far around what it believes in may the network's alpha count
LOW, HIGH = 0.3, 0.6  # the finder's alpha: below LOW it believes in nobody, from HIGH on in somebody
SURE = 0.9  # above it the finder is sure of somebody
DEEP = 0.01  # of the finder's long side: so far inside what it is sure of, the person must be whole

SEEN = 0.7  # above it the network, at its usual size, is sure of somebody
INSIDE = 0.02  # of the long side: so far inside what it is sure of, a finer alpha must not lack anything
LACKING = 0.8  # a finer alpha below it lacks something there


def whole(fine: Matte, coarse: Matte) -> Matte:
    """The fine alpha, float32 (h, w) in 0..1, with the coarse one where parts of somebody are missing from it.

    coarse: the network's alpha of the same region in a smaller picture, float32 (h', w') in 0..1. In a large picture
    it loses necks, hair and backs of heads of large people, and shows each strand of those it has.
    """
    long_side = max(fine.shape)
    coarse = np.asarray(cv2.resize(coarse, fine.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    sure = np.where(coarse > SEEN, np.uint8(FULL), np.uint8(0))
    inside = cv2.erode(sure, square(INSIDE * long_side), borderType=cv2.BORDER_REPLICATE)
    missing = np.where(fine < LACKING, inside, np.uint8(0))
    if not missing.any():
        return fine
    reach = cv2.dilate(missing, square(2 * INSIDE * long_side), borderType=cv2.BORDER_REPLICATE)
    share = softened(reach, INSIDE).astype(np.float32) * np.float32(1 / FULL)
    return np.asarray(np.maximum(fine, coarse * share), np.float32)


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
