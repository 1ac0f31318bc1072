"""Own pace keeps to the clock and drops; every frame in turn drops nothing."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from patience import HANGS_S, SLACK, until

from livebg.capture.playback import EveryFrame, OwnPace, _Schedule, play
from livebg.core.errors import SourceError
from livebg.core.types import EndOfSource, FrameSource, Image
from livebg.media.video.types import Picture


class Clip:
    """Small pictures at these times; `work_s` to decode each; fails after the last if asked."""

    name, width, height = "clip", 4, 2

    def __init__(self, times_s: Iterator[float] | list[float], fps: float = 20, work_s: float = 0, fails: bool = False):
        self.fps, self._times_s, self._work_s, self._fails = fps, times_s, work_s, fails
        self.closed = 0
        self.rendered = 0

    def pictures(self) -> Iterator[Picture]:
        for number, time_s in enumerate(self._times_s):
            threading.Event().wait(self._work_s)
            yield Picture(time_s, lambda number=number: self._render(number))
        if self._fails:
            raise SourceError("the clip broke")

    def _render(self, number: int) -> Image:
        self.rendered += 1
        return np.full((2, 4, 3), number % 256, np.uint8)

    def close(self) -> None:
        self.closed += 1


def read_all(source: FrameSource) -> list[float]:
    times_s = []
    try:
        while True:
            frame = source.read(2.0)
            assert frame is not None
            times_s.append(frame.media_time_s)
    except EndOfSource:
        return times_s


def test_play_chooses_by_pace() -> None:
    for pace, kind in (("own", OwnPace), ("every-frame", EveryFrame)):
        source = play(Clip([0.0]), pace)
        assert isinstance(source, kind)
        source.close()


def test_every_frame_gives_each_in_turn_at_once() -> None:
    source = EveryFrame(Clip([0.0, 5.0, 10.0]))
    begun_s = time.monotonic()
    assert read_all(source) == [0.0, 5.0, 10.0]
    assert time.monotonic() - begun_s < 1 * SLACK
    assert source.dropped == 0
    assert not source.info.is_live
    source.close()


def test_every_frame_has_ended_once_closed() -> None:
    clip = Clip([0.0, 1.0])
    source = EveryFrame(clip)
    source.read(1.0)
    source.close()
    source.close()
    assert clip.closed >= 1
    with pytest.raises(EndOfSource):
        source.read(1.0)


@pytest.mark.slow
def test_own_pace_delivers_when_due() -> None:
    source = OwnPace(Clip([0.0, 0.1, 0.25, 0.3]))
    begun_s = time.monotonic()
    for due_s in (0.0, 0.1, 0.25, 0.3):
        frame = source.read(1.0)
        assert frame is not None
        assert frame.media_time_s == due_s
        assert due_s - 0.02 <= frame.captured_at_s - begun_s < due_s + 0.2 * SLACK
    source.close()


def test_own_pace_begins_with_the_first_read() -> None:
    source = OwnPace(Clip([number / 20 for number in range(10)]))
    threading.Event().wait(0.2)
    frame = source.read(1.0)
    assert frame is not None
    assert frame.sequence == 0
    source.close()


@pytest.mark.slow
def test_a_slow_reader_costs_frames_that_are_counted() -> None:
    source = OwnPace(Clip([number / 50 for number in range(15)], fps=50))
    source.read(1.0)
    until(lambda: source.dropped == 13, "the clip's end")
    frame = source.read(HANGS_S)
    assert frame is not None
    assert frame.sequence == 14
    source.close()


@pytest.mark.slow
def test_a_slow_decoder_skips_but_something_is_always_shown() -> None:
    clip = Clip((number / 200 for number in itertools.count()), fps=200, work_s=0.01)
    source = OwnPace(clip)
    begun_s = time.monotonic()
    seen = []
    while time.monotonic() - begun_s < 0.6:
        frame = source.read(1.0)
        assert frame is not None
        seen.append(frame)
    source.close()
    assert source.dropped > len(seen), "half the speed: most are skipped"
    gaps_s = [after.captured_at_s - before.captured_at_s for before, after in itertools.pairwise(seen)]
    assert max(gaps_s) < 0.3 * SLACK
    assert clip.rendered <= len(seen) + 1, "what is skipped is not rendered"


def test_schedule_skips_what_is_missed_and_begins_anew_after_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr("livebg.capture.playback.time.monotonic", lambda: now_s)
    schedule = _Schedule(period_s=0.05)
    assert schedule.wait_s(0.0) == 0
    assert schedule.wait_s(0.05) == pytest.approx(0.05)
    now_s = 100.2
    assert schedule.wait_s(0.10) == 0, "late, but nothing was shown for long"
    assert schedule.wait_s(0.14) is None
    assert schedule.wait_s(0.16) == 0, "late by less than a period"
    now_s = 130.0  # the computer slept
    assert schedule.wait_s(0.20) == 0
    assert schedule.wait_s(0.25) == pytest.approx(0.05), "no rush through what was missed"


def test_a_failing_clip_is_told_after_what_came_before() -> None:
    for kind in (OwnPace, EveryFrame):
        source = kind(Clip([0.0], fails=True))
        assert source.read(1.0) is not None
        with pytest.raises(SourceError, match="the clip broke"):
            source.read(1.0)
        source.close()


def test_own_pace_ends_a_read_in_progress_when_closed() -> None:
    source = OwnPace(Clip([0.0, 60.0]))
    source.read(1.0)
    closer = threading.Timer(0.1, source.close)
    closer.start()
    begun_s = time.monotonic()
    with pytest.raises(EndOfSource):
        source.read(30.0)
    assert time.monotonic() - begun_s < 2 * SLACK
    closer.join()


def test_closing_before_the_first_read_starts_nothing() -> None:
    clip = Clip([0.0])
    source = OwnPace(clip)
    source.close()
    with pytest.raises(EndOfSource):
        source.read(0.1)
    assert clip.rendered == 0
