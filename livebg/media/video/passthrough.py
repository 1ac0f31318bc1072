"""Copies what a film's file holds beside the picture into another file: sound, subtitles, chapters and titles.

Copies packets if the new container takes the codec, else encodes them anew. Trouble here never costs the picture: it
becomes a note. Runs in the thread that iterates it.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from livebg.core.errors import reason_of
from livebg.media.metadata import may_go_along
from livebg.media.video.plain_tracks import ASS_HEADER, TEXTS, Lines, plain_header, plain_packet
from livebg.media.video.span import Span
from livebg.media.video.titles import chapters_within, track_titles

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from livebg.media.video.segment_reader import Packet

# The codecs that each container can copy. Matroska takes nearly all, so livebg tries it.
_COPIES = {
    "mp4": {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac", "mov_text"},
    "mov": {"aac", "mp3", "ac3", "eac3", "alac", "mov_text"},
    "webm": {"opus", "vorbis", "webvtt"},
}
# Matroska has a field for the silence that Opus begins with, none for that of AAC.
_ENCODERS = {"mp4": "aac", "mov": "aac", "matroska": "libopus", "webm": "libopus"}
# Both encoders know these.
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_HIGHEST_HZ = 48_000
_BITS_PER_S_AND_CHANNEL = 96_000
_MOV_TEXT = ("mp4", "mov")  # subtitles in words become that there
_MOST_ERRORS = 100  # of a file that stays unreadable


@dataclass(slots=True, eq=False)
class _Track:
    source: Stream
    target: Stream
    is_copied: bool
    lines: Lines | None = None
    last_dts: int | None = None
    damaged: int = 0


@dataclass(slots=True, eq=False)
class Sound:
    """The other tracks of one source on their way into `output`; add_tracks before the first packet is written."""

    source: InputContainer
    output: OutputContainer
    span: Span
    notes: list[str] = field(default_factory=list)
    _tracks: dict[int, _Track] = field(default_factory=dict)
    _tags_so_far: list[str] = field(default_factory=list)  # of all tracks: a picture might be hidden in several names

    def add_tracks(self) -> None:
        kinds: dict[str, int] = {}
        for stream in self.source.streams:
            if stream.type in ("audio", "subtitle"):
                kinds[stream.type] = kinds.get(stream.type, 0) + 1
                name = f"{'sound' if stream.type == 'audio' else 'subtitles'} {kinds[stream.type]}"
                self._add(stream, name)
        span = self.span
        self.output.set_chapters(chapters_within(self.source.chapters(), span.zero, span.start, span.end))

    def _add(self, stream: Stream, name: str) -> None:
        codec = _codec(stream)
        if stream.type == "subtitle" and codec not in TEXTS:
            self.notes.append(f"{name} ({codec}): left out, its pictures may show anything")
            return
        becomes_mov_text = False
        header = plain_header(codec, stream.codec_context.extradata if stream.codec_context else None)
        if header is not None and can_copy(stream, codec, self.output.format.name):
            target = self.output.add_stream_from_template(stream)
            if header:
                target.codec_context.extradata = header
            is_copied = True
        elif codec in TEXTS and self.output.format.name in _MOV_TEXT:
            target = self.output.add_stream("mov_text")
            assert isinstance(target, av.subtitles.stream.SubtitleStream)
            target.codec_context.subtitle_header = ASS_HEADER  # FFmpeg makes the track's own header of it
            target.codec_context.time_base = stream.time_base or Fraction(1, 1000)
            is_copied = becomes_mov_text = True
        elif stream.type == "subtitle" or stream.codec_context is None:
            self.notes.append(f"{name} ({codec}): left out, {self.output.format.name} does not hold it")
            return
        else:
            assert isinstance(stream, av.AudioStream)
            encoded = self._add_encoded(stream, f"{name}: {codec}")
            if encoded is None:
                return
            target, is_copied = encoded, False
        tags = track_titles(stream.metadata, self.output.format.name)
        if may_go_along([*self._tags_so_far, *tags.values()]):
            target.metadata.update(tags)
            self._tags_so_far += tags.values()
        target.disposition = stream.disposition
        lines = Lines(codec, becomes_mov_text) if codec in TEXTS else None
        self._tracks[stream.index] = _Track(stream, target, is_copied, lines)

    def _add_encoded(self, stream: av.AudioStream, name: str) -> av.AudioStream | None:
        """None, with a note, if no encoder of this container takes such a sound."""
        container = self.output.format.name.split(",")[0]
        encoder, source = _ENCODERS[container], stream.codec_context
        rate, layout = rate_for(encoder, source.sample_rate), _LAYOUTS.get(source.layout.nb_channels, "stereo")
        failure = _why_not(encoder, rate, layout, source)
        if failure:
            self.notes.append(f"{name} of {source.sample_rate} Hz, {source.layout.name}, is left out: {failure}")
            return None
        target = self.output.add_stream(encoder, rate=rate, layout=layout)
        assert isinstance(target, av.AudioStream)
        target.codec_context.bit_rate = _BITS_PER_S_AND_CHANNEL * target.codec_context.layout.nb_channels
        target.codec_context.time_base = Fraction(1, rate)
        changes, mixed = "", target.codec_context.layout.nb_channels
        if rate != source.sample_rate:
            changes += f", {source.sample_rate} Hz resampled to {rate} Hz"
        if mixed != source.layout.nb_channels:
            changes += f", {source.layout.nb_channels} channels mixed to {mixed}"
        made = target.codec_context.codec.canonical_name
        self.notes.append(f"{name} encoded as {made}{changes}, since {container} does not hold it")
        return target

    def packets(self) -> Iterator[Packet]:
        """Of all tracks, in the source's order, shifted and cut to the span. Ends early where the source is damaged."""
        if not self._tracks:
            return
        for packet in self._read():
            track = self._tracks[packet.stream.index]
            packet.pts = packet.dts if packet.pts is None else packet.pts
            if packet.size and packet.pts is not None:
                yield from self._kept(track, packet)
        for track in self._tracks.values():
            yield from self._plain(track, None) if track.is_copied else self._encoded(track, None)
            if track.damaged:
                self.notes.append(f"sound: {track.damaged} damaged packets left out")
            if track.lines and track.lines.refused:
                self.notes.append(f"subtitles: {track.lines.refused} lines left out, they are no words")

    def _read(self) -> Iterator[Packet]:
        if self.span.start is not None:
            with contextlib.suppress(av.FFmpegError):
                self.source.seek(max(0, round((self.span.start - 2) * 1_000_000)))
        streams = [each.source for each in self._tracks.values()]
        for attempt in range(_MOST_ERRORS):
            try:
                for packet in self.source.demux(streams):
                    if self._is_past(packet):
                        return
                    yield packet
            except av.FFmpegError as cause:
                log.debug("reading the sound: %s (%d)", cause, attempt)
                continue
            return
        self.notes.append("sound: the source is damaged and was not read to its end")

    def _is_past(self, packet: Packet) -> bool:
        """Well past the end: tracks may be some seconds apart in a file."""
        if self.span.end is None or packet.pts is None:
            return False
        return bool(packet.pts * packet.time_base > self.span.end + 10)

    def _kept(self, track: _Track, packet: Packet) -> Iterator[Packet]:
        assert packet.pts is not None
        at = packet.pts * packet.time_base
        length = (packet.duration or 0) * packet.time_base
        if self.span.end is not None and at >= self.span.end:
            return
        if at + length <= self._earliest(track, length):
            return
        if not track.is_copied:
            yield from self._encoded(track, packet)
            return
        zero = round(self.span.zero / packet.time_base)
        dts = packet.dts if packet.dts is not None else packet.pts
        if track.last_dts is not None and dts <= track.last_dts:
            track.damaged += 1
            return
        if not packet.duration and track.last_dts is not None and track.source.type == "audio":
            packet.duration = dts - track.last_dts  # MP4 would end before a packet without a duration
        track.last_dts = dts
        pts = max(packet.pts, dts)
        if track.source.type == "subtitle" and pts < zero:  # it is visible already where the film begins
            packet.duration, pts = (packet.duration or 0) - (zero - pts), zero
            dts = max(dts, zero)
        packet.pts, packet.dts = pts - zero, dts - zero
        yield from self._plain(track, packet)

    def _plain(self, track: _Track, packet: Packet | None) -> Iterator[Packet]:
        """None: there are no more."""
        made = track.lines.judged(packet) if track.lines else [plain_packet(packet)] if packet else []
        for each in made:
            each.stream = track.target
            yield each

    def _earliest(self, track: _Track, length: Fraction) -> Fraction:
        """Leaves out packets that end by then: before a cut, and where Matroska, which has no times below 0, would
        shift all times. MP4 and MOV hide what lies before 0; one packet more lets sound codecs begin well."""
        if self.output.format.name in ("mp4", "mov"):
            lead = length if track.source.type == "audio" else Fraction(0)
            return Fraction(-(10**9)) if self.span.start is None else self.span.start - lead
        if not track.is_copied or track.source.type != "audio" or _codec(track.source) == "opus":
            return self.span.zero  # Matroska counts Opus from its codec's delay
        return self.span.zero + length - Fraction(1, 2000)

    def _encoded(self, track: _Track, packet: Packet | None) -> Iterator[Packet]:
        assert isinstance(track.source, av.AudioStream)
        assert isinstance(track.target, av.AudioStream)
        try:
            frames = track.source.decode(packet)
            for frame in frames:
                if frame.pts is not None and frame.time_base:
                    frame.pts -= round(self.span.zero / frame.time_base)
                    if frame.pts < 0 and self.output.format.name not in ("mp4", "mov"):
                        continue  # Matroska has no times below 0 and would shift all of them
                yield from track.target.encode(frame)
            if packet is None:
                yield from track.target.encode(None)
        except (av.FFmpegError, ValueError) as cause:
            log.debug("encoding the sound: %s", cause)
            track.damaged += 1


