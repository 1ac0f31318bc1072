"""Pauses and markers, as everything that records sees them."""

from __future__ import annotations

import logging
import time

import pytest

from livebg.sinks.recording.session import RecordingSession


def taking() -> RecordingSession:
    take = RecordingSession()
    take.recordings = 1
    return take


def test_a_pause_lasts_until_it_is_asked_for_again() -> None:
    take = taking()
    take.toggle_pause(10.0)
    assert take.is_paused
    assert [take.is_paused_at(each) for each in (9.9, 10.0, 1e9)] == [False, True, True]
    take.toggle_pause(12.0)
    assert not take.is_paused
    assert [take.is_paused_at(each) for each in (9.9, 10.0, 11.9, 12.0)] == [False, True, True, False]


def test_the_window_is_told() -> None:
    take = taking()
    assert take.notice() == ""
    take.mark(time.monotonic())
    assert take.notice() == "marker 1"
    take.toggle_pause(time.monotonic())
    assert "paused" in take.notice()
    take.markers = (time.monotonic() - 5.0,)
    take.toggle_pause(time.monotonic())
    assert take.notice() == ""


def test_without_a_recording_nothing_is_paused_or_marked(caplog: pytest.LogCaptureFixture) -> None:
    take = RecordingSession()
    with caplog.at_level(logging.WARNING):
        take.toggle_pause(1.0)
        take.mark(1.0)
    assert (take.pauses, take.markers) == ((), ())
    assert [each.getMessage() for each in caplog.records] == [
        "nothing is being recorded yet that could be paused",
        "nothing is being recorded yet that could be marked",
    ]
