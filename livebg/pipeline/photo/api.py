"""One picture for the Python API, processed exactly as by `livebg image`. Caller's thread.

Any number of threads may call: livebg does their pictures one after another, since an engine takes one at a time, and
its own threads already use all cores.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from livebg.core.errors import SettingsError, SourceError
from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.types import Image, Matte
from livebg.media.image.formats import Content
from livebg.media.image.types import About, Photo

_ONE_AT_A_TIME = threading.Lock()


def matte(image: Image | str | Path, values: Mapping[str, Any]) -> Matte:
    """Alpha float32 (H, W) in 0..1 of a BGR uint8 (H, W, 3) picture, or of the one in a file, upright."""
    settings = change(Settings(), values)
    with _ONE_AT_A_TIME:
        load_opencv()
        photo = _photo(image)
        from livebg.pipeline.photo.processor import PhotoProcessor

        return PhotoProcessor(settings, has_background=False, is_premultiplied=False).alpha(photo)


def composite(image: Image | str | Path, values: Mapping[str, Any]) -> Image:
    """BGR uint8 (H, W, 3), or BGRA uint8 (H, W, 4) for the background `none`; sRGB, whatever the file's colours are."""
    settings = change(Settings(), values)
    with _ONE_AT_A_TIME:
        load_opencv()
        photo = _in_srgb(_photo(image))
        from livebg.pipeline.photo.processor import PhotoProcessor

        processor = PhotoProcessor(settings, has_background=True, is_premultiplied=False)
        try:
            content: Content = "alpha" if processor.is_transparent else "composite"
            return np.asarray(processor.samples(photo, processor.alpha(photo), content, is_deep=False), np.uint8)
        finally:
            processor.close()


def _photo(image: Any) -> Photo:
    """Raises SettingsError, SourceError."""
    if isinstance(image, str | Path):
        from livebg.media.image.photo import read_photo

        try:
            path = Path(image).expanduser()
        except RuntimeError as cause:  # Python raises it for an unknown ~user
            raise SourceError(f"picture {image} cannot be found: {cause}; give its whole path") from cause
        return read_photo(path)
    expected = "a picture is a BGR uint8 array of shape (H, W, 3), or a file's path"
    if not isinstance(image, np.ndarray):
        raise SettingsError(f"{expected}, not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise SettingsError(f"{expected}, not {image.dtype} {image.shape}")
    picture = np.ascontiguousarray(image)
    return Photo(picture, picture, None, About(), ".png")


def _in_srgb(photo: Photo) -> Photo:
    """8 bits a colour; transparent areas do not become a neutral tone."""
    from livebg.media.image.colour import SRGB, converted
    from livebg.media.image.photo import in_eight_bits

    own = converted(in_eight_bits(photo.own), photo.about.profile, SRGB)
    return replace(photo, own=own, about=About())
