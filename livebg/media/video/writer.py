"""One video file in the making: pictures with their times go in, and sound, encoded by PyAV (FFmpeg).

The file plays at any moment up to its last closed piece of about 1 s, whether this process is killed, the disk fills
up, or `close` ends it well; after a power cut up to the last `sync`. Knows nothing about composites or threads; one
thread at a time may call it.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace

from livebg.core.errors import SinkError, reason_of
from livebg.core.types import Image
from livebg.media.audio.encode import SoundStream
from livebg.media.audio.types import Samples
from livebg.media.files import OutputFile, unwritable
from livebg.media.video.formats import Encoding
from livebg.media.video.layers import even, fitted, padded

if TYPE_CHECKING:
    from av.container.core import Chapter

log = logging.getLogger(__name__)

_BT709 = 1  # FFmpeg's number of these primaries and of this transfer curve
_KEY_FRAME_EVERY_S = 1.0
_ENCODER_THREADS = min(4, os.cpu_count() or 1)  # the matting network needs the others


class VideoFile:
    """Encodes pictures of the encoding's array_format, uint8 (H, W, channels), (H, W) for gray, into `path`.

    height, width: size of the first picture; the file keeps it, made even by a repeated row or column where the pixel
    format needs that. fps: nominal, only told to players; the times given to `add` are what is written.
    sound_channels: 0 for a file without sound.
    """

    def __init__(
        self, path: Path, encoding: Encoding, height: int, width: int, fps: float, force: bool, sound_channels: int = 0
    ) -> None:
        self._path, self._encoding, self._sound_channels = path, encoding, sound_channels
        self._height, self._width = height, width
        self._rate = Fraction(fps).limit_denominator(1001)
        self._file_height, self._file_width = height, width
        if encoding.needs_even_size:
            self._file_height, self._file_width = even(height), even(width)
        if (self._file_height, self._file_width) != (height, width):
            log.debug("%s: %sx%s padded to even %sx%s", path, width, height, self._file_width, self._file_height)
        self._last_tick: int | None = None
        self._last_key_s = float("-inf")
        self._is_failed = False
        self._is_closed = False
        self._container: av.container.OutputContainer | None = None
        self._output = OutputFile(path, force)
        try:
            self._open()
        except (av.FFmpegError, ValueError) as cause:
            self._fail()
            raise SinkError(
                f"output {path}: {encoding.codec} cannot encode {width}x{height}: {reason_of(cause)}; "
                "try another file ending"
            ) from cause

    def _open(self) -> None:
        encoding = self._encoding
        container = self._container = av.open(
            self._output, "w", format=encoding.container, container_options=encoding.container_options
        )
        options = encoding.options_at(self._file_height, self._file_width)
        stream = container.add_stream(encoding.codec, rate=self._rate, options=options)
        assert isinstance(stream, av.VideoStream)
        self._stream, context = stream, stream.codec_context
        context.width, context.height = self._file_width, self._file_height
        context.pix_fmt = encoding.pixel_format
        context.time_base = Fraction(1, encoding.ticks_per_s)
        context.thread_count = _ENCODER_THREADS
        # Key frames are asked for by time below, since a camera's rate may vary; this is only the upper bound.
        context.gop_size = 1 if encoding.is_intra else 600
        if encoding.is_yuv:
            context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
            context.color_primaries = context.color_trc = _BT709
        else:
            context.color_range = ColorRange.JPEG
        context.open()
        if self._sound_channels:
            self._sound = SoundStream(container, encoding.sound_codec, self._sound_channels)

    def add_sound(self, samples: Samples) -> None:
        """float32 (n, channels) at RATE_HZ, going on where the last ended, the first at 0. Raises SinkError."""
        try:
            for packet in self._sound.encode(samples):
                self._mux(packet)
        except (av.FFmpegError, OSError) as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def add(self, picture: Image, media_time_s: float) -> None:
        """Encode one picture. A time not later than the one before moves to the next tick. Raises SinkError."""
        frame = self._frame(picture)
        tick = round(media_time_s * self._encoding.ticks_per_s)
        if self._last_tick is not None:
            tick = max(tick, self._last_tick + 1)
        self._last_tick = tick
        frame.pts, frame.time_base = tick, Fraction(1, self._encoding.ticks_per_s)
        if media_time_s - self._last_key_s >= _KEY_FRAME_EVERY_S:
            frame.pict_type, self._last_key_s = PictureType.I, media_time_s
        self._encode(frame)

    def _frame(self, picture: Image) -> av.VideoFrame:
        """The picture at the file's size and in the codec's pixel format; colours by BT.709, limited range."""
        picture = fitted(picture, self._height, self._width)
        picture = padded(picture, self._file_height, self._file_width)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=self._encoding.array_format)
        if not self._encoding.is_yuv:
            return frame
        return frame.reformat(
            format=self._encoding.pixel_format,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
        )

    def _encode(self, frame: av.VideoFrame | None) -> None:
        """Encode and write; None drains the encoder."""
        nominal_ticks = round(self._encoding.ticks_per_s / self._rate)
        try:
            for packet in self._stream.encode(frame):
                packet.duration = nominal_ticks  # what the last frame lasts; others last until the next one's time
                self._mux(packet)
        except (av.FFmpegError, OSError) as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def _mux(self, packet: av.Packet[av.VideoStream] | av.Packet[av.AudioStream]) -> None:
        assert self._container is not None
        self._container.mux(packet)
        self._output.keep()

    @property
    def is_failed(self) -> bool:
        return self._is_failed

    @property
    def written_bytes(self) -> int:
        return self._output.written_bytes

    def sync(self) -> None:
        """Wait until what is written lies on the disk; that can take long. Raises SinkError."""
        try:
            self._output.sync()
        except OSError as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def _fail(self) -> None:
        """Leave the file at its last closed piece: an end written now would hide those before it."""
        self._is_failed = True
        self._output.abandon()
        if self._container is not None:
            with contextlib.suppress(av.FFmpegError, OSError):  # the failure before this one is what is told
                self._container.close()

    def close(self, chapters: Sequence[Chapter] = ()) -> None:
        """Finish the file; may be called twice. Raises SinkError if it cannot be finished, once."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if not self._is_failed:
                self._encode(None)
                assert self._container is not None
                if self._sound_channels:
                    for packet in self._sound.encode(None):
                        self._mux(packet)
                if chapters:
                    self._container.set_chapters(list(chapters))
                self._container.close()
                self._output.close()
        except (av.FFmpegError, OSError) as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause
