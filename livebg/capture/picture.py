"""A still picture as a source: decoded by Pillow, turned upright, flattened to 8-bit colour.

At its own pace it repeats for ever, as a camera before a motionless room; every frame in turn, it is one frame.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from livebg.capture.playback import Picture
from livebg.errors import SourceError
from livebg.stages import Image

# Pillow also claims formats that it cannot show or that run other programs (MPEG, EPS): only these are pictures.
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF", "JPEG2000")
_ANIMATED = ("GIF", "PNG")  # these are left to PyAV when they move


class Still:
    """A clip of one picture."""

    def __init__(self, path: Path, image: Image, fps: float, pace: str) -> None:
        self.name = path.name
        self.height, self.width = image.shape[:2]
        self.fps = fps
        self._image = image
        self._count = 1 if pace == "every-frame" else None

    def pictures(self) -> Iterator[Picture]:
        numbers = itertools.count() if self._count is None else range(self._count)
        return (Picture(number / self.fps, lambda: self._image) for number in numbers)

    def close(self) -> None:
        """Nothing is held open."""


def load_picture(path: Path) -> Image | None:
    """BGR uint8 (H, W, 3), upright, without alpha; None if the file's content is no still picture.

    Raises SourceError for a picture that is damaged or larger than Pillow's limit against decompression bombs.
    """
    Pillow.init()
    known = [each for each in _FORMATS if each in Pillow.OPEN]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(path, formats=known) as picture:
                if picture.format in _ANIMATED and getattr(picture, "is_animated", False):
                    return None
                return _flattened(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError:
        return None
    except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError) as cause:
        raise SourceError(
            f"picture {path} is too large to be read safely; make it smaller than 89 million pixels"
        ) from cause
    except (OSError, SyntaxError, ValueError, EOFError) as cause:
        raise SourceError(
            f"picture {path} is damaged: {cause}; open it in an image program and save it anew"
        ) from cause


def _flattened(picture: Pillow.Image) -> Image:
    """Any mode → BGR uint8 (H, W, 3); alpha is laid over white."""
    if picture.mode.startswith("I"):  # 16 bits a pixel: Pillow's own conversion would clip everything above 255
        values = np.clip(np.asarray(picture), 0, 65535) // 257
        return np.repeat(values.astype(np.uint8)[..., None], 3, axis=2)
    if picture.has_transparency_data:
        with_alpha = picture.convert("RGBA")
        picture = Pillow.alpha_composite(Pillow.new("RGBA", picture.size, "white"), with_alpha)
    bgr: Image = cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR)  # type: ignore[assignment]  # uint8 in, uint8 out
    return bgr
