"""Still backgrounds: a picture file or a plain colour, fitted to the frame; and `none`.

Caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageColor

from livebg.core.errors import BackgroundError
from livebg.core.types import Frame, Image, Matte

LARGEST_PX = 3840  # longest side of a still in memory: 8K pictures take 25 MB instead of 100


class OncePerSize:
    """Calls make(height, width) when the size changes; returns BGR uint8 (height, width, 3), not writeable."""

    def __init__(self, make: Callable[[int, int], Image]) -> None:
        self._make = make
        self._made = np.empty((0, 0, 3), np.uint8)

    def __call__(self, height: int, width: int) -> Image:
        """BGR uint8 (height, width, 3)."""
        if self._made.shape[:2] != (height, width):
            self._made = _frozen(self._make(height, width))
        return self._made


class ImageBackground:
    """A picture file. `picture` and `standby` return the same fitted picture, made once per size.

    It keeps the file's bytes for that, not the picture at its own size, which has forty times as many.
    """

    is_transparent = False
    needs_matte = False

    def __init__(self, path: Path, how: str) -> None:
        """how: cover, contain, stretch or tile. Raises BackgroundError."""
        from livebg.media.image.read import background_file  # brings the decoders, which a colour does not need

        file = background_file(path)
        self._file = replace(file, data=file.content())
        self._original: Image | None = self._file.load(LARGEST_PX)  # what is damaged shows now
        self._fitted = OncePerSize(lambda height, width: fit(self._taken(), height, width, how))

    def _taken(self) -> Image:
        """The picture at its own size, BGR uint8 (h, w, 3)."""
        taken, self._original = self._original, None
        return self._file.load(LARGEST_PX) if taken is None else taken

    def picture(self, frame: Frame, alpha: Matte) -> Image:  # noqa: ARG002 - the Protocol's shape
        """BGR uint8 (H, W, 3) for a frame of that size; alpha: float32 (H, W) in 0..1, not used."""
        return self.standby(frame.height, frame.width)

    def standby(self, height: int, width: int) -> Image:
        """BGR uint8 (height, width, 3)."""
        return self._fitted(height, width)

    def close(self) -> None:
        pass


class ColourBackground:
    """One plain colour, BGR."""

    is_transparent = False
    needs_matte = False

    def __init__(self, colour: tuple[int, int, int]) -> None:
        self._filled = OncePerSize(lambda height, width: np.full((height, width, 3), colour, np.uint8))

    def picture(self, frame: Frame, alpha: Matte) -> Image:  # noqa: ARG002 - the Protocol's shape
        """BGR uint8 (H, W, 3) for a frame of that size; alpha: float32 (H, W) in 0..1, not used."""
        return self.standby(frame.height, frame.width)

    def standby(self, height: int, width: int) -> Image:
        """BGR uint8 (height, width, 3)."""
        return self._filled(height, width)

    def close(self) -> None:
        pass


class TransparentBackground:
    """`none`: black behind a composite with alpha; a neutral picture while there is no matte."""

    is_transparent = True
    needs_matte = False

    def __init__(self) -> None:
        self._black = OncePerSize(lambda height, width: np.zeros((height, width, 3), np.uint8))
        self._standby = OncePerSize(neutral_standby)

    def picture(self, frame: Frame, alpha: Matte) -> Image:  # noqa: ARG002 - the Protocol's shape
        """Black, BGR uint8 (H, W, 3) for a frame of that size; alpha: float32 (H, W) in 0..1, not used."""
        return self._black(frame.height, frame.width)

    def standby(self, height: int, width: int) -> Image:
        """A neutral picture: BGR uint8 (height, width, 3)."""
        return self._standby(height, width)

    def close(self) -> None:
        pass


def parse_colour(text: str) -> tuple[int, int, int] | None:
    """'#rrggbb', '#rgb', 'rgb(…)', 'hsl(…)' or a CSS name → BGR in 0..255; None if it is no colour. Drops an alpha.

    Raises BackgroundError for text that begins with # and is no colour.
    """
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError as cause:
        if text.startswith("#"):
            raise BackgroundError(f"colour {text!r} is not #rgb or #rrggbb, e.g. #2b3a42") from cause
        return None
    return blue, green, red


def neutral_standby(height: int, width: int) -> Image:
    """BGR uint8 (height, width, 3): a soft dark gradient, brightest a little above the middle; not writeable."""
    down = (np.linspace(-1, 1, height, dtype=np.float32)[:, None] + 0.2) ** 2
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] ** 2
    light = np.exp(-0.8 * (down + across))[..., None] * np.array([26, 25, 24], np.float32)
    grain = np.random.default_rng(0).random((height, width, 1), np.float32)  # breaks up the bands of 26 levels
    return _frozen((24 + light + grain).astype(np.uint8))


def fit(picture: Image, height: int, width: int, how: str) -> Image:
    """BGR uint8 (h, w, 3) → (height, width, 3).

    cover: fills the frame, cut where a side is too long. contain: whole, over a dark blurred enlargement of itself.
    stretch: fills the frame without its proportions. tile: repeats from the top left at its own size, at most the
    frame's.
    """
    own_height, own_width = picture.shape[:2]
    if (own_height, own_width) == (height, width):
        return picture
    if how == "stretch":
        return _resized(picture, height, width)
    if how == "cover":
        scale = max(height / own_height, width / own_width)
        cut_height = min(own_height, max(1, round(height / scale)))
        cut_width = min(own_width, max(1, round(width / scale)))
        top, left = (own_height - cut_height) // 2, (own_width - cut_width) // 2
        return _resized(picture[top : top + cut_height, left : left + cut_width], height, width)
    scale = min(height / own_height, width / own_width)
    if how == "tile":
        scale = min(1.0, scale)
    inner = _resized(picture, max(1, round(own_height * scale)), max(1, round(own_width * scale)))
    if how == "tile":
        times = (-(-height // inner.shape[0]), -(-width // inner.shape[1]), 1)
        return np.ascontiguousarray(np.tile(inner, times)[:height, :width])
    fitted = _bars(picture, height, width)
    top, left = (height - inner.shape[0]) // 2, (width - inner.shape[1]) // 2
    fitted[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return fitted


def _bars(picture: Image, height: int, width: int) -> Image:
    """The picture over the whole frame, blurred, at half brightness; made at 1/16 size, where a blur costs nothing."""
    small = fit(picture, max(2, height // 16), max(2, width // 16), "cover")
    soft = cv2.convertScaleAbs(cv2.GaussianBlur(small, (0, 0), 2.0), alpha=0.5)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _resized(picture: Image, height: int, width: int) -> Image:
    is_smaller = height * width < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


def _frozen(picture: Image) -> Image:
    """The same pixels, write-protected: writing to a cached picture would spoil the whole call."""
    protected = picture.view()
    protected.flags.writeable = False
    return protected
