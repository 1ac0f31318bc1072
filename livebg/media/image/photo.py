"""Reads a picture file with all that is worth keeping: 16 bits, its own colours and their profile, metadata.

Pillow knows formats, profiles and metadata; OpenCV reads what Pillow cannot: 16 bits of several colours. A file is
untrusted: whatever its content, the result is a Photo or a SourceError. Caller's thread.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from livebg.core.errors import SourceError
from livebg.core.types import Image, Matte
from livebg.media.image.colour import SRGB, converted, is_usable, plain
from livebg.media.image.colour_space import Colours, as_srgb, colours_of
from livebg.media.image.metadata import about_of
from livebg.media.image.read import NEUTRAL, PictureFile, in_gray_of_eight_bits, is_raw, reason_against, with_alpha
from livebg.media.image.types import About, Photo, Samples

ENDINGS = {
    ".jpg": ("JPEG", "MPO"),
    ".png": ("PNG",),
    ".webp": ("WEBP",),
    ".tif": ("TIFF",),
    ".avif": ("AVIF",),
    ".bmp": ("BMP",),
    ".gif": ("GIF",),
    ".ppm": ("PPM",),
    ".jp2": ("JPEG2000",),
    ".heic": ("HEIF",),
}
FOUND_BY = frozenset((*ENDINGS, ".jpeg", ".jpe", ".tiff", ".heif", ".mpo", ".pgm", ".pnm", ".j2k"))  # in folders
DEEP = ("RGB;16", "RGBA;16", "I;16", "LA;16")  # Pillow's names for 16-bit samples that OpenCV returns unchanged


def read_photo(path: Path, data: bytes = b"") -> Photo:
    """The photo in the file, or in `data` as if it were the content of that file. Raises SourceError."""
    file = PictureFile(path, "picture", SourceError, data)
    if not data:
        if not path.exists():
            raise SourceError(f"picture {path} does not exist; check the name")
        file.check()
    with contextlib.suppress(ImportError):  # for those who have it
        importlib.import_module("pillow_heif").register_heif_opener()
    with file.reading():
        head = data[:512] or _head(path)
        if not is_raw(path):
            with contextlib.suppress(UnidentifiedImageError), file.opened() as picture:
                return _photo(picture, file)
    raise SourceError(f"picture {path} {reason_against(path, head)}")


def photo_of(picture: Pillow.Image) -> Photo:
    """The picture in memory, as it lies: EXIF turns nothing, so that the alpha fits it. Raises SourceError."""
    name = Path(str(getattr(picture, "filename", "") or "in memory"))
    file = PictureFile(name, "picture", SourceError)
    with file.reading():
        if 0 in picture.size:
            raise ValueError(f"it is {picture.width}x{picture.height} px")
        own, transparency, _ = _shallow(picture, colours_of(picture, bytes), False, bytes)
    image = own if transparency is None else _on_neutral(own, transparency)
    return Photo(image, own, transparency, About(), ".png")


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(512)


def in_eight_bits(samples: Samples) -> Image:
    """uint8 or uint16 (H, W, …) → uint8 of the same shape, rounded; the same memory if it is uint8 already."""
    if samples.dtype == np.uint8:
        return samples.view(np.uint8)
    return np.asarray(cv2.convertScaleAbs(samples, alpha=1 / 257), np.uint8)


def _photo(picture: Pillow.Image, file: PictureFile) -> Photo:
    notes, mode, is_deep = [], picture.mode, _is_deep(picture)
    count = getattr(picture, "n_frames", 1)
    if count > 1 and picture.format != "MPO":  # whose other pictures are views of the same scene
        notes.append(f"livebg takes the first of its {count} pictures")
    ending = next(each for each, formats in ENDINGS.items() if picture.format in formats)
    colours = colours_of(picture, file.content)
    has_profile = is_usable(colours.profile) if colours.profile else False
    profile = plain(colours.profile) if has_profile else SRGB
    is_kept = not colours.transfer and has_profile == bool(profile)  # its samples stay unchanged
    picture.load()
    if is_deep and is_kept:
        about, turn = about_of(picture, profile)
        own, transparency = _deep(file, turn)
    else:
        own, transparency, is_kept = _shallow(picture, colours, is_kept, file.content)
        about, turn = about_of(picture, profile if is_kept else SRGB)
        own = _turned(own, turn)
        transparency = None if transparency is None else _turned(transparency, turn)
    if colours.note:
        notes.append(colours.note)
    elif mode in ("CMYK", "YCCK", "LAB"):
        notes.append(f"its {mode} colours became sRGB")
    elif has_profile and not profile:
        notes.append("its colours became sRGB: their profile consists of tables, which livebg does not keep")
    image = converted(in_eight_bits(own), about.profile, SRGB)
    if transparency is not None:
        image = _on_neutral(image, transparency)
    return Photo(image, own, transparency, about, ending, tuple(notes))


def _is_deep(picture: Pillow.Image) -> bool:
    """Whether it has 16-bit samples of a kind that OpenCV reads: straight colours, or gray."""
    tiles = getattr(picture, "tile", ())
    arguments = tiles[0].args if tiles else ""
    kind = str(arguments[0] if isinstance(arguments, tuple) else arguments)
    if isinstance(picture, TiffImageFile):
        bits, kinds, colours = (picture.tag_v2.get(each) for each in (258, 339, 262))
        are_whole = kinds is None or set(kinds) == {1}
        return set(bits or ()) == {16} and are_whole and colours in (1, 2) and not kind.startswith("RGBa")
    return picture.format == "PNG" and kind.startswith(DEEP)


def _deep(file: PictureFile, turn: int) -> tuple[Samples, Matte | None]:
    """The file's samples, BGR uint16 (H, W, 3), upright; transparency, float32 (H, W) in 0..1, or None."""
    content = np.frombuffer(file.data, np.uint8) if file.data else np.fromfile(file.path, np.uint8)
    decoded: Any = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)  # turns a TIFF, and nothing else, by its orientation
    if decoded is None or decoded.dtype != np.uint16:
        raise ValueError("its 16-bit samples cannot be read")
    upright = _turned(decoded, turn)
    if upright.ndim == 2:
        return np.asarray(cv2.merge([upright] * 3), np.uint16), None
    if upright.shape[2] == 3:
        return np.ascontiguousarray(upright), None
    share = upright[..., 3].astype(np.float32) * np.float32(1 / 65535)
    return np.ascontiguousarray(upright[..., :3]), share


