"""When a film shows each frame, by its packets alone, and where decoding can begin.

The packets are enough if each has a time of its own and decoding begins with the first; else is_reliable is False, and
only decoding shows it. Runs in the thread that calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet

from livebg.media.video.types import FilmIndex

Packets = Iterator["Packet[av.VideoStream]"]
RESTART_S = 1.0  # a time stamp that goes back further than this means that the clock restarted
# Each of their pictures needs the one before, or a palette that is only in the first packet.
_WITHOUT_KEYS = ("gif", "apng", "webp")


@dataclass(frozen=True, slots=True)
class Key:
    """A packet at which decoding can begin: the time of its picture, and the time of its decoding."""

    tick: int
    decoded_at: int


@dataclass(frozen=True, slots=True)
class PacketIndex:
    index: FilmIndex
    keys: tuple[Key, ...]
    is_reliable: bool


def index_of(stream: av.VideoStream, packets: Packets) -> PacketIndex:
    shown: list[int] = []
    keys: list[Key] = []
    is_reliable, is_first = not _is_guessed(stream), True
    for packet in sound(packets):
        if packet.size == 0:  # in AVI: the picture stays; the last one flushes
            continue
        if packet.pts is None:
            is_reliable = False
            continue
        if is_first:
            is_reliable &= packet.is_keyframe
            is_first = False
        if packet.is_keyframe:
            keys.append(Key(packet.pts, packet.pts if packet.dts is None else packet.dts))
        if not packet.is_discard and _is_shown(stream, packet):
            shown.append(packet.pts)
    ticks = np.unique(np.array(shown, np.int64))
    starts = [each.tick for each in keys]
    is_reliable &= len(ticks) == len(shown) > 0 and starts == sorted(set(starts)) and bool(starts)
    # Else pictures come before the first key, and decoding gives only some.
    is_reliable = is_reliable and starts[0] <= ticks[0]
    if stream.codec_context.name in _WITHOUT_KEYS or stream.pix_fmt == "pal8":
        keys = keys[:1]
    return PacketIndex(FilmIndex(ticks, np.intersect1d(ticks, [each.tick for each in keys])), tuple(keys), is_reliable)


def packets_from(container: InputContainer, stream: av.VideoStream, key: Key) -> Packets | None:
    """The packets from this key on; None if seeking does not reach it."""
    # Matroska seeks by presentation times, MP4 and MPEG-TS by decoding times.
    for place in dict.fromkeys((key.tick, key.decoded_at)):
        try:
            container.seek(place, stream=stream)
        except av.error.FFmpegError:
            continue
        packets = container.demux(stream)
        for packet in sound(packets):
            if packet.is_keyframe and packet.pts is not None and packet.pts >= key.tick:
                if packet.pts > key.tick:
                    break
                return chain([packet], packets)
    return None


def sound(packets: Packets, on_end: Callable[[av.error.FFmpegError], None] = lambda _: None) -> Packets:
    """These packets, as far as it can read the file. on_end: gets the error that ends them early."""
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as cause:
            on_end(cause)
            return
        if packet is None:
            return
        yield packet


def mended(stamps: Sequence[int | None], step: int, ticks_in_s: float) -> list[int]:
    """Strictly rising, for decoded frames in their order. Sorts the times that AVI guesses without knowing the order.
    Else a missing time follows by a step, a repeated one by one tick, and a restarted clock continues from here."""
    known = [each for each in stamps if each is not None]
    is_restarted = bool(np.any(np.diff(known) < -RESTART_S * ticks_in_s))
    if len(set(known)) == len(stamps) and not is_restarted:
        return sorted(known)
    ticks: list[int] = []
    shift = 0
    for stamp in stamps:
        if not ticks:
            ticks.append(stamp or 0)
        elif stamp is None:
            ticks.append(ticks[-1] + step)
        else:
            if stamp + shift < ticks[-1] - RESTART_S * ticks_in_s:
                shift = ticks[-1] + step - stamp
            ticks.append(max(stamp + shift, ticks[-1] + 1))
    return ticks


def _is_shown(stream: av.VideoStream, packet: Packet[av.VideoStream]) -> bool:
    # VP8 stores its hidden reference pictures as packets of their own; bit 4 of the frame tag is show_frame (RFC 6386).
    return stream.codec_context.name != "vp8" or bool(bytes(packet)[0] >> 4 & 1)


def _is_guessed(stream: av.VideoStream) -> bool:
    """AVI stores no presentation times, and FFmpeg cannot derive them for pictures in H.264's order."""
    return stream.container.format.name == "avi" and stream.codec_context.name in ("h264", "hevc")
