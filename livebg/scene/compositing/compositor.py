"""frame · alpha + background · (1 − alpha), with the camera's colours (over) or the person's own (Compositor).

A cut-out always has the person's own colours: where alpha is faint, the camera's colours are the room's, and anybody
can read them. Main thread.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.settings import Settings
from livebg.core.types import Frame, Image, Matte
from livebg.scene.compositing import foreground, over_numba
from livebg.scene.compositing.foreground import NO_BYTES, NO_HINTS, NO_NUMBERS, Estimator
from livebg.scene.compositing.relight import Tones, wrap

if TYPE_CHECKING:
    from livebg.scene.compositing.planes import Planes


def prepare() -> None:
    """Compiles the loops now, so that the first frame does not wait for them."""
    over_numba.compose.prepare()
    foreground.prepare()


def over(image: Image, alpha: Matte, background: Image) -> Image:
    """The person in front of the background: all BGR uint8 (H, W, 3), alpha float32 (H, W) in 0..1.

    Where alpha rounds to 0 or 1 the pixels are exact copies.
    """
    return _compose(image, alpha, background, False)


def cut_out(image: Image, alpha: Matte) -> Image:
    """The person's own straight colour for outputs with alpha, black wherever alpha rounds to 0: BGR uint8 (H, W, 3).

    image: BGR uint8 (H, W, 3); alpha: float32 (H, W) in 0..1. Otherwise the file would still contain the room's colours
    behind transparent pixels.
    """
    return Compositor().cut_out(Frame(image, 0, 0.0, 0.0), alpha, Settings())


class Compositor:
    """`over` and `cut_out` with the person's own colours (foreground.py) and light (relight.py) as the settings say.

    Where alpha rounds to 0 the pixels are exact copies of the background; where it is 1, of the frame, unless a setting
    changes the person's light. foreground `plain` without a change of light equals the function `over`; a cut-out
    ignores `plain`. plate: the empty room as this frame would show it, BGR uint8 (H, W, 3); it makes the colours of the
    soft edge exact.
    """

    def __init__(self) -> None:
        self._estimator: Estimator | None = None
        self._tones = Tones()

    def reset(self) -> None:
        """Forgets earlier frames (a new source or size)."""
        self._estimator = None
        self._tones.reset()

    def over(
        self, frame: Frame, alpha: Matte, background: Image, settings: Settings, plate: Image | None = None
    ) -> Image:
        """The composite, BGR uint8 (H, W, 3), as frame, background and plate; alpha: float32 (H, W) in 0..1."""
        hints, tones, light = self._about(frame, alpha, background, settings)
        return _compose(frame.image, alpha, background, False, hints, plate, tones, light)

    def over_planes(
        self, frame: Frame, alpha: Matte, background: Image, settings: Settings, planes: Planes, plate: Image | None
    ) -> Image:
        """The same composite as I420 uint8 (H * 3/2, W). planes: takes this frame."""
        hints, tones, light = self._about(frame, alpha, background, settings)
        room = NO_BYTES if plate is None else np.ascontiguousarray(plate).reshape(-1)
        return planes.compose(frame, alpha, background, hints, room, tones, light)

    def _about(
        self, frame: Frame, alpha: Matte, background: Image, settings: Settings
    ) -> tuple[tuple[NDArray[Any], ...], Image, Matte]:
        """What over_numba.compose needs to change the person's colours: the hints, the tones, the light."""
        if not (self._changes_tones(settings) or settings.light_wrap or settings.foreground == "estimated"):
            return NO_HINTS, NO_BYTES, NO_NUMBERS
        estimator, tones, light = self._look(frame, alpha), NO_BYTES, NO_NUMBERS
        if settings.colour_match or settings.low_light or settings.light_wrap:
            small = np.asarray(cv2.resize(background, estimator.size, interpolation=cv2.INTER_LINEAR), np.uint8)
            tones = self._tones.curves(estimator.small, estimator.small_alpha, small, frame.media_time_s, settings)
            if settings.light_wrap:
                light = wrap(small, estimator.small_alpha, settings.light_wrap)
        return estimator.hints(settings.foreground == "estimated"), tones, light

    def cut_out(self, frame: Frame, alpha: Matte, settings: Settings, plate: Image | None = None) -> Image:
        """Straight foreground colour, BGR uint8 (H, W, 3), black wherever alpha rounds to 0; no light_wrap.

        alpha: float32 (H, W) in 0..1; plate: BGR uint8 (H, W, 3).
        """
        estimator, tones = self._look(frame, alpha, is_cut_out=True), NO_BYTES
        if self._changes_tones(settings) and settings.low_light:
            tones = self._tones.curves(estimator.small, estimator.small_alpha, None, frame.media_time_s, settings)
        hints = estimator.hints(is_estimated=True, is_cut_out=True)
        return _compose(frame.image, alpha, _black(*alpha.shape), True, hints, plate, tones)

    def _changes_tones(self, settings: Settings) -> bool:
        """Whether a setting changes the person's light; where none does, it forgets the measurements."""
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
    # New memory, because sinks in other threads keep it; reusing memory is hardly faster (tests/bench/compositing.py).
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
