"""Reading a picture file: what kind it is, how large, and its pixels as sRGB, upright, without alpha.

Knows nothing about frames or fitting. A file is untrusted: whatever is in it ends in pixels or a BackgroundError.
Runs in the thread that calls it.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from livebg.errors import BackgroundError
from livebg.stages import Image

LARGEST_PX = 3840  # a still's long side is kept at most this long: 8K pictures take 25 MB instead of 100
NEUTRAL = (48, 50, 52)  # RGB behind the transparent parts of a picture
ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF"})  # whose further pictures are moments; an MPO's are other views
# What Pillow's decoders were seen to raise on damaged files, its guard against decompression bombs included.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    ZeroDivisionError,
    MemoryError,
    struct.error,
    Pillow.DecompressionBombError,
    Pillow.DecompressionBombWarning,
)


def check_file(path: Path) -> None:
    """Raises BackgroundError unless this is a plain file with something in it (a pipe would hold the program up)."""
    if path.is_dir():
        raise BackgroundError(f"background {path} is a folder; name a file in it, or pass it as --background-folder")
    if not path.is_file():
        raise BackgroundError(f"background {path} is not a plain file; give a picture or a video file")
    if path.stat().st_size == 0:
        raise BackgroundError(f"background {path} is empty (0 bytes); give a picture or a video file")


def identify(path: Path) -> str:
    """'still', 'animation', or '' for what is no picture and may be a video. Raises BackgroundError."""
    with reading(path):
        try:
            with _opened(path) as picture:
                is_moving = picture.format in ANIMATED and getattr(picture, "is_animated", False)
                return "animation" if is_moving else "still"
        except UnidentifiedImageError:
            return ""


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) as it will be shown, px. Raises BackgroundError."""
    with reading(path), _opened(path) as picture:
        is_turned = picture.getexif().get(0x0112, 1) >= 5  # EXIF orientation: 5 to 8 lie on their side
        return (picture.height, picture.width) if is_turned else picture.size


def load_picture(path: Path) -> Image:
    """BGR uint8 (H, W, 3), its long side at most LARGEST_PX. Raises BackgroundError."""
    with reading(path), _opened(path) as picture:
        picture.draft("RGB", (LARGEST_PX, LARGEST_PX))  # a JPEG can be halved while it is decoded
        picture.load()
        upright = ImageOps.exif_transpose(to_rgb(picture))
        upright.thumbnail((LARGEST_PX, LARGEST_PX), Pillow.Resampling.LANCZOS)
        return np.asarray(cv2.cvtColor(np.asarray(upright), cv2.COLOR_RGB2BGR), np.uint8)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever a damaged file makes Pillow raise becomes a BackgroundError."""
    try:
        yield
    except UNREADABLE as cause:
        raise _unreadable(path, cause) from cause


def to_rgb(picture: Pillow.Image) -> Pillow.Image:
    """Any mode → RGB in sRGB: profiles applied, 16 bit brought to 8, alpha laid on a neutral dark tone."""
    exif = picture.getexif()
    if picture.mode.startswith("I"):  # 16-bit grey, which Pillow's own convert() would clip to white
        grey = np.asarray(picture).astype(np.float32) / 257
        picture = Pillow.fromarray(grey.clip(0, 255).astype(np.uint8))
    if picture.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    flat = _in_srgb(picture)
    if picture.mode == "RGBA":
        below = Pillow.new("RGB", picture.size, NEUTRAL)
        below.paste(flat, mask=picture.getchannel("A"))
        flat = below
    flat.info["exif"] = exif.tobytes() if exif else b""
    return flat


def _unreadable(path: Path, cause: Exception) -> BackgroundError:
    """The failure for a damaged file, with the decoder's reason."""
    if isinstance(cause, Pillow.DecompressionBombError | Pillow.DecompressionBombWarning):
        most = (Pillow.MAX_IMAGE_PIXELS or 0) // 1_000_000
        return BackgroundError(f"background {path} is too large: over {most} million pixels; give a smaller picture")
    if isinstance(cause, PermissionError):
        return BackgroundError(f"background {path} may not be read: {cause.strerror}; check the file's permissions")
    reason = " ".join(str(cause).split()) or type(cause).__name__
    return BackgroundError(f"background {path} cannot be decoded as a picture: {reason}; is the file complete?")


@contextmanager
def _opened(path: Path) -> Iterator[Pillow.Image]:
    """The file's header; Pillow's warning about huge pictures (90 Mpx) is an error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        with Pillow.open(path) as picture:
            if 0 in picture.size:
                raise ValueError(f"it is {picture.width}x{picture.height} px")
            yield picture


def _in_srgb(picture: Pillow.Image) -> Pillow.Image:
    """The colours as sRGB; a profile that is damaged or does not fit the mode is left aside."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            colours = picture.convert("RGB") if picture.mode == "RGBA" else picture
            converted = ImageCms.profileToProfile(colours, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
        if converted is not None:
            return converted
    return picture.convert("RGB")
