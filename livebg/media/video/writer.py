"""The one writer of video: a `Recording` of a live run, a `Part` of a film; `TimedWriter` also serves live streams.

A recording plays at any moment up to its last closed piece of about 1 s, whether this process is killed, the disk fills
up, or `close` ends it normally; after a power cut up to the last `sync`. A part is whole, or it does not exist. The
form gives the encoder, the key frames and the container (formats.py). One thread at a time may call.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.video.frame import PictureType

from livebg.core.errors import SinkError, reason_of
from livebg.core.private_files import new_file
from livebg.core.threads import same_urgency
from livebg.core.types import Composite, Image
from livebg.media.audio.encode import SoundStream
from livebg.media.audio.types import Samples
from livebg.media.files import OutputFile, unwritable
from livebg.media.free_space import check_free_space
from livebg.media.video.encoder_thread import PATIENCE_S, EncoderThread, NoAnswer
from livebg.media.video.formats import Form
from livebg.media.video.frames import Pictures
from livebg.media.video.layers import fitted
from livebg.media.video.span import USUAL_FPS
from livebg.media.video.types import SDR, FilmFrame, FilmInfo
from livebg.media.whole_file import discard

if TYPE_CHECKING:
    from av.container.core import Chapter

    Packet = av.Packet[av.VideoStream] | av.Packet[av.AudioStream]

log = logging.getLogger(__name__)

FAILURES = (av.FFmpegError, OSError)
_RATES_FPS = (1.0, 240.0)  # all encoders take these
_MOST_FRAMES_PER_KEY = 600  # only the upper bound: the frames' times decide on key frames
_LOOK_EVERY_S = 1.0


def _encoded(stream: av.VideoStream, frame: av.VideoFrame | None) -> Iterator[av.Packet[av.VideoStream]]:
    """No method: the encoder's thread would hold the writer."""
    for packet in stream.codec_context.encode_lazy(frame):
        packet.stream = stream
        yield packet


