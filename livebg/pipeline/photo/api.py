"""Pictures for the Python API, processed exactly as by `livebg image`. Caller's thread.

Any number of threads may call: livebg does their pictures one after another, since an engine takes one at a time, and
its own threads already use all cores.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livebg.core.errors import LivebgError, SettingsError, SourceError
from livebg.core.keywords import in_keywords, plain_values
from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.threads import prefetched
from livebg.core.types import Image, Matte
from livebg.media.image.formats import Content
from livebg.media.image.types import About, Photo

if TYPE_CHECKING:
    from livebg.pipeline.photo.processor import PhotoProcessor

_ONE_AT_A_TIME = threading.Lock()
PICTURE = "a picture is a BGR uint8 array of shape (H, W, 3) (RGB with rgb=True), a file's path, or a Pillow image"


@in_keywords()
def matte(image: Any, values: Mapping[str, Any], is_rgb: bool = False) -> Matte:
    """Alpha float32 (H, W) in 0..1 of a picture; of one in a file: upright."""
    settings = change(Settings(), plain_values(values))
    load_opencv()
    return _alpha(_photo(image, is_rgb), settings)


@in_keywords()
def composite(image: Any, values: Mapping[str, Any], is_rgb: bool = False) -> Image:
    """BGR uint8 (H, W, 3), or BGRA uint8 (H, W, 4) for the background `none`; sRGB, whatever the file's colours are.
    is_rgb: RGB, RGBA."""
    settings = change(Settings(), plain_values(values))
    load_opencv()
    photo = _in_srgb(_photo(image, is_rgb))
    with _ONE_AT_A_TIME, closing(_processor(settings, has_background=True)) as processor:
        content: Content = "alpha" if processor.is_transparent else "composite"
        made = np.asarray(processor.samples(photo, processor.alpha(photo), content, is_deep=False), np.uint8)
    return _other_order(made) if is_rgb else made


def mattes(images: Iterable[Any], values: Mapping[str, Any], is_rgb: bool = False) -> Iterator[Matte]:
    """matte() of each. Raises SettingsError at once, and LivebgError at a picture, which it names."""
    with in_keywords():
        settings = change(Settings(), plain_values(values))
        is_one = isinstance(images, str | os.PathLike) or getattr(images, "ndim", 4) != 4
        if is_one or not isinstance(images, Iterable):
            raise SettingsError(
                f"mattes() takes a list of pictures, not one {type(images).__name__}; matte() takes one"
            )
    load_opencv()
    return _mattes(images, settings, is_rgb)


@in_keywords()
def _mattes(images: Iterable[Any], settings: Settings, is_rgb: bool) -> Iterator[Matte]:
    """A thread reads the next picture meanwhile."""
    photos = (_read(number, each, is_rgb) for number, each in enumerate(images))
    with prefetched(photos, 1, "livebg-photos") as ahead:
        for photo in ahead:
            if isinstance(photo, LivebgError):
                raise photo
            yield _alpha(photo, settings)


def _read(number: int, image: Any, is_rgb: bool) -> Photo | LivebgError:
    """The failure comes in its place, after the pictures before it."""
    try:
        return _photo(image, is_rgb)
    except LivebgError as failure:
        failure.args = (f"picture {number} of the list: {failure}",)
        return failure


def _alpha(photo: Photo, settings: Settings) -> Matte:
    with _ONE_AT_A_TIME, closing(_processor(settings, has_background=False)) as processor:
        return processor.alpha(photo)


def _processor(settings: Settings, has_background: bool) -> PhotoProcessor:
    from livebg.pipeline.photo.processor import PhotoProcessor

    return PhotoProcessor(settings, has_background, is_premultiplied=False)


def _photo(image: Any, is_rgb: bool) -> Photo:
    """Raises SettingsError, SourceError."""
    from PIL import Image as Pillow

    from livebg.media.image.photo import photo_of, read_photo

    if isinstance(image, str | os.PathLike):
        try:
            path = Path(image).expanduser()
        except (RuntimeError, TypeError) as cause:  # an unknown ~user; a path of bytes
            raise SourceError(f"picture {image!s} cannot be found: {cause}; give its whole path") from cause
        return read_photo(path)
    if isinstance(image, Pillow.Image):
        return photo_of(image)
    if not isinstance(image, np.ndarray):
        raise SettingsError(f"{PICTURE}, not {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise SettingsError(f"{PICTURE}, not {image.dtype} {image.shape}")
    picture = _other_order(image) if is_rgb else np.ascontiguousarray(image)
    return Photo(picture, picture, None, About(), ".png")


def _other_order(image: Image) -> Image:
    """BGR(A) → RGB(A), and back."""
    order = [2, 1, 0, *range(3, image.shape[2])]
    return np.ascontiguousarray(image[..., order])


def _in_srgb(photo: Photo) -> Photo:
    """8 bits a colour; transparent areas do not become a neutral tone."""
    from livebg.media.image.colour import SRGB, converted
    from livebg.media.image.photo import in_eight_bits

    own = converted(in_eight_bits(photo.own), photo.about.profile, SRGB)
    return replace(photo, own=own, about=About())
