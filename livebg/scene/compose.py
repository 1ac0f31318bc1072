"""frame · alpha + background · (1 − alpha). Pure, stateless; main thread."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from livebg.scene import kernels
from livebg.stages import Image, Matte


def prepare() -> None:
    """Compile the loop now, so that the first frame need not wait for it."""
    kernels.compose.prepare()


def over(image: Image, alpha: Matte, background: Image) -> Image:
    """The person in front of the background: BGR uint8 (H, W, 3) each, alpha float32 (H, W) in 0..1.

    Where alpha rounds to 0 or 1 the pixels are exact copies.
    """
    return _compose(image, alpha, background, is_cut_out=False)


def cut_out(image: Image, alpha: Matte) -> Image:
    """Straight foreground colour for outputs that carry alpha: the image, black wherever alpha rounds to 0.

    The room's colours behind a transparent pixel would otherwise still be in the file for anybody to read.
    """
    return _compose(image, alpha, _black(*alpha.shape), is_cut_out=True)


def _compose(image: Image, alpha: Matte, background: Image, is_cut_out: bool) -> Image:
    # Fresh memory, as sinks in other threads keep it; writing to kept memory is hardly faster (bench/compositing.py).
    result = np.empty((*alpha.shape, 3), np.uint8)
    over, share, under = (np.ascontiguousarray(each).reshape(-1) for each in (image, alpha, background))
    shares = np.empty(kernels.BYTES, np.float32)
    kernels.compose(over, share, share.view(np.int32), under, result.reshape(-1), shares, is_cut_out)
    return result


@lru_cache(maxsize=1)
def _black(height: int, width: int) -> Image:
    return np.zeros((height, width, 3), np.uint8)
