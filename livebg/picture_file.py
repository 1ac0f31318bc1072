"""Reading a picture file: what kind it is, how large, and its pixels as sRGB, upright, without alpha.

For sources and backgrounds alike. Knows nothing about frames or fitting. A file is untrusted: whatever is in it ends
in pixels or in the failure that the room asks for. Runs in the thread that calls it.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from livebg.errors import LivebgError, SourceError
from livebg.stages import Image

NEUTRAL = (48, 50, 52)  # RGB behind the transparent parts of a picture
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF", "JPEG2000", "HEIF")
LARGEST_BYTES = 2**30  # of a file; 150 megapixels of 16 bits, bare, are 900 MB
_CHUNK_BYTES = 2**20
ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF"})  # whose further pictures are moments; an MPO's are other views


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One file; what: the word for it in messages ('background', 'source'); failure: what is raised.

    data: the file's content, where it came another way, as through a pipe; the path is only its name then.
    """

    path: Path
    what: str
    failure: type[LivebgError]
    data: bytes = field(default=b"", repr=False)

    def check(self) -> None:
        """Raises the failure unless this is a plain file with something in it (a pipe would hold the program up)."""
        if self.path.is_dir():
            raise self.failure(f"{self.what} {self.path} is a folder; name a picture or video file in it")
        if not self.path.is_file():
            raise self.failure(f"{self.what} {self.path} is not a plain file; give a picture or a video file")
        if self.path.stat().st_size > LARGEST_BYTES:
            raise self.failure(
                f"{self.what} {self.path} is too large for a picture: over {LARGEST_BYTES // 2**20} MiB; give another"
            )
        if self.path.stat().st_size == 0:
            raise self.failure(f"{self.what} {self.path} is empty (0 bytes); give a picture or a video file")

    def identify(self, animated: frozenset[str] = ANIMATED) -> str:
        """'still', 'animation', or '' for what is no picture and may be a video; animated: formats that may move."""
        with self.reading():
            try:
                with self.opened() as picture:
                    is_moving = picture.format in animated and getattr(picture, "is_animated", False)
                    return "animation" if is_moving else "still"
            except UnidentifiedImageError:
                return ""

    def size(self) -> tuple[int, int]:
        """(width, height) as it will be shown, px."""
        with self.reading(), self.opened() as picture:
            is_turned = picture.getexif().get(0x0112, 1) >= 5  # EXIF orientation: 5 to 8 lie on their side
            return (picture.height, picture.width) if is_turned else picture.size

    def load(self, largest_px: int = 0) -> Image:
        """BGR uint8 (H, W, 3); its long side at most largest_px, where that is not 0."""
        with self.reading(), self.opened() as picture:
            if largest_px:
                picture.draft("RGB", (largest_px, largest_px))  # a JPEG can be halved while it is decoded
            picture.load()
            upright = ImageOps.exif_transpose(to_rgb(picture))
            if largest_px:
                upright.thumbnail((largest_px, largest_px), Pillow.Resampling.LANCZOS)
            return np.asarray(cv2.cvtColor(np.asarray(upright), cv2.COLOR_RGB2BGR), np.uint8)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Whatever a damaged file makes Pillow raise becomes the failure, with the decoder's reason."""
        try:
            yield
        except Exception as cause:  # a dozen decoders raise what they like: SyntaxError, struct.error, RuntimeError ...
            raise self.failure(f"{self.what} {self.path} {_told(cause)}") from cause

    @contextmanager
    def opened(self) -> Iterator[Pillow.Image]:
        """The file's header; Pillow's warning about huge pictures (90 Mpx) is an error here."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(io.BytesIO(self.data) if self.data else self.path, formats=_known_formats()) as picture:
                if 0 in picture.size:
                    raise ValueError(f"it is {picture.width}x{picture.height} px")
                yield picture


def bounded(stream: BinaryIO) -> bytes:
    """All that comes, as long as it may be a picture; else its beginning. Raises SourceError."""
    content = io.BytesIO()
    while chunk := stream.read(_CHUNK_BYTES):
        content.write(chunk)
        if content.tell() == len(chunk) and not _may_be_picture(chunk[:16]):
            break  # why it is none is seen at its beginning; the rest may have no end
        if content.tell() > LARGEST_BYTES:
            raise SourceError(f"over {LARGEST_BYTES // 2**20} MiB came through stdin; give one picture")
    return content.getvalue()


def _may_be_picture(head: bytes) -> bool:
    """head: of the file, 16 bytes. HEIC's decoder may not be there yet."""
    accepts = [Pillow.OPEN[each][1] for each in _known_formats()]
    return head[4:8] == b"ftyp" or any(each is None or each(head) for each in accepts)


def load_named(name: str, what: str, failure: type[LivebgError], following: str, largest_px: int = 0) -> Image:
    """PictureFile.load of the file that a setting names, `~` the home folder; following: what to do if absent."""
    try:
        path = Path(name).expanduser()
    except RuntimeError as cause:  # the answer to an unknown ~user
        raise failure(f"{what} {name} cannot be found: {cause}") from cause
    if not path.exists():
        raise failure(f"{what} {name} does not exist (looked for {path.absolute()}); {following}")
    file = PictureFile(path, what, failure)
    file.check()
    return file.load(largest_px)


def _known_formats() -> list[str]:
    """What is a picture here: Pillow also claims formats that it cannot show or that run other programs (EPS)."""
    Pillow.init()
    return [each for each in FORMATS if each in Pillow.OPEN]


def _told(cause: Exception) -> str:
    if isinstance(cause, Pillow.DecompressionBombError | Pillow.DecompressionBombWarning):
        most = (Pillow.MAX_IMAGE_PIXELS or 0) // 1_000_000
        return f"is too large: over {most} million pixels; give a smaller picture"
    if isinstance(cause, PermissionError):
        return f"may not be read: {cause.strerror}; check the file's permissions"
    reason = " ".join(str(cause).split()) or type(cause).__name__
    return f"cannot be decoded as a picture: {reason}; is the file complete?"


def to_rgb(picture: Pillow.Image) -> Pillow.Image:
    """Any mode → RGB in sRGB: profiles applied, 16 bit brought to 8, alpha laid on a neutral dark tone."""
    exif = picture.getexif()
    if picture.mode.startswith("I"):  # 16-bit grey, which Pillow's own convert() would clip to white
        grey = np.asarray(picture).astype(np.float32) / 257
        picture = Pillow.fromarray(grey.clip(0, 255).astype(np.uint8))
    if picture.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    flat = in_srgb(picture)
    if picture.mode == "RGBA":
        below = Pillow.new("RGB", picture.size, NEUTRAL)
        below.paste(flat, mask=picture.getchannel("A"))
        flat = below
    flat.info["exif"] = exif.tobytes() if exif else b""
    return flat


def in_srgb(picture: Pillow.Image) -> Pillow.Image:
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
