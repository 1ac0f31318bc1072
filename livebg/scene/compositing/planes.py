"""A composite straight in a film's own 4:2:0 samples, for an encoder that takes them: no BGR of full size is made.

Owner's thread.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Frame, Image, Matte
from livebg.media.video import yuv_numba
from livebg.media.video.types import Colour
from livebg.scene.compositing import over_numba, planes_numba
from livebg.scene.compositing.foreground import NO_BYTES

NARROWEST = int(over_numba.BLOCK)


def prepare() -> None:
    """Compiles the loop now, so that the first frame does not wait for it."""
    planes_numba.compose_planes.prepare()
    yuv_numba.from_bgr.prepare()


class Planes:
    """Composites of one film. colour: of its samples, and of the composite's. It remembers the background."""

    def __init__(self, colour: Colour) -> None:
        self._factors = yuv_numba.writing(colour.matrix, colour.is_full_range)
        self._background, self._backdrop = NO_BYTES, NO_BYTES
        self._scratch: tuple[NDArray[Any], ...] = (NO_BYTES,)

    @staticmethod
    def takes(frame: Frame) -> bool:
        """Whether the frame has such samples, and a width that the loop takes."""
        return frame.planes is not None and NARROWEST <= frame.width <= planes_numba.WIDEST

    def compose(
        self,
        frame: Frame,
        alpha: Matte,
        background: Image,
        hints: tuple[NDArray[Any], ...],
        *rest: NDArray[Any],
    ) -> Image:
        """I420 uint8 (H * 3/2, W). hints, rest: the arguments from `columns` on of over_numba.compose."""
        assert frame.planes is not None
        height, width = alpha.shape
        if self._scratch[0].size != 3 * alpha.size:
            self._scratch = planes_numba.own_scratch(height, width)
        bits = np.ascontiguousarray(alpha, np.float32).reshape(-1).view(np.int32)
        image, under = (np.ascontiguousarray(each).reshape(-1) for each in (frame.image, background))
        result = np.empty((height * 3 // 2, width), np.uint8)
        pictures = image, bits, frame.planes.reshape(-1), under, self._backdrop_of(background)
        scratch = (*self._scratch, *over_numba.scratch(width))
        planes_numba.compose_planes(*pictures, width, self._factors, result.reshape(-1), *scratch, *hints, *rest)
        return result

    def _backdrop_of(self, background: Image) -> Image:
        """The background's samples, where it is the same as for the frame before; else none."""
        if background is not self._background:
            self._background, self._backdrop = background, NO_BYTES
        elif not self._backdrop.size:
            self._backdrop = i420_of(background, self._factors)
        return self._backdrop


def i420_of(picture: Image, factors: Matte) -> Image:
    """uint8 (1.5·H·W,) of BGR uint8 (H, W, 3), both sides even. factors: of yuv_numba.writing()."""
    height, width = picture.shape[:2]
    made = np.empty(height * width * 3 // 2, np.uint8)
    luma, first, second = np.split(made, (height * width, height * width * 5 // 4))
    sizes = np.array((height, width, width, width // 2), np.uintp)
    lines = np.empty(6 * (width + 1), np.float32)
    flat = np.ascontiguousarray(picture).reshape(-1)
    yuv_numba.from_bgr(flat, sizes, factors, lines, luma, first, second, *yuv_numba.NO_SOURCE)
    return made
