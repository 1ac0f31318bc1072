"""Segments cover what is wished without a gap, begin at key frames, and look around themselves."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebg.core.errors import SettingsError
from livebg.media.video.types import FilmIndex
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.segments import RUN_OUT_S, Segment, segments

BASE = Fraction(1, 1000)


def _index(frames: int, key_every: int, step_ticks: int = 40, begin: int = 0) -> FilmIndex:
    ticks = begin + step_ticks * np.arange(frames, dtype=np.int64)
    return FilmIndex(ticks, ticks[::key_every])


def test_a_short_film_is_one_segment() -> None:
    assert segments(_index(100, 10), BASE, JobOptions()) == [Segment(0, 0, 0, 99, 99)]


def test_segments_begin_at_key_frames_and_look_around_themselves() -> None:
    index = _index(2500, 60)  # 100 s at 25 fps, a key frame every 2.4 s
    plan = segments(index, BASE, JobOptions())
    assert len(plan) > 2
    for before, after in pairwise(plan):
        assert after.first == before.last + 1
        assert after.first % 60 == 0
        assert (after.first - before.first) / 25 >= JobOptions().segment_s
        assert after.first - after.begin == round(JobOptions().warm_up_s * 25)
        assert before.end - before.last == round(RUN_OUT_S * 25)
    assert (plan[0].begin, plan[-1].end) == (0, 2499)


def test_a_film_whose_only_key_frame_is_the_first_is_one_segment() -> None:
    assert len(segments(_index(5000, 5000), BASE, JobOptions())) == 1


@pytest.mark.parametrize(
    ("job_options", "first", "last"),
    [
        (JobOptions(start_s=1.0), 25, 99),
        (JobOptions(end_s=1.0), 0, 24),
        (JobOptions(start_s=1.01, end_s=1.1), 26, 27),
        (JobOptions(frames=3), 0, 2),
        (JobOptions(start_s=2.0, frames=10), 50, 59),
        (JobOptions(frames=1000), 0, 99),
    ],
)
def test_start_end_and_preview(job_options: JobOptions, first: int, last: int) -> None:
    (only,) = segments(_index(100, 10, begin=7000), BASE, job_options)
    assert (only.first, only.last) == (first, last)
    assert only.begin == max(0, first - 50)


def test_the_live_way_is_one_segment_that_looks_at_nothing_else() -> None:
    assert segments(_index(2500, 60), BASE, JobOptions(is_live=True, start_s=10)) == [Segment(0, 250, 250, 2499, 2499)]


def test_a_wish_beyond_the_film_says_how_long_that_is() -> None:
    with pytest.raises(SettingsError, match=r"^--start 100: no frame .* 100 frames from 0 to 3\.960 s"):
        segments(_index(100, 10), BASE, JobOptions(start_s=100))
    with pytest.raises(SettingsError, match=r"^--start 100, --end 200: no frame"):
        segments(_index(100, 10), BASE, JobOptions(start_s=100, end_s=200))


@pytest.mark.slow
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=400),
    st.integers(1, 50),
    st.floats(0, 30),
    st.floats(0.1, 200) | st.just(math.inf),
)
def test_every_wished_frame_is_in_exactly_one_segment(
    steps: list[int], key_every: int, start_s: float, long_s: float
) -> None:
    ticks = np.cumsum(np.array(steps, np.int64))
    index = FilmIndex(ticks, ticks[::key_every])
    seconds = (ticks - ticks[0]) / 1000
    wanted = [i for i, at_s in enumerate(seconds) if start_s - 0.0005 <= at_s < start_s + long_s - 0.0005]
    try:
        plan = segments(index, BASE, JobOptions(start_s=start_s, end_s=start_s + long_s))
    except SettingsError:
        assert not wanted
        return
    assert [i for each in plan for i in range(each.first, each.last + 1)] == wanted
    assert all(0 <= each.begin <= each.first <= each.last <= each.end < len(ticks) for each in plan)
