"""One segment of a film in the making: composites go in, encoded pictures lie in a file of their own, in Matroska.

A part holds no times: its packets lie in the order of its frames, and joining.py gives them their ticks. It begins
with a key frame and needs nothing of other parts. Knows nothing about them; one thread at a time may call it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.stream import Stream

from livebg.core.errors import SinkError, reason_of
from livebg.core.private_files import new_file
from livebg.core.types import Composite
from livebg.media.files import unwritable
from livebg.media.free_space import check_free_space
from livebg.media.video.film_formats import Form
from livebg.media.video.formats import with_slices_for
from livebg.media.video.frames import Pictures, colour_of
from livebg.media.video.span import USUAL_FPS, opened
from livebg.media.video.types import FilmFrame, FilmInfo
from livebg.media.whole_file import discard

_KEY_FRAME_EVERY_S = 5.0
_LOOK_EVERY_S = 1.0

FAILURES = (av.FFmpegError, OSError)

if TYPE_CHECKING:
    Packet = av.Packet[Stream]


class Part:
    """Raises SinkError if it cannot be written; nothing is left of it then."""

    def __init__(self, path: Path, form: Form, info: FilmInfo) -> None:
        check_free_space(path)
        self._path, self._form = path, form
        self._pictures = Pictures(form, info)
        self._count, self._encoded = 0, 0
        self._looked_at_s = time.monotonic()
        self._is_closed = False
        try:
            self._container = av.open(
                f"file:{new_file(path)}", "w", format="nut" if form.codec == "png" else "matroska"
            )
        except FAILURES as cause:
            raise unwritable(path, cause) from cause
        try:
            self._stream = _stream(self._container, form, info, self._pictures)
        except (*FAILURES, ValueError, NotImplementedError) as cause:
            self._fail()
            raise SinkError(
                f"output {path}: {form.encoder.name} cannot encode {info.width}x{info.height}: "
                f"{reason_of(cause)}; try another codec, or the software encoder"
            ) from cause

    def add(self, composite: Composite, frame: FilmFrame) -> None:
        """Encode one picture, the next in order. Raises SinkError."""
        picture = self._pictures.frame(composite, frame)
        picture.pts, picture.time_base = self._count, self._stream.codec_context.time_base
        self._count += 1
        self._encode(picture)
        if time.monotonic() - self._looked_at_s >= _LOOK_EVERY_S:
            self._looked_at_s = time.monotonic()
            try:
                check_free_space(self._path)
            except SinkError:
                self._fail()
                raise

    def close(self) -> None:
        """Finish the part; may be called twice. Raises SinkError if it cannot be finished."""
        if self._is_closed:
            return
        if self._count:
            self._encode(None)
        if self._encoded != self._count:
            self._fail()
            raise SinkError(
                f"output {self._path}: {self._form.encoder.name} gave {self._encoded} pictures of {self._count}; "
                "use the software encoder"
            )
        self._is_closed = True
        try:
            self._container.close()
        except FAILURES as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def _encode(self, picture: av.VideoFrame | None) -> None:
        try:
            for packet in self._stream.encode(picture):
                packet.pts = packet.dts = self._encoded  # in ms: only their order counts
                packet.time_base, packet.duration = Fraction(1, 1000), 1
                self._encoded += 1
                self._container.mux(packet)
        except FAILURES as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def _fail(self) -> None:
        self._is_closed = True
        with contextlib.suppress(*FAILURES):  # what led here is told
            self._container.close()
        discard(self._path)


def _stream(
    container: av.container.OutputContainer, form: Form, info: FilmInfo, pictures: Pictures
) -> av.VideoStream:  # fmt: skip
    """The encoder sees a constant rate that all of them take, so that odd times cannot disturb it."""
    rate = Fraction(min(max(info.fps or USUAL_FPS, 1.0), 240.0)).limit_denominator(1001)
    encoder = form.encoder.for_size(pictures.width, pictures.height)
    device = av.codec.hwaccel.HWAccel(encoder.device) if encoder.device else None
    options = with_slices_for(encoder.options, pictures.height, pictures.width)
    stream = container.add_stream(encoder.name, rate=rate, options=options, hwaccel=device)
    assert isinstance(stream, av.VideoStream)
    context = stream.codec_context
    context.width, context.height = pictures.width, pictures.height
    context.pix_fmt = "nv12" if encoder.is_hardware else form.pixel_format
    context.time_base = 1 / rate
    context.thread_count = encoder.threads
    if encoder.bits_per_pixel:
        context.bit_rate = round(encoder.bits_per_pixel * pictures.width * pictures.height * rate)
    if form.codec in ("h264", "h265", "vp9", "av1"):
        context.gop_size = max(1, round(_KEY_FRAME_EVERY_S * rate))
    context.sample_aspect_ratio = info.pixel_aspect
    colour = colour_of(form, info)
    context.color_range = 2 if colour.is_full_range else 1
    if form.is_yuv:
        context.colorspace = colour.matrix
        context.color_primaries, context.color_trc = colour.primaries, colour.transfer
    if form.has_alpha and form.codec == "vp9":
        stream.metadata["alpha_mode"] = "1"
    context.open()
    return stream


def read(parts: Sequence[Path], count: int) -> Iterator[Packet]:
    """The packets of all parts in order, one a frame. Raises SinkError where parts do not make up a film of `count`."""
    header, seen = None, 0
    for index, path in enumerate(parts):
        with opened(path) as part:
            stream = part.streams.video[0]
            stream.thread_type = "SLICE"  # what is decoded comes at once
            header = stream.codec_context.extradata if index == 0 else header
            if stream.codec_context.extradata != header:
                raise SinkError(f"part {path} was encoded otherwise than the first one; begin again without --resume")
            for packet in part.demux([stream]):
                if packet.size:
                    seen += 1
                    if seen <= count:
                        yield packet
    if seen != count:
        raise SinkError(f"the parts hold {seen} pictures, the film has {count}; begin again without --resume")
