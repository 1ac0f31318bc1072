"""A still picture as a source: decoded by Pillow, turned upright, flattened to 8-bit colour.

At its own pace it repeats for ever, as a camera before a motionless room; every frame in turn, it is one frame.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from livebg.core.errors import SourceError
from livebg.core.types import Image
from livebg.media.image.read import PictureFile
from livebg.media.video.types import Picture

_MOVING = frozenset({"GIF", "PNG"})  # these are left to PyAV when they move; FFmpeg cannot play an animated WebP


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
    file = PictureFile(path, "source", SourceError)
    return file.load() if file.identify(_MOVING) == "still" else None
