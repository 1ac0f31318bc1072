"""The stretch of its source's time line that a film covers, by its frames' ticks.

An uncut film keeps the source's whole sound, also where that begins before the picture or ends after it; a cut film
keeps the sound of its frames. Runs in the thread that calls it.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer

from livebg.media.video.open import open_file
from livebg.media.video.types import FilmInfo, Ticks

USUAL_FPS = 25.0  # if a film's rate is unknown
_FIRST_PACKETS = 20  # no codec shows more later packets ahead of the first


@dataclass(frozen=True, slots=True)
class Span:
    """The part of the source's time line that stays, s; None: from its beginning, to its end. zero: the new time 0.
    skipped: of the source's pictures, before the first that stays."""

    start: Fraction | None
    end: Fraction | None
    zero: Fraction
    skipped: Fraction = Fraction(0)


def period_of(info: FilmInfo) -> Fraction:
    """How long a frame lasts on average, s."""
    return 1 / Fraction(info.fps or USUAL_FPS).limit_denominator(100_000)


def span_of(path: Path, ticks: Ticks, info: FilmInfo) -> Span:
    base, half = info.time_base, period_of(info) / 2
    first, last = int(ticks[0]) * base, int(ticks[-1]) * base
    with open_file(path) as source:
        begins, ends = _pictures_of(source, last + half)
        is_cut = begins is not None and first > begins + half
        zero = first
        if not is_cut and source.start_time is not None:
            # Below 0 there is only the silence that a sound codec begins with.
            zero = min(first, max(Fraction(source.start_time, av.time_base), Fraction(0)))
    zero = round(zero / base) * base  # to whole ticks, so that all frames' times stay exact
    skipped = first - begins if is_cut and begins is not None else Fraction(0)
    return Span(first if is_cut else None, None if ends else last + 2 * half, zero, skipped)


def _pictures_of(source: InputContainer, at: Fraction) -> tuple[Fraction | None, bool]:
    """When the source's pictures begin, s, and whether they end before `at`."""
    if not source.streams.video:
        return None, True
    stream = source.streams.video[0]
    base = stream.time_base or Fraction(1, av.time_base)
    begins, ends = None, True
    with contextlib.suppress(av.FFmpegError):  # damaged, or without seeking: keep what there is
        # The header may give another beginning than the packets do.
        firsts = [packet.pts for packet in itertools.islice(source.demux(stream), _FIRST_PACKETS)]
        begins = min((each * base for each in firsts if each is not None), default=None)
        source.seek(round(at / base), stream=stream)
        ends = not any(packet.pts is not None and packet.pts * base > at for packet in source.demux(stream))
    return begins, ends