class _Writer:
    """Takes frames of one form, and sound. path: its name for people. target: PyAV writes to it. rate: only a
    hint for the encoder and players. patience_s: with an encoder that does not answer.

    Raises SinkError if it cannot write; _abandon() decides what happens to the file then.
    """

    def __init__(
        self, path: Path, form: Form, info: FilmInfo, target: OutputFile | str, rate: Fraction,
        sound_channels: int = 0, patience_s: float = PATIENCE_S,
    ) -> None:  # fmt: skip
        self._path, self._form, self._rate = path, form, rate
        self._pictures = Pictures(form, info)
        self._frames = self._packets = 0
        self._is_failed = self._is_closed = False
        self._encoder: EncoderThread | None = None
        muxer, options = form.muxer
        try:
            self._container = av.open(target, "w", format=muxer, container_options=dict(options))
        except FAILURES as cause:
            self._abandon()
            raise unwritable(path, cause) from cause
        try:
            self._stream = self._new_stream(info)
            self._sound = SoundStream(self._container, form.sound_codec, sound_channels) if sound_channels else None
        except (*FAILURES, ValueError, NotImplementedError) as cause:
            self._fail()
            other = "file ending" if form.is_recording else f"codec{form.encoder.or_software}"
            raise SinkError(
                f"output {path}: {form.encoder.name} cannot encode {info.width}x{info.height}: {reason_of(cause)}; "
                f"try another {other}"
            ) from cause
        self._encoder = EncoderThread(partial(_encoded, self._stream), patience_s)

    def _new_stream(self, info: FilmInfo) -> av.VideoStream:
        form, profile, height, width = self._form, self._form.profile, self._pictures.height, self._pictures.width
        encoder = form.encoder.for_size(width, height)
        device = av.codec.hwaccel.HWAccel(encoder.device) if encoder.device else None
        stream = self._container.add_stream(encoder.name, rate=self._rate, options=encoder.options, hwaccel=device)
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height = width, height
        context.pix_fmt = "nv12" if encoder.is_hardware else form.pixel_format
        # A film's encoder sees a constant rate, so that odd times cannot disturb it.
        context.time_base = info.time_base if form.is_recording else 1 / self._rate
        context.thread_count = profile.threads
        if encoder.bits_per_pixel:
            context.bit_rate = round(encoder.bits_per_pixel * width * height * self._rate)
        counted = max(1, round(profile.key_frame_every_s * self._rate))
        context.gop_size = 1 if encoder.is_intra else _MOST_FRAMES_PER_KEY if profile.has_timed_keys else counted
        context.sample_aspect_ratio = info.pixel_aspect
        colour = self._pictures.colour
        context.color_range = 2 if colour.is_full_range else 1
        if form.is_yuv:
            context.colorspace = colour.matrix
            context.color_primaries, context.color_trc = colour.primaries, colour.transfer
        if form.has_alpha and form.codec == "vp9":
            stream.metadata["alpha_mode"] = "1"
        with same_urgency():
            context.open()
        return stream

    def _encode(self, frame: av.VideoFrame | None) -> None:
        """Encodes and writes; None drains the encoder. Raises SinkError."""
        assert self._encoder is not None
        self._frames += frame is not None
        try:
            for packet in self._encoder.encode(frame):
                self._stamp(packet)
                self._packets += 1
                self._mux(packet)
        except BaseException as cause:  # an interruption, too: the encoder may never answer
            self._fail()
            if isinstance(cause, NoAnswer):
                on = "try another file ending" if self._form.is_recording else "go on with --resume"
                raise SinkError(f"output {self._path}: {self._form.encoder.name} gave {cause}; {on}") from cause
            if isinstance(cause, FAILURES):
                raise unwritable(self._path, cause) from cause
            raise

    def _stamp(self, packet: av.Packet[av.VideoStream]) -> None:
        raise NotImplementedError

    def _mux(self, packet: Packet) -> None:
        self._container.mux(packet)

    @property
    def is_failed(self) -> bool:
        return self._is_failed

    def close(self, chapters: Sequence[Chapter] = ()) -> None:
        """Finishes the file; may be called twice. Raises SinkError once if it cannot finish."""
        if self._is_closed or self._is_failed:
            return
        assert self._encoder is not None
        if self._frames:
            self._encode(None)
        self._is_closed = True
        self._encoder.close()
        try:
            self._finish(chapters)
        except FAILURES as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def _finish(self, chapters: Sequence[Chapter]) -> None:
        if self._sound:
            for packet in self._sound.encode(None):
                self._mux(packet)
        if chapters:
            self._container.set_chapters(list(chapters))
        self._container.close()

    def _fail(self) -> None:
        self._is_failed = True
        if self._encoder:
            self._encoder.close()
        self._abandon()  # before, so that FFmpeg writes no end; and after, as Windows removes no open file
        with contextlib.suppress(*FAILURES):  # the caller learns of the first failure
            self._container.close()
        self._abandon()

    def _abandon(self) -> None:
        raise NotImplementedError


class TimedWriter(_Writer):
    """Takes pictures and sound as they happen, with times of their own. fps: nominal, only a hint for players.
    height, width: of the first picture; the output keeps them."""

    def __init__(
        self, path: Path, form: Form, height: int, width: int, fps: float, target: OutputFile | str, channels: int
    ) -> None:
        self._height, self._width, self._ticks_per_s = height, width, form.container.ticks_per_s
        self._last_tick, self._last_key_s = -1, float("-inf")
        info = FilmInfo(path.name, width, height, fps, Fraction(1, self._ticks_per_s), Fraction(1), SDR)
        super().__init__(path, form, info, target, Fraction(fps).limit_denominator(1001), channels)
        if (self._pictures.height, self._pictures.width) != (height, width):
            log.debug("%s: %dx%d padded to even sides", path, width, height)

    def add(self, picture: Image, media_time_s: float) -> None:
        """Encodes one picture, uint8 BGR, BGRA or gray as in the form; fits one of another size.

        A time not later than the one before moves to the next tick. Raises SinkError.
        """
        frame = self._pictures.frame_of(fitted(picture, self._height, self._width))
        self._last_tick = tick = max(round(media_time_s * self._ticks_per_s), self._last_tick + 1)
        frame.pts, frame.time_base = tick, Fraction(1, self._ticks_per_s)
        if media_time_s - self._last_key_s >= self._form.profile.key_frame_every_s:
            frame.pict_type, self._last_key_s = PictureType.I, media_time_s
        self._encode(frame)

    def add_sound(self, samples: Samples) -> None:
        """float32 (n, channels) at RATE_HZ; continues where the last ended, the first at 0. Raises SinkError."""
        assert self._sound is not None
        try:
            for packet in self._sound.encode(samples):
                self._mux(packet)
        except FAILURES as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def _stamp(self, packet: av.Packet[av.VideoStream]) -> None:
        packet.duration = round(self._ticks_per_s / self._rate)  # the last frame's; others last until the next one's


