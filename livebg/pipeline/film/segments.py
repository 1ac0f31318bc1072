"""Cuts a film into independent segments: livebg can make them one after another, later, or on another machine.

A segment begins at a key frame. The matte's memory is learnt anew from the frames just before the segment, and its
look-ahead uses those just after, so its pictures depend on nothing but the film. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from livebg.core.errors import SettingsError
from livebg.media.video.types import FilmIndex
from livebg.pipeline.film.job_options import JobOptions

RUN_OUT_S = 0.5  # as far as the film processor looks ahead


@dataclass(frozen=True, slots=True)
class Segment:
    """Positions in FilmIndex.ticks, all inclusive: first..last stay, begin..end go through the processor."""

    number: int
    begin: int
    first: int
    last: int
    end: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def segments(index: FilmIndex, time_base: Fraction, job_options: JobOptions) -> list[Segment]:
    """In order, without a gap. Raises SettingsError if the job options select no frame of the film."""
    seconds = (index.ticks - index.ticks[0]) * float(time_base)
    tolerance_s = float(time_base) / 2
    first = int(np.searchsorted(seconds, job_options.start_s - tolerance_s))
    last = int(np.searchsorted(seconds, job_options.end_s - tolerance_s)) - 1
    if job_options.frames:
        last = min(last, first + job_options.frames - 1)
    if first > last:
        end = f", --end {job_options.end_s:g}" if math.isfinite(job_options.end_s) else ""
        span = f"--start {job_options.start_s:g}{end}"
        raise SettingsError(
            f"{span}: no frame of the film is there; it has {len(seconds)} frames from 0 to {seconds[-1]:.3f} s"
        )
    if job_options.is_live:
        return [Segment(0, first, first, last, last)]
    starts = [first, *_cuts(index, seconds, first, last, job_options.segment_s)]
    ends = [*(start - 1 for start in starts[1:]), last]
    return [
        Segment(
            number,
            int(np.searchsorted(seconds, seconds[begin] - job_options.warm_up_s)),
            begin,
            end,
            int(np.searchsorted(seconds, seconds[end] + RUN_OUT_S, side="right")) - 1,
        )
        for number, (begin, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _cuts(
    index: FilmIndex, seconds: np.ndarray[tuple[int], np.dtype[np.float64]], first: int, last: int, segment_s: float
) -> list[int]:
    """Key frames at least segment_s apart, and as far from the end."""
    cuts: list[int] = []
    since_s = seconds[first]
    for each in np.searchsorted(index.ticks, index.keys):
        if first < each <= last and min(seconds[each] - since_s, seconds[last] - seconds[each]) >= segment_s:
            cuts.append(int(each))
            since_s = seconds[each]
    return cuts
