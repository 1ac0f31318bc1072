"""Chooses the encoder of a codec: one in hardware if it truly works here, else one in software.

Also: what a quality of 1..100 means for each encoder, and the options of the profiles: `REALTIME` for recordings,
`STREAMING` for live streams, `OFFLINE` for films. Runs in the thread that calls it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from livebg.core.errors import SinkError

log = logging.getLogger(__name__)

ProfileName = Literal["realtime", "streaming", "offline"]


@dataclass(frozen=True, slots=True)
class Profile:
    """Options of an encoding.

    options: of each codec's software encoder. key_frame_every_s: the longest distance. has_timed_keys: frames' times
    decide on key frames, since a camera's rate varies; else their count does. threads: of the encoder. is_exact: rounds
    colours to the nearest, in twice the time.
    """

    name: ProfileName
    options: Mapping[str, dict[str, str]]
    key_frame_every_s: float
    has_timed_keys: bool
    threads: int
    is_exact: bool


_FFV1 = {"level": "3", "slices": "4", "slicecrc": "1"}
_PNG = {"pred": "up", "compression_level": "3"}  # 3x as fast as the default, a few per cent larger

_VP9 = {"deadline": "good", "cpu-used": "4", "row-mt": "1", "tile-columns": "2", "b": "0", "lag-in-frames": "8"}

# The matting network needs the other cores. zerolatency, lag-in-frames: the encoder returns every frame at once, so a
# kill loses only the unfinished piece.
REALTIME = Profile(
    "realtime",
    {
        "h264": {"preset": "superfast", "tune": "zerolatency", "forced-idr": "1"},
        "vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "lag-in-frames": "0", "auto-alt-ref": "0"},
        "ffv1": _FFV1,
    },
    key_frame_every_s=1.0,
    has_timed_keys=True,
    threads=min(4, os.cpu_count() or 1),
    is_exact=False,
)
# No B frames (zerolatency): WebRTC has no order of display. Profile main: what every service and browser decodes. No
# key frames at cuts (sc_threshold): services want them at even distances.
STREAMING = replace(
    REALTIME,
    name="streaming",
    options={
        "h264": {
            "preset": "superfast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "profile": "main",
            "sc_threshold": "0",
        }
    },
    key_frame_every_s=2.0,
)
# No B frames: packets are in the order of their times, so livebg can join parts by copying; AV1 and VP9 hide theirs.
# They look ahead only a little: each 4K frame that waits takes 25 MB. The number of threads is the same on every
# machine: the encoder's output depends on it, and all parts of one film must match. lp=1: one picture at a time; with
# two SVT-AV1 4.1 loses a picture of some films, and often waits for it for ever.
OFFLINE = Profile(
    "offline",
    {
        "h264": {"preset": "veryfast", "bf": "0", "x264-params": "rc-lookahead=10"},
        "h265": {
            "preset": "fast",
            "x265-params": "bframes=0:open-gop=0:frame-threads=2:rc-lookahead=8:log-level=error",
        },
        "vp9": _VP9,
        "av1": {"preset": "8", "svtav1-params": "lp=1:hierarchical-levels=3:lookahead=8"},
        "ffv1": _FFV1,
        "png": _PNG,
    },
    key_frame_every_s=5.0,
    has_timed_keys=False,
    threads=4,
    is_exact=True,
)
PROFILES: dict[ProfileName, Profile] = {"realtime": REALTIME, "streaming": STREAMING, "offline": OFFLINE}

# Constant quality of each codec: its number at the quality 75, and how much larger it is for each point below.
# 75 is what their makers' guides call visually lossless to good: x264 20, x265 23, VP9 and SVT-AV1 30.
_QUALITY = {"h264": (20.0, 0.27), "h265": (23.0, 0.27), "vp9": (30.0, 0.42), "av1": (30.0, 0.42)}
USUAL_QUALITY = 75

_SOFTWARE = {
    "h264": "libx264",
    "h265": "libx265",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "ffv1": "ffv1",
    "prores": "prores_ks",
    "png": "png",
}
INTRA = ("ffv1", "prores", "png")  # encode every picture by itself; there is no quality to choose
_PRORES = {"profile": "hq", "vendor": "apl0"}
_PRORES_ALPHA = {"profile": "4444", "alpha_bits": "8", "vendor": "apl0"}
# libvpx encodes the alpha separately: hidden frames would separate the two.
_VP9_ALPHA = {"auto-alt-ref": "0", "lag-in-frames": "0"}
_LARGE_PX = 2560 * 1440
# At 48 px of width x265 (of PyAV 18) writes past its own memory, as glibc's checks show, and the process may die.
_NARROWEST_X265_PX = 50
_TAGS = {"h265": "hvc1"}  # Apple's players need it

_FAMILY = {"h264": "h264", "h265": "hevc", "vp9": "vp9", "av1": "av1"}
_KINDS = ("nvenc", "qsv", "amf", "videotoolbox", "vaapi", "v4l2m2m")
_DECODERS = {"av1": "libdav1d"}  # FFmpeg's own decodes AV1 in hardware only
_PROBE_WIDTH, _PROBE_HEIGHT, _PROBE_FRAMES = 640, 368, 8


@dataclass(frozen=True, slots=True)
class Encoder:
    """name: FFmpeg's. tag: of the codec in MP4 and MOV. device: kind of hardware that gets the frames, '' for none.
    bits_per_pixel: if the encoder has no constant quality, else 0. is_intra: encodes every picture by itself."""

    name: str
    options: dict[str, str] = field(default_factory=dict)
    tag: str = ""
    device: str = ""
    bits_per_pixel: float = 0.0
    is_hardware: bool = False
    is_intra: bool = False

    @property
    def or_software(self) -> str:
        """How advice goes on where this encoder fails: '' if it is one in software."""
        return ", or the software encoder" if self.is_hardware else ""

    def for_size(self, width: int, height: int) -> Encoder:
        """Looks less far ahead where pictures are large: x264 keeps 24 MB of each in 4K. Does not cut a single row or
        column into slices, which FFV1 refuses. Raises ValueError for what x265 would die of."""
        if self.name == "libx265" and width < _NARROWEST_X265_PX:
            raise ValueError(f"it takes no picture narrower than {_NARROWEST_X265_PX} px")
        if "slices" in self.options and min(height, width) < 2:
            return replace(self, options=self.options | {"slices": "1"})
        if "rc-lookahead" in self.options.get("x264-params", "") and width * height > _LARGE_PX:
            return replace(self, options=self.options | {"x264-params": "rc-lookahead=6"})
        return self


def chosen(codec: str, quality: int, place: str, *, where: str, works: Callable[[Encoder], bool]) -> Encoder:
    """place: "auto" takes hardware where `works` says so, "software" never, "hardware" or SinkError."""
    if place not in ("auto", "software", "hardware"):
        raise SinkError(f"output {where}: encoder {place!r} is unknown; use auto, software or hardware")
    if place == "software":
        return software(codec, quality)
    candidates = hardware(codec, quality)
    for each in candidates:
        if works(each):
            log.info("%s is encoded by the hardware: %s", codec, each.name)
            return each
    if place == "hardware":
        tried = ", ".join(each.name for each in candidates) or "none is built in"
        raise SinkError(f"output {where}: no hardware encoder for {codec} works here (tried: {tried}); use software")
    return software(codec, quality)


def crf(codec: str, quality: int) -> int:
    at_75, step = _QUALITY[codec]
    return round(at_75 + (75 - quality) * step)


def software(
    codec: str, quality: int = USUAL_QUALITY, *, has_alpha: bool = False, profile: Profile = OFFLINE
) -> Encoder:
    name, is_intra = _SOFTWARE[codec], codec in INTRA
    if codec == "prores":
        options, tag = (_PRORES_ALPHA, "ap4h") if has_alpha else (_PRORES, "apch")
    else:
        options, tag = dict(profile.options[codec]), _TAGS.get(codec, "")
    if codec == "vp9" and has_alpha:
        options |= _VP9_ALPHA
    if not is_intra:
        options["crf"] = str(crf(codec, quality))
    return Encoder(name, options, tag, is_intra=is_intra)


def hardware(codec: str, quality: int) -> list[Encoder]:
    """Those in this build of FFmpeg, with or without the hardware."""
    import av

    found = []
    for kind in _KINDS:
        name = f"{_FAMILY[codec]}_{kind}"
        try:
            av.Codec(name, "w")
        except ValueError:
            continue
        found.append(_hardware(name, kind, codec, quality))
    return found


def _hardware(name: str, kind: str, codec: str, quality: int) -> Encoder:
    number = str(crf(codec, quality))
    options = {
        "nvenc": {"preset": "p5", "rc": "vbr", "cq": number, "b": "0", "bf": "0"},
        "qsv": {"preset": "slow", "global_quality": number, "bf": "0"},
        "amf": {"quality": "quality", "rc": "cqp", "qp_i": number, "qp_p": number, "bf": "0"},
        "videotoolbox": {"flags": "+qscale", "global_quality": str(118 * quality), "bf": "0"},  # 118: FF_QP2LAMBDA
        "vaapi": {"rc_mode": "CQP", "qp": number, "bf": "0"},
        "v4l2m2m": {"bf": "0"},
    }[kind]
    bits = 0.1 * 2 ** ((quality - 75) / 20) if kind == "v4l2m2m" else 0.0
    return Encoder(name, options, _TAGS.get(codec, ""), "vaapi" if kind == "vaapi" else "", bits, is_hardware=True)


def is_working(encoder: Encoder) -> bool:
    """Encodes some frames and decodes them again: a driver may exist and still fail, or give green pictures."""
    import av

    level = av.logging.get_level()
    av.logging.set_level(av.logging.PANIC)  # hides what a missing driver prints
    try:
        shown = _decoded(encoder)
    except (av.FFmpegError, ValueError, NotImplementedError, OSError) as cause:
        log.debug("%s does not work here: %s", encoder.name, cause)
        return False
    finally:
        av.logging.set_level(level)
    expected = _probe_luma()
    return len(shown) == _PROBE_FRAMES and all(np.abs(each - expected).mean() < 8 for each in shown)


def _decoded(encoder: Encoder) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int16]]]:
    import av

    context = av.CodecContext.create(encoder.name, "w", av.codec.hwaccel.HWAccel(encoder.device)) if encoder.device \
        else av.CodecContext.create(encoder.name, "w")  # fmt: skip
    assert isinstance(context, av.VideoCodecContext)
    pixels = "nv12" if encoder.is_hardware else "yuv420p"
    context.width, context.height, context.pix_fmt = _PROBE_WIDTH, _PROBE_HEIGHT, pixels
    context.framerate, context.time_base = Fraction(25), Fraction(1, 25)
    context.options = dict(encoder.options)
    planes = np.full((_PROBE_HEIGHT * 3 // 2, _PROBE_WIDTH), 128, np.uint8)
    planes[:_PROBE_HEIGHT] = _probe_luma()
    packets = []
    for sequence in range(_PROBE_FRAMES):
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p").reformat(format=pixels)
        frame.pts, frame.time_base = sequence, context.time_base
        packets += context.encode(frame)
    packets += context.encode(None)
    kind = av.Codec(encoder.name, "w").canonical_name
    decoder = av.CodecContext.create(_DECODERS.get(kind, kind), "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.extradata = context.extradata
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return [frame.to_ndarray(format="gray").astype(np.int16) for frame in frames]


def _probe_luma() -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    ramp = np.linspace(40, 200, _PROBE_WIDTH, dtype=np.int16)
    return np.broadcast_to(ramp, (_PROBE_HEIGHT, _PROBE_WIDTH))


os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 writes to stderr itself: errors only
