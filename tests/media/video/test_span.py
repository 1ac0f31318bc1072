from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from written_films import about, ffmpeg, source, ticks

from livebg.media.video.open import open_file
from livebg.media.video.span import period_of, span_of

BASE = Fraction(1, 12_800)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source(tmp_path_factory.mktemp("clip") / "clip: 1.mp4")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        (0, 49, None, None),
        (10, 49, Fraction(10, 25), None),
        (0, 30, None, Fraction(31, 25)),
        (10, 30, Fraction(10, 25), Fraction(31, 25)),
    ],
)
def test_what_was_cut_is_seen_from_the_ticks(
    clip: Path, first: int, last: int, start: Fraction | None, end: Fraction | None
) -> None:
    span = span_of(clip, np.arange(first, last + 1, dtype=np.int64) * 512, about())
    assert (span.start, span.end) == (start, end)
    assert span.zero == (start or 0)


@pytest.mark.slow
def test_a_stream_that_does_not_begin_at_0_is_whole(tmp_path: Path) -> None:
    clip = source(tmp_path / "clip.ts")
    at = np.array(sorted(ticks(clip)))
    span = span_of(clip, at, about(time_base=Fraction(1, 90_000)))
    assert (span.start, span.end) == (None, None)
    assert 0 <= at[0] - span.zero * 90_000 < 9_000
    assert (span.zero * 90_000).denominator == 1


@pytest.mark.slow
def test_b_frames_at_the_beginning_and_end_are_no_cut(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=2", "-c:v", "libx264", "-bf", "8", "-b_strategy", "2", clip)
    at = np.array(sorted(ticks(clip)))
    span = span_of(clip, at, about(time_base=Fraction(1, 1000)))
    assert (span.start, span.end) == (None, None)


@pytest.mark.slow
def test_sound_alone_and_a_damaged_file_keep_what_there_is(tmp_path: Path, clip: Path) -> None:
    sound = tmp_path / "a.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=1", sound)
    assert span_of(sound, np.array([0, 512]), about()).end is None
    cut = tmp_path / "cut.ts"
    ffmpeg("-i", clip, "-c", "copy", cut)
    cut.write_bytes(cut.read_bytes()[:20_000])
    assert span_of(cut, np.array([126_000, 129_600]), about(time_base=Fraction(1, 90_000))).start is None


def test_an_unknown_rate_is_taken_for_25() -> None:
    assert period_of(about(fps=0)) == Fraction(1, 25)
    assert abs(period_of(about(fps=30_000 / 1001)) - Fraction(1001, 30_000)) < Fraction(1, 10**8)
    with pytest.raises(FileNotFoundError):
        open_file(Path("missing.mp4"))
