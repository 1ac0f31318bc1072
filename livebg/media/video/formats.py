"""How each kind of video is encoded: container, codec and pixel format, by file ending (or address) and content.

One table for recordings, films and live streams; their encoders' profiles differ (encoders.py).
Values only. What each costs: tests/bench/sinks.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from livebg.core.errors import SinkError
from livebg.media.video.encoders import (
    INTRA,
    OFFLINE,
    PROFILES,
    REALTIME,
    STREAMING,
    Encoder,
    Profile,
    ProfileName,
    chosen,
    is_working,
    software,
)

Content = Literal["composite", "alpha", "foreground", "matte"]

# A growing recording is a series of closed pieces of about 1 s, so it plays after a kill; a normal end makes it an
# ordinary MP4/MOV ("hybrid"). The muxer writes at once, and starts at the first frame's own time instead of at 0.
_KEPT = {"flush_packets": "1", "avoid_negative_ts": "make_non_negative"}
_PIECES = _KEPT | {"movflags": "hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof"}
_SHORT_PIECES = _KEPT | {"movflags": "hybrid_fragmented+empty_moov+default_base_moof", "frag_duration": "200000"}
_CLUSTERS = _KEPT | {"cluster_time_limit": "1000"}


@dataclass(frozen=True, slots=True)
class Container:
    """name: FFmpeg's. ticks_per_s: of a recording's times; most_ticks_per_s: the finest of a film's times, 0 where the
    container counts ms. recording, intra_recording, film: the muxer's options. sound_codec: of a recording, which every
    player knows."""

    name: str
    ticks_per_s: int
    most_ticks_per_s: int
    recording: Mapping[str, str]
    intra_recording: Mapping[str, str]
    film: Mapping[str, str]
    sound_codec: str


_SENT = {"flush_packets": "1"}
_FLV = _SENT | {"flvflags": "no_duration_filesize"}
_RTSP = _SENT | {"rtsp_transport": "tcp"}
_FAST_START = {"movflags": "faststart"}
_FILM_CLUSTERS = {"cluster_time_limit": "2000"}
CONTAINERS = {
    # 1/360000 s holds the times of 23.976, 24, 25, 29.97, 30, 50, 59.94, 60 fps and of 90 kHz streams without rounding.
    ".mp4": Container("mp4", 360_000, 2**31 - 1, _PIECES, _SHORT_PIECES, _FAST_START, "aac"),
    # Above 100000 QuickTime may refuse a long file (FFmpeg's muxer says so).
    ".mov": Container("mov", 90_000, 100_000, _PIECES, _SHORT_PIECES, _FAST_START, "aac"),
    # FFmpeg's Matroska and WebM muxers can only write ms.
    ".mkv": Container("matroska", 1_000, 0, _CLUSTERS, _CLUSTERS, _FILM_CLUSTERS, "libopus"),
    ".webm": Container("webm", 1_000, 0, _CLUSTERS, _CLUSTERS, _FILM_CLUSTERS, "libopus"),
    # Live streams, by the scheme of their address. RTMP counts ms. RTSP over UDP is lost behind most routers.
    "rtmp": Container("flv", 1_000, 0, _FLV, _FLV, {}, "aac"),
    "rtsp": Container("rtsp", 1_000, 0, _RTSP, _RTSP, {}, "aac"),
    "whip": Container("whip", 1_000, 0, _SENT, _SENT, {}, "libopus"),
}
SEQUENCES = (".png", ".webp", ".gif")  # pictures, or one file that must be encoded from first to last frame at once

# What each ending can hold; "auto" uses the first, and recordings always do.
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
_PARTS = {"webp": "ffv1", "gif": "ffv1"}  # the codec of their parts until livebg encodes all at once

# What livebg can record: of a matte, only lossless forms.
RECORDINGS: tuple[tuple[Content, str], ...] = (
    *(("composite", each) for each in (".mp4", ".mkv", ".mov", ".webm")),
    *(("alpha", each) for each in (".mkv", ".mov", ".webm")),
    ("matte", ".mkv"),
)
STILLS: dict[Content, tuple[str, ...]] = {
    "composite": (".png", ".jpg", ".jpeg"),
    "alpha": (".png",),
    "matte": (".png",),
}
_WHY_NOT = {
    "composite": "",
    "alpha": " holds no transparency, which the background 'none' needs",
    "matte": " does not hold a matte without loss",
}
_LIGHTER = {  # the alternative if recording to this is too slow
    ("composite", "vp9"): ".mp4 (H.264)",
    ("alpha", "ffv1"): ".webm (VP9)",
    ("alpha", "prores"): ".webm (VP9) or .mkv (FFV1)",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How livebg sends a stream, or writes a recording or a film, from its parts to the final file. Values: other
    machines may get it.

    codec: the user's, "auto" resolved; encoder: of the parts. is_premultiplied: where the film carries alpha or is a
    foreground. picture_name: of a sequence's pictures, a pattern with a place for the number; the film is a folder
    then. notes: for the user.
    """

    content: Content
    suffix: str
    codec: str
    encoder: Encoder
    pixel_format: str
    quality: int
    profile_name: ProfileName = "offline"
    is_premultiplied: bool = False
    picture_name: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def profile(self) -> Profile:
        return PROFILES[self.profile_name]

    @property
    def is_recording(self) -> bool:
        """Pictures come as they happen, with times of their own: a recording or a live stream."""
        return self.profile is not OFFLINE

    @property
    def container(self) -> Container:
        """Not for a sequence."""
        return CONTAINERS[self.suffix]

    @property
    def muxer(self) -> tuple[str, Mapping[str, str]]:
        """FFmpeg's name of the container that livebg encodes into, and its options: a recording's own, a part's plain
        one."""
        if not self.is_recording:
            return "nut" if self.codec == "png" else "matroska", {}
        container = self.container
        return container.name, container.intra_recording if self.encoder.is_intra else container.recording

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
        """Of the 4:2:0 codecs, only VP9 keeps an odd size."""
        return ("420" in self.pixel_format and self.codec != "vp9") or self.pixel_format in ("nv12", "yuv422p10le")

    @property
    def sound_codec(self) -> str:
        """For a recording: lossless beside a lossless picture if the container can hold that."""
        sound = self.container.sound_codec
        return "flac" if sound == "libopus" and self.codec == "ffv1" else sound

    @property
    def lighter(self) -> str:
        """What the user can choose if a recording is too slow."""
        return _LIGHTER.get((self.content, self.codec), "a smaller --size or --fps")


