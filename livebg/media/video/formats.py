"""How each kind of file is encoded: container, codec, pixel format and options, by file ending and content.

Knows nothing about files or frames. What each costs: tests/bench/sinks.py. tests/sinks/test_video_file.py
keeps what each of them must hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from livebg.core.errors import SinkError

Content = Literal["colour", "colour and alpha", "matte"]

# 1/360000 s holds the times of 23.976, 24, 25, 29.97, 30, 50, 59.94, 60 fps and of 90 kHz streams without rounding.
_MP4_TICKS_PER_S = 360_000
_MOV_TICKS_PER_S = 90_000  # above 100000 QuickTime may refuse a long file, says FFmpeg's muxer
_MATROSKA_TICKS_PER_S = 1_000  # all that FFmpeg's Matroska and WebM muxers can write

# A file in the making is a row of closed pieces of about 1 s, so it plays after a kill; a good end makes it an ordinary
# MP4/MOV ("hybrid"). Written at once, and starting at the first frame's own time instead of at 0.
_KEPT = {"flush_packets": "1", "avoid_negative_ts": "make_non_negative"}
_MP4 = _KEPT | {"movflags": "hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof"}
_MOV_INTRA = _KEPT | {"movflags": "hybrid_fragmented+empty_moov+default_base_moof", "frag_duration": "200000"}
_MATROSKA = _KEPT | {"cluster_time_limit": "1000"}

# zerolatency: every frame that went in has come out, so a kill loses no more than the unfinished piece.
_H264 = {"preset": "superfast", "tune": "zerolatency", "crf": "20", "forced-idr": "1"}
_VP9 = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "30", "lag-in-frames": "0", "auto-alt-ref": "0"}
FFV1 = {"level": "3", "slices": "4", "slicecrc": "1"}
PRORES = {"profile": "4444", "alpha_bits": "8", "vendor": "apl0"}


@dataclass(frozen=True, slots=True)
class Encoding:
    """array_format: what the arrays hold, by FFmpeg's names; pixel_format: what the codec is given."""

    container: str
    container_options: dict[str, str]
    ticks_per_s: int
    codec: str
    codec_options: dict[str, str]
    array_format: str
    pixel_format: str
    is_intra: bool = False
    lighter: str = "a smaller --size or --fps"  # what to choose where this is too slow

    @property
    def is_yuv(self) -> bool:
        return self.pixel_format.startswith("yuv")

    def options_at(self, height: int, width: int) -> dict[str, str]:
        """The codec's options for a picture of this size."""
        return with_slices_for(self.codec_options, height, width)

    @property
    def needs_even_size(self) -> bool:
        return "420" in self.pixel_format

    @property
    def sound_codec(self) -> str:
        """Lossless beside a lossless picture, else what every player of this container knows."""
        if self.container in ("mp4", "mov"):
            return "aac"
        return "flac" if self.codec == "ffv1" else "libopus"


def with_slices_for(options: dict[str, str], height: int, width: int) -> dict[str, str]:
    """A codec's options for a picture of this size: FFV1 cannot cut a single row or column into slices."""
    is_too_small = "slices" in options and min(height, width) < 2
    return options | {"slices": "1"} if is_too_small else options


def _mp4(codec: str, options: dict[str, str], source: str, pixels: str) -> Encoding:
    return Encoding("mp4", _MP4, _MP4_TICKS_PER_S, codec, options, source, pixels)


def _matroska(container: str, codec: str, options: dict[str, str], source: str, pixels: str, *lighter: str) -> Encoding:
    is_intra = codec == "ffv1"
    return Encoding(container, _MATROSKA, _MATROSKA_TICKS_PER_S, codec, options, source, pixels, is_intra, *lighter)


ENCODINGS: dict[tuple[Content, str], Encoding] = {
    ("colour", ".mp4"): _mp4("libx264", _H264, "bgr24", "yuv420p"),
    ("colour", ".mkv"): _matroska("matroska", "libx264", _H264, "bgr24", "yuv420p"),
    ("colour", ".mov"): Encoding("mov", _MP4, _MOV_TICKS_PER_S, "libx264", _H264, "bgr24", "yuv420p"),
    ("colour", ".webm"): _matroska("webm", "libvpx-vp9", _VP9, "bgr24", "yuv420p", ".mp4 (H.264)"),
    ("colour and alpha", ".mkv"): _matroska("matroska", "ffv1", FFV1, "bgra", "bgra", ".webm (VP9)"),
    ("colour and alpha", ".mov"): Encoding(
        *("mov", _MOV_INTRA, _MOV_TICKS_PER_S, "prores_ks", PRORES, "bgra", "yuva444p10le"),
        is_intra=True,
        lighter=".webm (VP9) or .mkv (FFV1)",
    ),
    ("colour and alpha", ".webm"): _matroska("webm", "libvpx-vp9", _VP9, "bgra", "yuva420p"),
    ("matte", ".mkv"): _matroska("matroska", "ffv1", FFV1, "gray", "gray"),
}
STILLS: dict[Content, tuple[str, ...]] = {
    "colour": (".png", ".jpg", ".jpeg"),
    "colour and alpha": (".png",),
    "matte": (".png",),
}
_WHY_NOT = {
    "colour": "",
    "colour and alpha": " holds no transparency, which the background 'none' needs",
    "matte": " does not hold a matte without loss",
}


def known_endings(content: Content) -> list[str]:
    """['.mp4', '.mkv', ...]: what this content can be written to, videos first."""
    return [suffix for kind, suffix in ENCODINGS if kind == content] + list(STILLS[content])


def encoding_for(where: str, content: Content) -> Encoding | None:
    """The video encoding that the file's ending asks for, None for a still. Raises SinkError naming those that can."""
    suffix = Path(where).suffix.lower()
    if suffix in STILLS[content]:
        return None
    if (content, suffix) in ENCODINGS:
        return ENCODINGS[content, suffix]
    endings = ", ".join(known_endings(content))
    if suffix in known_endings("colour"):
        raise SinkError(f"output {where}: {suffix}{_WHY_NOT[content]}; use {endings}")
    if content == "matte":
        raise SinkError(f"output {where}: a matte is recorded to {endings}; use one of these endings")
    raise SinkError(f"output {where}: is neither virtual-camera[:DEVICE], window, nor a file that ends in {endings}")
