"""Joins a film's parts: copies their packets, gives them their ticks, and adds the source's sound.

Writes the film to the given path, and removes it if that fails. Memory does not grow with the film's length. Runs in
the thread that calls it.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from livebg.media.files import unwritable
from livebg.media.free_space import check_free_space
from livebg.media.video.formats import Container, Form
from livebg.media.video.open import open_file
from livebg.media.video.passthrough import Sound
from livebg.media.video.segment_reader import read
from livebg.media.video.sequences import write_gif, write_pictures, write_webp
from livebg.media.video.span import period_of, span_of
from livebg.media.video.timecode import moved
from livebg.media.video.titles import is_of_a_camera, titles, track_titles
from livebg.media.video.types import FilmInfo, Ticks
from livebg.media.video.writer import FAILURES
from livebg.media.whole_file import discard

if TYPE_CHECKING:
    from livebg.media.video.segment_reader import Packet

log = logging.getLogger(__name__)

_USUAL_TIMESCALE = 90_000
_LOOK_EVERY_PICTURES = 100


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """times: of every frame on the film's own time line, in units of 1/scale s. last: how long the last frame lasts."""

    times: Ticks
    scale: int
    last: int


def join(
    parts: Sequence[Path], ticks: Ticks, form: Form, source: Path, info: FilmInfo, target: Path,
    named: Path | None = None,
) -> list[str]:  # fmt: skip
    """Writes `target` and returns notes for the user. named: see check_free_space. Raises SinkError, and removes
    `target` then."""
    named = named or target
    packets = _while_there_is_room(read(parts, len(ticks), named), target, named)
    ways = {".png": write_pictures, ".gif": write_gif, ".webp": write_webp}
    try:
        if form.is_sequence:
            notes = ways[form.suffix](packets, ticks, form, info, target)
            return [*form.notes, *notes, *_lost_with_sequence(source, form)]
        return _joined(parts[0], packets, ticks, form, source, info, target)
    except (*FAILURES, ValueError) as cause:
        discard(target)
        raise unwritable(named, cause) from cause
    except BaseException:
        discard(target)
        raise


def _while_there_is_room(packets: Iterator[Packet], target: Path, named: Path) -> Iterator[Packet]:
    check_free_space(target, named)
    for count, packet in enumerate(packets, start=1):
        yield packet
        if count % _LOOK_EVERY_PICTURES == 0:
            check_free_space(target, named)


def _joined(
    part: Path, packets: Iterator[Packet], ticks: Ticks, form: Form, source: Path, info: FilmInfo, target: Path
) -> list[str]:  # fmt: skip
    container = form.container
    notes: list[str] = list(form.notes)
    with contextlib.ExitStack() as stack:
        film = stack.enter_context(open_file(source))
        span = span_of(source, ticks, info)
        clock = clock_of(ticks, info, span.zero, container, notes)
        options = dict(container.film)
        if container.most_ticks_per_s:
            options["video_track_timescale"] = str(clock.scale)
            if is_of_a_camera(film.metadata):
                options["movflags"] += "+use_metadata_tags"
        output = stack.enter_context(av.open(f"file:{target}", "w", format=container.name, container_options=options))
        stream = _picture_track(output, part, form, info, film, span.skipped)
        sound = Sound(film, output, span, notes)
        sound.add_tracks()
        output.metadata.update(moved(_titles(film.metadata, form), span.skipped, info.fps))
        _write(output, _pictures(packets, stream, clock), sound.packets(), notes)
    return notes


def _titles(metadata: dict[str, str], form: Form) -> dict[str, str]:
    """The source's own, and how to read the colours where there is alpha: no container has a field for it."""
    kept = titles(metadata, form.container.name)
    if form.content in ("alpha", "foreground"):
        kept["comment"] = "; ".join(filter(None, [kept.get("comment"), form.notes[0]]))
    return kept


def _picture_track(
    output: av.container.OutputContainer, part: Path, form: Form, info: FilmInfo, film: av.container.InputContainer,
    skipped: Fraction,
) -> av.VideoStream:  # fmt: skip
    with open_file(part) as first:
        stream = output.add_stream_from_template(first.streams.video[0], opaque=True)
    assert isinstance(stream, av.VideoStream)
    if form.container.most_ticks_per_s and form.encoder.tag:
        stream.codec_context.codec_tag = form.encoder.tag
    stream.codec_context.sample_aspect_ratio = info.pixel_aspect
    if film.streams.video:
        tags = track_titles(film.streams.video[0].metadata, output.format.name)
        stream.metadata.update(moved(tags, skipped, info.fps))
    if form.has_alpha and form.codec == "vp9":
        stream.metadata["alpha_mode"] = "1"
    return stream


def clock_of(ticks: Ticks, info: FilmInfo, zero: Fraction, container: Container, notes: list[str]) -> Clock:
    """Exact where the container can be; MP4 and MOV take the film's own time base, Matroska counts ms."""
    base, zero_tick = info.time_base, round(zero / info.time_base)
    times = (ticks - zero_tick) * base.numerator
    period = round(period_of(info) / base) * base.numerator
    last = int(times[-1] - times[-2]) if len(times) > 1 and not info.fps else max(period, 1)
    most = container.most_ticks_per_s
    if not most:
        return Clock(times, base.denominator, last)
    common = 1
    if base.denominator > most:
        common = int(np.gcd.reduce(np.append(times, [last, base.denominator])))
    scale = base.denominator // common
    if scale <= most:
        return Clock(times // common, scale, last // common)
    notes.append(f"times are rounded to 1/{_USUAL_TIMESCALE} s: {container.name} cannot count 1/{scale} s")
    ratio = Fraction(_USUAL_TIMESCALE, base.denominator)
    rounded = np.rint(times * float(ratio)).astype(np.int64)
    return Clock(rounded, _USUAL_TIMESCALE, max(1, round(last * ratio)))


def _pictures(packets: Iterator[Packet], stream: av.VideoStream, clock: Clock) -> Iterator[Packet]:
    """The parts' packets, with their times."""
    base, times = Fraction(1, clock.scale), clock.times
    for index, packet in enumerate(packets):
        at = int(times[index])
        packet.pts = packet.dts = at
        packet.duration = int(times[index + 1]) - at if index + 1 < len(times) else clock.last
        packet.time_base, packet.stream = base, stream
        yield packet


def _write(
    output: av.container.OutputContainer, pictures: Iterator[Packet], sounds: Iterator[Packet], notes: list[str]
) -> None:  # fmt: skip
    """Merges by time. Leaves out a sound packet that the container refuses."""
    refused = 0
    for packet in heapq.merge(pictures, sounds, key=_time_s):
        is_picture = isinstance(packet.stream, av.VideoStream)
        try:
            output.mux(packet)
        except av.FFmpegError as cause:
            if is_picture or not isinstance(cause, (av.InvalidDataError, av.ArgumentError)):
                raise
            refused += 1
    if refused:
        notes.append(f"sound: {refused} packets left out, {output.format.name} refused them")


def _time_s(packet: Packet) -> float:
    base = packet.time_base
    return (packet.dts or 0) * base.numerator / base.denominator


def _lost_with_sequence(source: Path, form: Form) -> list[str]:
    with contextlib.suppress(av.FFmpegError), open_file(source) as film:
        if film.streams.audio:
            return [f"the sound is left out: {form.suffix[1:].upper()} holds none"]
    return []
