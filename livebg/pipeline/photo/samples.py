"""A photo's samples for writing: gives 8-bit results the 16 bits of the photo back, and puts alpha beside them.

Pure functions on arrays, band by band, so that they do not need several times a photo's memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livebg.core.types import HIGHEST_ALPHA, LOWEST_ALPHA, Image, Matte, usable
from livebg.media.image.formats import Content
from livebg.media.image.types import Samples

ROWS = 128  # of a band
STEP = np.float32(257)  # levels of 16 bits in one of 8


def of_matte(alpha: Matte, is_deep: bool) -> Samples:
    """Gray uint8 or uint16 (H, W) of a float32 (H, W) in 0..1."""
    samples = np.empty(alpha.shape, np.uint16 if is_deep else np.uint8)
    for band in _bands(alpha.shape[0]):
        samples[band] = np.rint(usable(alpha[band]) * np.float32(65535 if is_deep else 255))
    return samples


def of_colours(made: Image, own: Samples, alpha: Matte, content: Content, is_premultiplied: bool) -> Samples:
    """BGR(A) like `own`, from the compositor's result, BGR uint8 (H, W, 3).

    The bits of the own 16 that are missing in the 8 come back by the photo's share in each pixel; without a background
    only where it is surely the person, as faint pixels hold nothing of the room. A pixel with no share left is
    0, colour and alpha. is_premultiplied: colours times alpha, for content other than `composite`.
    """
    is_deep, has_alpha = own.dtype == np.uint16, content == "alpha"
    is_scaled = is_premultiplied and content != "composite"
    if not (is_deep or has_alpha or is_scaled):
        return made
    samples = np.empty((*alpha.shape, 4 if has_alpha else 3), own.dtype)
    for band in _bands(alpha.shape[0]):
        shares = usable(alpha[band])
        shares = np.where(shares >= LOWEST_ALPHA, shares, np.float32(0))
        colours = made[band].astype(np.float32)
        if is_deep:
            fine = own[band].astype(np.float32)
            rest = np.asarray(fine - np.round(fine / STEP) * STEP, np.float32)
            kept = shares if content == "composite" else (shares > HIGHEST_ALPHA).astype(np.float32)
            colours *= STEP
            colours += rest * kept[..., None]
        if is_scaled:
            colours *= shares[..., None]
        most = 65535 if is_deep else 255
        samples[band, :, :3] = np.clip(colours + np.float32(0.5), 0, most)
        if has_alpha:
            samples[band, :, 3] = shares * np.float32(most) + np.float32(0.5)
    return samples


def _bands(height: int) -> Iterator[slice]:
    return (slice(top, top + ROWS) for top in range(0, height, ROWS))
