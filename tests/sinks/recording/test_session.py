"""Pauses and markers, as everything that records sees them."""

from __future__ import annotations

import logging
import time

import pytest

from livebg.sinks.recording.session import RecordingSession


def taking() -> RecordingSession:
    session = RecordingSession()
    session.recordings = 1
    return session


def test_a_pause_lasts_until_it_is_asked_for_again() -> None:
    session = taking()
    session.toggle_pause(10.0)
    assert session.is_paused
    assert [session.is_paused_at(each) for each in (9.9, 10.0, 1e9)] == [False, True, True]
    session.toggle_pause(12.0)
    assert not session.is_paused
    assert [session.is_paused_at(each) for each in (9.9, 10.0, 11.9, 12.0)] == [False, True, True, False]


def test_a_pause_ends_with_the_recordings_it_was_meant_for() -> None:
    session = RecordingSession()
    for _ in range(2):
        session.begin()
    session.toggle_pause(time.monotonic())
    session.end()
    session.begin()
    assert session.is_paused, "another one goes on"
    session.end()
    session.end()
    session.begin()
    assert not session.is_paused
    assert session.is_paused_at(time.monotonic()) is False
    assert len(session.pauses) == 1


def test_the_window_is_told() -> None:
    session = taking()
    session.say("recording to a.mp4")
    assert session.notice() == "recording to a.mp4"
    session = taking()
    assert session.notice() == ""
    session.mark(time.monotonic())
    assert session.notice() == "marker 1"
    session.toggle_pause(time.monotonic())
    assert "paused" in session.notice()
    session.markers = (time.monotonic() - 5.0,)
    session.toggle_pause(time.monotonic())
    assert session.notice() == ""


def test_without_a_recording_nothing_is_paused_or_marked(caplog: pytest.LogCaptureFixture) -> None:
    session = RecordingSession()
    with caplog.at_level(logging.WARNING):
        session.toggle_pause(1.0)
        session.mark(1.0)
    assert (session.pauses, session.markers) == ((), ())
    assert [each.getMessage() for each in caplog.records] == [
        "there is no recording yet that could be paused",
        "there is no recording yet that could be marked",
    ]