def form_for(
    path: Path, content: Content, codec: str = "auto", quality: int = 75, encoder: str = "auto",
    alpha: str = "straight",
) -> Form:  # fmt: skip
    """A film's form by its path's ending. Raises SinkError that names the possible ones."""
    suffix = path.suffix.lower()
    codec = _codec_in(path, suffix, content, codec)
    if not 1 <= quality <= 100:
        raise SinkError(f"output {path}: a quality of {quality} is not between 1 and 100; 75 is usual")
    if alpha not in ("straight", "premultiplied"):
        raise SinkError(f"output {path}: alpha {alpha!r} is unknown; use straight or premultiplied")
    return Form(
        content=content,
        suffix=suffix,
        codec=codec,
        encoder=_encoder(path, content, codec, quality, encoder),
        pixel_format=_pixel_format(content, codec),
        quality=quality,
        is_premultiplied=alpha == "premultiplied" and content in ("alpha", "foreground") and codec != "gif",
        picture_name=_picture_name(path) if suffix == ".png" else "",
        notes=_notes(content, codec, alpha),
    )


def recording_form_for(where: str, content: Content) -> Form | None:
    """A recording's form by the file's ending; None for a still. Raises SinkError naming the possible endings."""
    suffix = Path(where).suffix.lower()
    if suffix in STILLS[content]:
        return None
    if (content, suffix) in RECORDINGS:
        return recording_form(content, suffix)
    endings = ", ".join(known_endings(content))
    if suffix in known_endings("composite"):
        raise SinkError(f"output {where}: {suffix}{_WHY_NOT[content]}; use {endings}")
    if content == "matte":
        raise SinkError(f"output {where}: a matte is recorded to {endings}; use one of these endings")
    raise SinkError(f"output {where}: is neither virtual-camera[:DEVICE], window, nor a file that ends in {endings}")


def recording_form(content: Content, suffix: str) -> Form:
    """One of RECORDINGS."""
    codec = HOLDS[content][suffix][0]
    encoder = software(codec, has_alpha=content == "alpha", profile=REALTIME)
    return Form(content, suffix, codec, encoder, _pixel_format(content, codec), 75, "realtime")


def stream_form(scheme: str, bits_per_s: int) -> Form:
    """Of a live stream to rtmp, rtsp or whip: H.264 at this rate at most, which the network's queue needs."""
    profile = {"profile": "baseline"} if scheme == "whip" else {}  # what every browser takes by WebRTC
    rate = {"b": str(bits_per_s), "maxrate": str(bits_per_s), "bufsize": str(bits_per_s)}
    encoder = Encoder("libx264", STREAMING.options["h264"] | profile | rate)
    return Form("composite", scheme, "h264", encoder, "yuv420p", 75, "streaming")


def known_endings(content: Content) -> list[str]:
    """['.mp4', '.mkv', ...]: the endings for recording this content, videos first."""
    return [*(suffix for kind, suffix in RECORDINGS if kind == content), *STILLS[content]]


def _codec_in(path: Path, suffix: str, content: Content, codec: str) -> str:
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


def _pixel_format(content: Content, codec: str) -> str:
    kind = _PARTS.get(codec, codec)
    if content == "alpha":
        return {"prores": "yuva444p10le", "vp9": "yuva420p", "png": "rgba"}.get(codec, "bgra")
    if kind in ("png", "ffv1") and content == "matte":
        return "gray"
    if codec in _PARTS:
        return "bgra"
    return {"prores": "yuv422p10le", "png": "rgb24"}.get(codec, "yuv420p")


def _encoder(path: Path, content: Content, codec: str, quality: int, wanted: str) -> Encoder:
    has_alpha, codec = content == "alpha", _PARTS.get(codec, codec)
    # A matte needs full range, and alpha a second plane; hardware keeps neither.
    if codec in INTRA or has_alpha or content == "matte":
        return software(codec, quality, has_alpha=has_alpha, profile=OFFLINE)
    return chosen(codec, quality, wanted, where=str(path), works=is_working)


def _notes(content: Content, codec: str, alpha: str) -> tuple[str, ...]:
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