def _turned(samples: NDArray[Any], turn: int) -> NDArray[Any]:
    """(H, W, …) samples upright, by the EXIF orientation 1 to 8."""
    if turn >= 5:
        samples = samples.swapaxes(0, 1)
    down, across = (slice(None, None, -1) if turn in each else slice(None) for each in ((3, 4, 7, 8), (2, 3, 6, 7)))
    return np.ascontiguousarray(samples[down, across])


def _shallow(
    picture: Pillow.Image, colours: Colours, is_kept: bool, content: Callable[[], bytes]
) -> tuple[Image, Matte | None, bool]:  # fmt: skip
    """BGR uint8 (H, W, 3), not yet upright; transparency, float32 (H, W) in 0..1, or None; True if the samples are the
    file's own, False for sRGB. is_kept: the caller prefers the file's own."""
    picture = with_alpha(in_gray_of_eight_bits(picture))
    is_kept = is_kept and picture.mode in ("RGB", "RGBA")
    flat = picture.convert("RGB") if is_kept else as_srgb(picture, colours, content)
    own = np.asarray(cv2.cvtColor(np.asarray(flat), cv2.COLOR_RGB2BGR), np.uint8)
    if picture.mode != "RGBA":
        return own, None, is_kept
    alpha = np.asarray(picture.getchannel("A"))
    if alpha.min() == 255:
        return own, None, is_kept
    return own, alpha.astype(np.float32) * np.float32(1 / 255), is_kept


def _on_neutral(image: Image, transparency: Matte) -> Image:
    """BGR uint8 (H, W, 3) over a neutral dark tone, by the transparency, float32 (H, W) in 0..1."""
    shares = cv2.merge([transparency] * 3)
    below = np.array(NEUTRAL[::-1], np.float32)
    return np.asarray(below + (image - below) * shares + np.float32(0.5), np.uint8)
