"""Reads a picture file: its kind, its size, and its pixels as sRGB, upright, without alpha; or why it is no picture.

For sources and backgrounds; drops the file's metadata. A file is untrusted: whatever its content, the result is pixels
or the failure that the caller names. Caller's thread.
"""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from livebg.core.errors import BackgroundError, LivebgError, SourceError
from livebg.core.types import Image
from livebg.media.image.colour_space import Colours, as_srgb, colours_of

NEUTRAL = (48, 50, 52)  # RGB behind the transparent parts of a picture
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF", "JPEG2000", "HEIF")
USUAL = ("JPEG", "PNG", "BMP", "GIF", "PPM")  # of Pillow.preinit(); init() loads forty more
LARGEST_PX = 250_000_000  # phones take 200 million; 750 MB of RGB
LARGEST_BYTES = 3 * 2**29  # of a file; 250 megapixels of 16 bits, bare, are 1.5 GB
_CHUNK_BYTES = 2**20
# Their further pictures are later moments; an MPO's are other views.
ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PILLOW = threading.Lock()  # while livebg's limit replaces Pillow's, which is one for the whole process

log = logging.getLogger(__name__)
RAW = frozenset((".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"))
HEIC = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypheim", b"ftypheis")


class UnknownKindError(ValueError):
    """Samples that livebg cannot interpret; the text says what it found and what to do."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One file; what: its name in messages ('background', 'source'); failure: the error that its methods raise.

    data: the file's content if it came another way, such as a pipe; then the path is only a name.
    """

    path: Path
    what: str
    failure: type[LivebgError]
    data: bytes = field(default=b"", repr=False)

    def check(self) -> None:
        """Raises the failure unless this is a plain file with content (a pipe would block the program)."""
        if self.path.is_dir():
            raise self.failure(f"{self.what} {self.path} is a folder; name {self._wanted} in it")
        if not self.path.is_file():
            raise self.failure(f"{self.what} {self.path} is not a plain file; give {self._wanted}")
        if self.path.stat().st_size > LARGEST_BYTES:
            raise self.failure(
                f"{self.what} {self.path} is too large for a picture: over {LARGEST_BYTES // 2**20} MiB; give another"
            )
        if self.path.stat().st_size == 0:
            raise self.failure(f"{self.what} {self.path} is empty (0 bytes); give {self._wanted}")

    @property
    def _wanted(self) -> str:
        return "a picture or a video file" if self.what in ("background", "source") else "a picture"

    def identify(self, animated: frozenset[str] = ANIMATED) -> str:
        """'still', 'animation', or '' for no picture (perhaps a video); animated: formats that may move."""
        with self.reading():
            try:
                with self.opened() as picture:
                    is_moving = picture.format in animated and getattr(picture, "is_animated", False)
                    return "animation" if is_moving else "still"
            except UnidentifiedImageError:
                return ""

    def size(self) -> tuple[int, int]:
        """(width, height) of the upright picture, px."""
        with self.reading(), self.opened() as picture:
            is_turned = picture.getexif().get(0x0112, 1) >= 5  # EXIF orientation: 5 to 8 lie on their side
            return (picture.height, picture.width) if is_turned else picture.size

    def load(self, largest_px: int = 0) -> Image:
        """BGR uint8 (H, W, 3), sRGB, upright; its long side at most largest_px, if that is not 0."""
        with self.reading(), self.opened() as picture:
            colours = colours_of(picture, self.content)
            if colours.note:
                log.info("%s %s: %s", self.what, self.path.name, colours.note)
            if largest_px:
                picture.draft("RGB", (largest_px, largest_px))  # a JPEG decoder can halve the picture
            picture.load()
            upright = ImageOps.exif_transpose(to_rgb(picture, colours, self.content))
            if largest_px:
                upright.thumbnail((largest_px, largest_px), Pillow.Resampling.LANCZOS)
            return np.asarray(cv2.cvtColor(np.asarray(upright), cv2.COLOR_RGB2BGR), np.uint8)

    def content(self) -> bytes:
        """The whole file."""
        return self.data or self.path.read_bytes()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turns whatever Pillow raises for a damaged file into the failure, with the decoder's reason."""
        try:
            yield
        except Exception as cause:  # a dozen decoders raise what they like: SyntaxError, struct.error, RuntimeError ...
            raise self.failure(f"{self.what} {self.path} {_explained(cause)}") from cause

    @contextmanager
    def opened(self) -> Iterator[Pillow.Image]:
        """The picture after its header. Ignores Pillow's warnings; refuses more than LARGEST_PX."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with self._identified() as picture:
                if 0 in picture.size:
                    raise ValueError(f"it is {picture.width}x{picture.height} px")
                yield picture

    def _identified(self) -> Pillow.Image:
        with _PILLOW:
            usual, Pillow.MAX_IMAGE_PIXELS = Pillow.MAX_IMAGE_PIXELS, LARGEST_PX // 2  # it refuses twice as many
            try:
                Pillow.preinit()
                with contextlib.suppress(UnidentifiedImageError):
                    return self._opened_as(USUAL)
                return self._opened_as(_known_formats())
            except UnidentifiedImageError as cause:
                if self._head().startswith(TIFF):
                    raise UnknownKindError(
                        "is a TIFF that is damaged, or whose samples are of a kind that livebg does not read, as "
                        "colours of 32 bits are; save it again with 8 or 16 bits"
                    ) from cause
                raise
            finally:
                Pillow.MAX_IMAGE_PIXELS = usual

    def _opened_as(self, formats: list[str] | tuple[str, ...]) -> Pillow.Image:
        return Pillow.open(io.BytesIO(self.data) if self.data else self.path, formats=formats)

    def _head(self) -> bytes:
        if self.data:
            return self.data[:8]
        with self.path.open("rb") as stream:
            return stream.read(8)


def bounded(stream: BinaryIO) -> bytes:
    """The whole stream while it may be a picture; else its beginning. Raises SourceError."""
    content = io.BytesIO()
    while chunk := stream.read(_CHUNK_BYTES):
        content.write(chunk)
        if content.tell() == len(chunk) and not _may_be_picture(chunk[:16]):
            break  # its beginning shows why it is none; the rest may have no end
        if content.tell() > LARGEST_BYTES:
            raise SourceError(f"over {LARGEST_BYTES // 2**20} MiB came through stdin; give one picture")
    return content.getvalue()


def _may_be_picture(head: bytes) -> bool:
    """head: the file's first 16 bytes. HEIC's decoder may not be loaded yet."""
    accepts = [Pillow.OPEN[each][1] for each in _known_formats()]
    return head[4:8] == b"ftyp" or any(each is None or each(head) for each in accepts)


def load_named(name: str, what: str, failure: type[LivebgError], following: str, largest_px: int = 0) -> Image:
    """BGR uint8 (H, W, 3) of the file that a setting names; `~` is the home folder. See PictureFile.load.

    what: its name in messages; failure: the error to raise; following: what to do if the file is missing.
    """
    try:
        path = Path(name).expanduser()
    except RuntimeError as cause:  # for an unknown ~user
        raise failure(f"{what} {name} cannot be found: {cause}") from cause
    if not path.exists():
        raise failure(f"{what} {name} does not exist (looked for {path.absolute()}); {following}")
    file = PictureFile(path, what, failure)
    file.check()
    return file.load(largest_px)


def _known_formats() -> list[str]:
    """The formats that livebg reads: Pillow also claims some that it cannot show or that run other programs (EPS)."""
    Pillow.init()
    return [each for each in FORMATS if each in Pillow.OPEN]


def _explained(cause: Exception) -> str:
    if isinstance(cause, UnknownKindError):
        return str(cause)
    if isinstance(cause, Pillow.DecompressionBombError):
        return f"is too large: over {LARGEST_PX // 1_000_000} million pixels; give a smaller picture"
    if isinstance(cause, PermissionError):
        return f"may not be read: {cause.strerror}; check the file's permissions"
    reason = " ".join(str(cause).split()) or type(cause).__name__
    return f"cannot be decoded as a picture: {reason}; is the file complete?"


def to_rgb(picture: Pillow.Image, colours: Colours | None = None, content: Callable[[], bytes] = bytes) -> Pillow.Image:
    """Any mode → RGB in sRGB: applies profiles, maps HDR tones, puts alpha on a neutral dark tone.

    content(): the file's bytes; without them only the profile and EXIF define the colours.
    """
    exif = picture.getexif()
    colours = colours or colours_of(picture, content)
    picture = with_alpha(in_gray_of_eight_bits(picture))
    flat = as_srgb(picture, colours, content)
    if picture.mode == "RGBA":
        below = Pillow.new("RGB", picture.size, NEUTRAL)
        below.paste(flat, mask=picture.getchannel("A"))
        flat = below
    flat.info["exif"] = exif.tobytes() if exif else b""
    return flat


def with_alpha(picture: Pillow.Image) -> Pillow.Image:
    """RGBA of a picture with any kind of transparency; others unchanged."""
    if picture.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture


def in_gray_of_eight_bits(picture: Pillow.Image) -> Pillow.Image:
    """Gray of more bits, or of floats, as mode L, if the level of white is certain: Pillow's own convert() clips values
    above 255. Other modes unchanged. Raises UnknownKindError."""
    if picture.mode != "F" and not picture.mode.startswith("I"):
        return picture
    numbers = np.asarray(picture)
    tags = picture.tag_v2 if isinstance(picture, TiffImageFile) else {}
    if picture.mode == "I" and tags:
        raise UnknownKindError(
            "holds gray of 32 bits, or below 0, without a level for white; save it with 8 or 16 bits"
        )
    if picture.mode == "F":
        if not (np.isfinite(numbers).all() and numbers.min() >= 0 and numbers.max() <= 1.001):
            raise UnknownKindError(
                "holds gray in floats that are not all in 0 to 1; bring them there, or save it with 8 or 16 bits"
            )
        white = 1.0
    else:
        white = 2.0 ** tags.get(258, (16,))[0] - 1
    gray = np.clip(numbers.astype(np.float32) * np.float32(255 / white) + np.float32(0.5), 0, 255).astype(np.uint8)
    made = Pillow.fromarray(255 - gray if tags.get(262) == 0 else gray)
    made.info = {key: value for key, value in picture.info.items() if key != "transparency"}
    return made


def background_file(path: Path) -> PictureFile:
    """The file as a background picture; its failures are BackgroundErrors."""
    return PictureFile(path, "background", BackgroundError)


def is_raw(path: Path) -> bool:
    """A camera's raw file: Pillow would read only the small preview in it."""
    return path.suffix.lower() in RAW


def reason_against(path: Path, head: bytes) -> str:
    """Why the file is no picture, the rest of a sentence that begins with its name; head: its first 512 bytes."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if is_raw(path):
        return "is a camera's raw file; develop it first, to TIFF or JPEG"
    if head[4:12] in HEIC:
        return "is HEIC, which needs one more library: pip install pillow-heif; or convert it to JPEG"
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in head.lower()):
        return "is SVG, a drawing without pixels; export it as PNG first"
    if head.startswith(b"%PDF"):
        return "is a PDF; export its page as PNG first"
    if head[4:8] == b"ftyp" or head.startswith((b"\x1aE\xdf\xa3", b"RIFF")):
        return "is no picture but may be a video; try: livebg video"
    if head and all(each >= 32 or each in b"\t\r\n\f" for each in head):
        return "is no picture but text; give a JPEG, PNG, WebP, TIFF or AVIF file"
    return "is no picture that livebg knows; give a JPEG, PNG, WebP, TIFF or AVIF file"