class Recording(TimedWriter):
    """Writes pictures with their times, and sound, to a file that plays while it grows.

    height, width: of the first picture; the file keeps them. fps: nominal, only a hint for players; the file gets the
    times from `add`. sound_channels: 0 for a file without sound. Raises SinkError if it cannot make the file, or if the
    file exists and not `force`.
    """

    def __init__(
        self, path: Path, form: Form, height: int, width: int, fps: float, force: bool, sound_channels: int = 0
    ) -> None:
        self._output = OutputFile(path, force)
        super().__init__(path, form, height, width, fps, self._output, sound_channels)

    def _mux(self, packet: Packet) -> None:
        super()._mux(packet)
        self._output.keep()

    @property
    def written_bytes(self) -> int:
        return self._output.written_bytes

    def sync(self) -> None:
        """Waits until all written data is on the disk; that can take long. Raises SinkError."""
        try:
            self._output.sync()
        except OSError as cause:
            self._fail()
            raise unwritable(self._path, cause) from cause

    def _finish(self, chapters: Sequence[Chapter]) -> None:
        super()._finish(chapters)
        self._output.close()

    def _abandon(self) -> None:
        """Leaves the file at its last closed piece: an end written now would hide the pieces before it."""
        self._output.abandon()


class Part(_Writer):
    """Writes the composites of one film segment, in order, to a file that only concat.py reads, to join it.

    It holds no times: its packets are in the order of its frames. It begins with a key frame and does not depend on
    other parts. named: the user's file, which a failure names. Raises SinkError if it cannot write, or if the encoder
    does not answer for patience_s, and removes the file then.
    """

    def __init__(
        self, path: Path, form: Form, info: FilmInfo, named: Path | None = None, patience_s: float = PATIENCE_S
    ) -> None:
        self._file, named = path, named or path
        check_free_space(path, named)
        self._looked_at_s = time.monotonic()
        low_fps, high_fps = _RATES_FPS
        rate = Fraction(min(max(info.fps or USUAL_FPS, low_fps), high_fps)).limit_denominator(1001)
        try:
            target = f"file:{new_file(path)}"
        except OSError as cause:
            raise unwritable(named, cause) from cause
        super().__init__(named, form, info, target, rate, patience_s=patience_s)

    def add(self, composite: Composite, frame: FilmFrame) -> None:
        """Encodes the next picture. Raises SinkError."""
        picture = self._pictures.frame(composite, frame)
        picture.pts, picture.time_base = self._frames, self._stream.codec_context.time_base
        self._encode(picture)
        if time.monotonic() - self._looked_at_s >= _LOOK_EVERY_S:
            self._looked_at_s = time.monotonic()
            try:
                check_free_space(self._file, self._path)
            except SinkError:
                self._fail()
                raise

    def _stamp(self, packet: av.Packet[av.VideoStream]) -> None:
        packet.pts = packet.dts = self._packets  # in ms: only their order matters
        packet.time_base, packet.duration = Fraction(1, 1000), 1

    def _finish(self, chapters: Sequence[Chapter]) -> None:
        if self._packets != self._frames:
            self._fail()
            raise SinkError(
                f"output {self._path}: {self._form.encoder.name} gave {self._packets} pictures of {self._frames}; try "
                f"another codec{self._form.encoder.or_software}"
            )
        super()._finish(chapters)

    def _abandon(self) -> None:
        discard(self._file)
