"""Where frames and sound lie, with answers known by hand."""

from __future__ import annotations

import pytest
from composites import room

from livebg.core.types import Frame
from livebg.sinks.recording.session import RecordingSession
from livebg.sinks.recording.timeline import TimeLine

PERIOD_S = 0.1


def frame(captured_s: float, media_s: float | None = None) -> Frame:
    made = room(captured_s - 100.0 if media_s is None else media_s)
    return Frame(made.image, 0, captured_s, made.media_time_s)


def placed(line: TimeLine, *captured_s: float) -> list[float | None]:
    return [line.place(frame(each)) for each in captured_s]


def taking(*pauses: tuple[float, float]) -> RecordingSession:
    session = RecordingSession()
    session.pauses = pauses
    return session


def test_it_begins_with_the_first_frame() -> None:
    line = TimeLine(RecordingSession(), PERIOD_S)
    assert placed(line, 107.0, 107.1, 107.35) == pytest.approx([0.0, 0.1, 0.35])
    assert list(line.pieces(106.9, 107.2)) == [pytest.approx((107.0, 107.2, 0.0))]
    assert line.at(107.2) == pytest.approx(0.2)
    assert line.end_captured_s == pytest.approx(107.45)


def test_a_pause_is_cut_out_between_frames() -> None:
    line = TimeLine(taking((100.15, 100.45)), PERIOD_S)
    assert placed(line, 100.0, 100.1, 100.2, 100.3, 100.4, 100.5) == pytest.approx([0, 0.1, None, None, None, 0.2])
    pieces = list(line.pieces(100.0, 101.0))
    assert pieces == [pytest.approx((100.0, 100.2, 0.0)), pytest.approx((100.5, 101.0, 0.2))]
    assert [line.at(each) for each in (100.1, 100.3, 100.5)] == pytest.approx([0.1, 0.2, 0.2])


def test_a_pause_that_no_frame_saw_changes_nothing() -> None:
    line = TimeLine(taking((100.12, 100.18)), PERIOD_S)
    assert placed(line, 100.0, 100.1, 100.2) == pytest.approx([0, 0.1, 0.2])


def test_a_pause_while_no_frames_come_silences_the_sound() -> None:
    line = TimeLine(taking((103.0, float("inf"))), PERIOD_S)
    placed(line, 100.0)
    line.wait(102.0)
    assert list(line.pieces(101.0, 102.0)) == [pytest.approx((101.0, 102.0, 1.0))]
    line.wait(104.0)
    assert list(line.pieces(102.0, 104.0)) == [pytest.approx((102.0, 103.0, 2.0))]
    assert line.known_until_s == 104.0
    line._session.pauses = ((103.0, 105.0),)
    assert placed(line, 106.0) == pytest.approx([3.0])


def test_frames_stamped_late_do_not_move_the_sound() -> None:
    line = TimeLine(RecordingSession(), PERIOD_S)
    for captured_s, media_s in ((100.0, 0.0), (100.12, 0.1), (100.23, 0.2)):
        line.place(frame(captured_s, media_s))
    assert line.at(100.2) == pytest.approx(0.2)


def test_a_clip_that_stalled_goes_on_with_its_sound() -> None:
    line = TimeLine(RecordingSession(), PERIOD_S)
    assert line.place(frame(100.0, 0.0)) == 0.0
    assert line.place(frame(105.1, 0.1)) == pytest.approx(0.1)
    assert line.at(105.1) == pytest.approx(0.1)


def test_nothing_has_come_yet() -> None:
    line = TimeLine(RecordingSession(), PERIOD_S)
    assert (list(line.pieces(0.0, 9.0)), line.at(5.0), line.begin_captured_s) == ([], 0.0, None)
