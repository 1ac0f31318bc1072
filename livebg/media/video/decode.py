"""The one decoder: opens a video file or stream and gives the frames of its best track, from the start or from a key.

For sources, films and backgrounds alike: leaves out and counts damaged packets, refuses encrypted ones and frames
larger than memory can hold. Colours: convert.py. Runs in the thread that iterates it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import av.error
from av.codec import Codec
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from livebg.core.errors import SourceError
from livebg.core.machine import cores
from livebg.media.video.index import Key, Packets, packets_from, sound
from livebg.media.video.open import best_stream, length_s, lower_reason, open_media, rate_of, why_it_broke

THREADS = 4  # at most, and no more than cores: each holds a frame while decoding it; 4K ones have up to 25 MB
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # FFmpeg's own decoders, its first choice, ignore the alpha


class Decoder:
    """place: a path, or an address where is_stream. Raises SourceError when it cannot be opened or holds no video.

    is_prompt: no frame waits for later ones (a stream, a clip that loops); else decodes several at a time, in half
    the time. with_alpha: VP8 and VP9 give theirs. container: the file or stream, if it is open already.
    damaged: packets that it could not decode; fault: why, since the last good frame; is_cut_off: it could not read the
    file to its end.
    """

    def __init__(
        self,
        place: str,
        name: str,
        *,
        is_stream: bool = False,
        is_prompt: bool = False,
        with_alpha: bool = False,
        container: InputContainer | None = None,
    ) -> None:
        self.damaged, self.is_cut_off, self.fault = 0, False, ""
        self._place, self._name, self._is_stream = place, name, is_stream
        self._is_prompt, self._with_alpha = is_prompt, with_alpha
        self._begin(container or open_media(place, name, is_stream))

    def _begin(self, container: InputContainer) -> None:
        self._container = container
        try:
            self.stream: VideoStream = best_stream(container, self._name)
        except BaseException:
            container.close()
            raise
        if not self._is_prompt:
            self.stream.codec_context.thread_count = min(THREADS, cores())
        self.stream.thread_type = "SLICE" if self._is_prompt else "AUTO"
        self._decode: Callable[[Packet[VideoStream]], list[VideoFrame]] = self._decode_alpha() or self.stream.decode

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    @property
    def fps(self) -> float:
        """The average rate by the header; 0 if that is no rate."""
        return rate_of(self.stream)

    def length_s(self, *, of_all: bool = False) -> float:
        """The length by the header; 0 if it gives none for the video, nor, with of_all, for the sound beside it."""
        claimed_s = length_s(self._container, self.stream)
        return claimed_s or ((self._container.duration or 0) / av.time_base if of_all else 0.0)

    def packets(self) -> Packets:
        return self._container.demux(self.stream)

    def frames(self, key: Key | None = None) -> Iterator[VideoFrame]:
        """Every frame that it can decode, from the current position or from a key; nothing if seeking does not
        reach the key. Raises SourceError where a stream breaks off."""
        packets = self.packets() if key is None else packets_from(self._container, self.stream, key)
        for packet in sound(packets or iter(()), self._break_off):
            yield from self.decoded(packet)

    def decoded(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """The frames that this packet completes. Raises SourceError if they are encrypted."""
        if packet.has_sidedata("encryption_info"):
            raise SourceError(f"{self._name} is encrypted (DRM); try a copy without protection")
        try:
            frames = self._decode(packet)
        except av.error.FFmpegError as cause:
            self.damaged, self.fault = self.damaged + 1, lower_reason(cause)
            return []
        self.fault = "" if frames else self.fault
        return frames

    def seek(self, time_s: float) -> None:
        """Makes frames() continue at this time, or at an earlier one if decoding can only begin there."""
        base = self.stream.time_base or Fraction(1, av.time_base)
        try:
            self._container.seek(int(time_s / base), stream=self.stream, backward=True)
        except (av.error.FFmpegError, OverflowError):  # a raw stream, or one with a clock beyond all bounds
            self._container.close()
            self._begin(open_media(self._place, self._name, self._is_stream))
        else:
            self._decode = self._decode_alpha() or self.stream.decode

    def _break_off(self, cause: av.error.FFmpegError) -> None:
        """Raises SourceError where a stream ends early; a file that does is only cut off."""
        if self._is_stream:
            raise SourceError(
                f"{self._name} stopped: {why_it_broke(cause)}; check the connection and start again"
            ) from cause
        self.is_cut_off = True

    def _decode_alpha(self) -> Callable[[Packet[VideoStream]], list[VideoFrame]] | None:
        """A decoder that also gives the stream's transparency; None if there is none, or the usual one gives it."""
        own = self.stream.codec_context
        name = _ALPHA_DECODERS.get(own.name)
        if not self._with_alpha or name is None or not tells_alpha(self.stream) or name not in av.codecs_available:
            return None
        decoder = av.CodecContext.create(Codec(name, "r"))
        assert isinstance(decoder, VideoCodecContext)
        decoder.extradata, decoder.options, decoder.thread_type = own.extradata, own.options, "AUTO"
        return lambda packet: decoder.decode(packet if packet.size else None)


def tells_alpha(stream: VideoStream) -> bool:
    """Whether the file says that its VP8 or VP9 has alpha, which only special decoders give."""
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    return tags.get("alpha_mode") == "1"
