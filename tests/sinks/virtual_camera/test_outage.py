from __future__ import annotations

import logging
import time

import pytest

from livebg.core.errors import SinkError
from livebg.sinks.virtual_camera import outage
from livebg.sinks.virtual_camera.outage import Outage


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    return now_s


def test_told_once_tried_twice_a_second_and_its_end_told(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    away, tries = Outage(), 0
    with caplog.at_level(logging.INFO):
        away.begins(SinkError("virtual camera: cannot be written: No such device"), "virtual camera")
        for _ in range(80):
            clock[0] += 0.125
            if away.is_due():
                tries += 1
                away.lasts()
        away.is_over("virtual camera")
    assert tries == 20
    warning, back = caplog.records
    assert (warning.levelno, back.getMessage()) == (logging.WARNING, "virtual camera: is back")
    assert "No such device. Frames are dropped until" in warning.getMessage()


def test_a_device_that_comes_and_goes_does_not_flood(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    away = Outage()
    with caplog.at_level(logging.INFO):
        for _ in range(100):
            away.begins(SinkError("gone"), "camera")
            clock[0] += 1.0
            away.is_over("camera")
    assert len(caplog.records) == 20, "its going and its coming, once in ten seconds"


def test_going_again_for_good_is_told_late_but_told(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    away = Outage()
    away.begins(SinkError("once"), "camera")
    away.is_over("camera")
    away.begins(SinkError("once more"), "camera")
    assert "once more" not in caplog.text
    clock[0] += outage.QUIET_S
    away.lasts()
    away.lasts()
    assert caplog.text.count("once more.") == 1


@pytest.mark.usefixtures("clock")
def test_a_device_that_comes_back_under_another_name_is_told_at_any_time(caplog: pytest.LogCaptureFixture) -> None:
    away = Outage()
    with caplog.at_level(logging.INFO):
        away.begins(SinkError("gone"), "camera 20")
        away.is_over("camera 20")
        away.begins(SinkError("gone soon after"), "camera 20")
        away.is_over("camera 21")
    assert [each.getMessage() for each in caplog.records[1:]] == ["camera 20: is back", "camera 21: is back"]