def rate_for(encoder: str, rate_hz: int) -> int:
    """The lowest rate of this encoder that loses nothing, else its highest; Hz, none above that of recordings."""
    known = [each for each in av.Codec(encoder, "w").audio_rates or () if each <= _HIGHEST_HZ]
    return min((each for each in known if each >= rate_hz), default=max(known)) if encoder != "libopus" else _HIGHEST_HZ


def _why_not(encoder: str, rate: int, layout: str, source: av.AudioCodecContext) -> str:
    """'' if the encoder takes it; tries it on silence, as a refusal when the file begins would cost all pictures."""
    try:
        trial = av.CodecContext.create(encoder, "w")
        assert isinstance(trial, av.AudioCodecContext)
        trial.sample_rate, trial.layout = rate, layout
        trial.format = next(iter(av.Codec(encoder, "w").audio_formats or ()))
        trial.time_base = Fraction(1, rate)
        silence = av.AudioFrame(source.format, source.layout, 4096)
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        silence.sample_rate, silence.pts, silence.time_base = source.sample_rate, 0, Fraction(1, source.sample_rate)
        trial.encode(silence)
    except (av.FFmpegError, ValueError, StopIteration, ZeroDivisionError) as cause:
        return reason_of(cause).lower()
    return ""


def _codec(stream: Stream) -> str:
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"


def can_copy(stream: Stream, codec: str, container: str) -> bool:
    """Whether that container takes this track unchanged: the table says so, and FFmpeg can write a header for it."""
    table = _COPIES.get(container)
    if table is not None and codec not in table and not (container == "mov" and codec.startswith("pcm_")):
        return False
    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True
