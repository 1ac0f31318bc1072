"""frame · alpha + background · (1 − alpha): the camera's colours (over), or the person's own (Compositor). A cut-out's
colours are always the person's own: the camera's are the room's where alpha is faint, for anybody to read.

Knows nothing about where frame, alpha and background come from. Main thread.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.settings import Settings
from livebg.core.types import Frame, Image, Matte
from livebg.scene.compositing import foreground, over_numba
from livebg.scene.compositing.foreground import NO_BYTES, NO_HINTS, NO_NUMBERS, Estimator
from livebg.scene.compositing.relight import Tones, wrap


def prepare() -> None:
    """Compile the loops now, so that the first frame need not wait for them."""
    over_numba.compose.prepare()
    foreground.prepare()


def over(image: Image, alpha: Matte, background: Image) -> Image:
    """The person in front of the background: BGR uint8 (H, W, 3) each, alpha float32 (H, W) in 0..1.

    Where alpha rounds to 0 or 1 the pixels are exact copies.
    """
    return _compose(image, alpha, background, False)


def cut_out(image: Image, alpha: Matte) -> Image:
    """Straight foreground colour for outputs that carry alpha: the person's own, black wherever alpha rounds to 0.

    The room's colours behind a transparent pixel would otherwise still be in the file for anybody to read.
    """
    return Compositor().cut_out(Frame(image, 0, 0.0, 0.0), alpha, Settings())


class Compositor:
    """The same two, with the person's own colours (foreground.py) and light (light.py) as the settings say.

    Where alpha rounds to 0 the pixels are exact copies of the background; where it is 1, of the frame, unless the
    person's light is changed. foreground `plain` and no change of light is exactly `over`, and does not matter for a
    cut-out. A plate, BGR uint8 (H, W, 3), is the empty room as this frame would show it: it makes the soft edge's
    colours exact.
    """

    def __init__(self) -> None:
        self._estimator: Estimator | None = None
        self._tones = Tones()

    def reset(self) -> None:
        """Forget what earlier frames left behind (a new source or size)."""
        self._estimator = None
        self._tones.reset()

    def over(
        self, frame: Frame, alpha: Matte, background: Image, settings: Settings, plate: Image | None = None
    ) -> Image:
        """BGR uint8 (H, W, 3), as frame and background; alpha float32 (H, W) in 0..1."""
        if not (self._changes_tones(settings) or settings.light_wrap or settings.foreground == "estimated"):
            return over(frame.image, alpha, background)
        estimator, tones, light = self._look(frame, alpha), NO_BYTES, NO_NUMBERS
        if settings.colour_match or settings.low_light or settings.light_wrap:
            small = np.asarray(cv2.resize(background, estimator.size, interpolation=cv2.INTER_LINEAR), np.uint8)
            tones = self._tones.curves(estimator.small, estimator.small_alpha, small, frame.media_time_s, settings)
            if settings.light_wrap:
                light = wrap(small, estimator.small_alpha, settings.light_wrap)
        hints = estimator.hints(settings.foreground == "estimated")
        return _compose(frame.image, alpha, background, False, hints, plate, tones, light)

    def cut_out(self, frame: Frame, alpha: Matte, settings: Settings, plate: Image | None = None) -> Image:
        """Straight foreground colour, black wherever alpha rounds to 0; there is no background to take light from."""
        estimator, tones = self._look(frame, alpha, is_cut_out=True), NO_BYTES
        if self._changes_tones(settings) and settings.low_light:
            tones = self._tones.curves(estimator.small, estimator.small_alpha, None, frame.media_time_s, settings)
        hints = estimator.hints(is_estimated=True, is_cut_out=True)
        return _compose(frame.image, alpha, _black(*alpha.shape), True, hints, plate, tones)

    def _changes_tones(self, settings: Settings) -> bool:
        """Off is as if it had never been there."""
        if settings.colour_match or settings.low_light:
            return True
        self._tones.reset()
        return False

    def _look(self, frame: Frame, alpha: Matte, is_cut_out: bool = False) -> Estimator:
        if self._estimator is None or not self._estimator.fits(frame):
            self._estimator = Estimator(frame.height, frame.width)
        self._estimator.look(frame, alpha, is_cut_out)
        return self._estimator


def _compose(
    image: Image,
    alpha: Matte,
    background: Image,
    is_cut_out: bool,
    hints: tuple[NDArray[Any], ...] = NO_HINTS,
    plate: Image | None = None,
    tones: Image = NO_BYTES,
    light: Matte = NO_NUMBERS,
) -> Image:
    assert plate is None or plate.shape == image.shape, f"a plate of {plate.shape} for a frame of {image.shape}"
    # Fresh memory, as sinks in other threads keep it; writing to kept memory is hardly faster (bench/compositing.py).
    result = np.empty((*alpha.shape, 3), np.uint8)
    over, under = (np.ascontiguousarray(each).reshape(-1) for each in (image, background))
    share = np.ascontiguousarray(alpha, np.float32).reshape(-1)
    room = NO_BYTES if plate is None else np.ascontiguousarray(plate).reshape(-1)
    pictures = (over, share.view(np.int32), under, result.reshape(-1))
    over_numba.compose(*pictures, is_cut_out, *over_numba.scratch(alpha.shape[1]), *hints, room, tones, light)
    return result


@lru_cache(maxsize=1)
def _black(height: int, width: int) -> Image:
    return np.zeros((height, width, 3), np.uint8)
