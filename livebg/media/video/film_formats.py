"""How each kind of film is encoded: which codec an ending takes, with which options, at which quality.

Knows nothing about files, frames or hardware (film_encoders.py finds that). Values only. tests/sinks/test_part.py and
tests/sinks/test_joining.py decode what each of them gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from livebg.core.errors import SinkError
from livebg.media.video.encoders import Encoder, chosen, is_working
from livebg.media.video.formats import FFV1, PRORES

FilmContent = Literal["composite", "alpha", "foreground", "matte"]
AlphaKind = Literal["straight", "premultiplied"]

CONTAINERS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
SEQUENCES = (".png", ".webp", ".gif")  # pictures, or one file that is encoded from the first frame to the last at once

# What each ending can hold, first what "auto" takes.
_PICTURE = {
    ".mp4": ("h264", "h265", "av1", "vp9"),
    ".mkv": ("h264", "h265", "av1", "vp9", "ffv1", "prores"),
    ".mov": ("h264", "h265", "prores"),
    ".webm": ("vp9", "av1"),
    ".webp": ("webp",),
    ".gif": ("gif",),
    ".png": ("png",),
}
_ALPHA = {
    ".mov": ("prores",),
    ".webm": ("vp9",),
    ".mkv": ("ffv1", "vp9", "prores"),
    ".png": ("png",),
    ".webp": ("webp",),
    ".gif": ("gif",),
}
_MATTE = {
    ".mp4": ("h264", "h265", "av1", "vp9"),
    ".mkv": ("ffv1", "h264", "h265", "av1", "vp9", "prores"),
    ".mov": ("h264", "h265", "prores"),
    ".webm": ("vp9", "av1"),
    ".png": ("png",),
}
HOLDS: dict[str, dict[str, tuple[str, ...]]] = {
    "composite": _PICTURE,
    "foreground": _PICTURE,
    "alpha": _ALPHA,
    "matte": _MATTE,
}
CODECS = ("h264", "h265", "vp9", "av1", "prores", "ffv1", "png", "webp", "gif")

_EVERY_FRAME_WHOLE = {"g": "1"}
_PNG = {"pred": "up", "compression_level": "3"}  # 3x as fast as the default, a few per cent larger

_PARTS = {"webp": "ffv1", "gif": "ffv1"}  # what their parts are kept in until all is encoded at once


@dataclass(frozen=True, slots=True)
class Form:
    """What a film is written as, from its parts to the final file. Plain values: it may travel to another machine.

    codec: as asked for, "auto" resolved; encoder: of the parts. is_premultiplied: where the film carries alpha or is a
    foreground. picture_name: of a sequence's pictures, a pattern that takes their number; the film is a folder then.
    notes: what the user is told.
    """

    content: FilmContent
    suffix: str
    codec: str
    encoder: Encoder
    pixel_format: str
    quality: int
    is_premultiplied: bool = False
    picture_name: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def is_sequence(self) -> bool:
        return self.suffix in SEQUENCES

    @property
    def has_alpha(self) -> bool:
        return self.content == "alpha"

    @property
    def is_yuv(self) -> bool:
        return self.pixel_format.startswith(("yuv", "nv"))

    @property
    def needs_even_size(self) -> bool:
        """VP9 alone among the 4:2:0 codecs keeps an odd size."""
        return ("420" in self.pixel_format and self.codec != "vp9") or self.pixel_format in ("nv12", "yuv422p10le")


def form_for(
    path: Path, content: FilmContent, codec: str = "auto", quality: int = 75, encoder: str = "auto",
    alpha: str = "straight",
) -> Form:  # fmt: skip
    """The form that a path's ending asks for. Raises SinkError that names what can be had."""
    suffix = path.suffix.lower()
    codec = _codec_in(path, suffix, content, codec)
    if not 1 <= quality <= 100:
        raise SinkError(f"output {path}: a quality of {quality} is not between 1 and 100; 75 is usual")
    if alpha not in ("straight", "premultiplied"):
        raise SinkError(f"output {path}: alpha {alpha!r} is unknown; use straight or premultiplied")
    pixels = _pixel_format(content, codec)
    return Form(
        content=content,
        suffix=suffix,
        codec=codec,
        encoder=_encoder(path, content, codec, quality, encoder, pixels),
        pixel_format=pixels,
        quality=quality,
        is_premultiplied=alpha == "premultiplied" and content in ("alpha", "foreground") and codec != "gif",
        picture_name=_picture_name(path) if suffix == ".png" else "",
        notes=_notes(content, codec, alpha),
    )


def _codec_in(path: Path, suffix: str, content: FilmContent, codec: str) -> str:
    holds = HOLDS[content]
    if suffix not in holds:
        what = {"alpha": "transparency", "matte": "a matte"}.get(content, "a film")
        raise SinkError(f"output {path}: {suffix or 'no ending'} cannot hold {what}; use {', '.join(holds)}")
    if codec == "auto":
        return holds[suffix][0]
    if codec not in CODECS:
        raise SinkError(f"output {path}: codec {codec!r} is unknown; use auto, {', '.join(CODECS)}")
    if codec not in holds[suffix]:
        able = [each for each, codecs in holds.items() if codec in codecs]
        other = f", or an ending that holds {codec}: {', '.join(able)}" if able else ""
        raise SinkError(
            f"output {path}: {suffix} does not hold {content} as {codec}; use {', '.join(holds[suffix])}{other}"
        )
    return codec


def _pixel_format(content: FilmContent, codec: str) -> str:
    kind = _PARTS.get(codec, codec)
    if content == "alpha":
        return {"prores": "yuva444p10le", "vp9": "yuva420p", "png": "rgba"}.get(codec, "bgra")
    if kind in ("png", "ffv1") and content == "matte":
        return "gray"
    if codec in _PARTS:
        return "bgra"
    return {"prores": "yuv422p10le", "png": "rgb24"}.get(codec, "yuv420p")


def _encoder(path: Path, content: FilmContent, codec: str, quality: int, wanted: str, pixels: str) -> Encoder:
    if codec in ("h264", "h265", "vp9", "av1"):
        # A matte needs full range, and alpha a second plane, which hardware does not keep.
        place = wanted if content in ("composite", "foreground") else "software"
        encoder = chosen(codec, quality, place, where=str(path), works=is_working)
        return encoder.for_alpha() if pixels == "yuva420p" else encoder
    if codec == "prores":
        options = PRORES if content == "alpha" else {"profile": "hq", "vendor": PRORES["vendor"]}
        return Encoder("prores_ks", options, tag="ap4h" if content == "alpha" else "apch")
    return Encoder("png", _PNG) if codec == "png" else Encoder("ffv1", FFV1 | _EVERY_FRAME_WHOLE)


def _notes(content: FilmContent, codec: str, alpha: str) -> tuple[str, ...]:
    if codec == "gif" and content == "alpha":
        return ("GIF: a pixel is either shown or transparent, 256 colours a picture",)
    if content in ("alpha", "foreground"):
        return (f"{'alpha' if content == 'alpha' else 'foreground'}: {alpha}",)
    return ()


def _picture_name(path: Path) -> str:
    """clip.png → clip_%06d.png; a name that has a place for the number keeps it."""
    try:
        is_pattern = path.name % 1 != path.name % 2
    except (TypeError, ValueError):
        is_pattern = False
    return path.name if is_pattern else f"{path.stem.replace('%', '%%')}_%06d.png"
