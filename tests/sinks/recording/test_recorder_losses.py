"""Recordings that encoder or disk cannot follow: what is left out is counted and said, and nothing hangs."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from composites import composite, read_recording
from patience import HANGS_S, SLACK, until
from recorders import ENDS_WITHIN_S, opened, patch_add, write_many

from livebg.core.errors import SinkError
from livebg.media.video import layers
from livebg.media.video.formats import recording_form
from livebg.media.video.writer import Recording
from livebg.sinks.recording.recorder import Limits, Recorder
from livebg.sinks.recording.session import RecordingSession


@pytest.mark.slow
def test_too_slow_for_a_live_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    patch_add(monkeypatch, lambda _: time.sleep(0.02))
    sink = opened(tmp_path / "a.mkv", may_drop=True, queue_most=4)
    started_s = time.monotonic()
    with caplog.at_level(logging.WARNING):
        write_many(sink, 200)
        assert time.monotonic() - started_s < 0.5 * SLACK  # never waits
        sink.close()
    ended()
    times_s = read_recording(tmp_path / "a.mkv").times_s
    assert sink.dropped > 0
    assert len(times_s) == sink.recorded == 200 - sink.dropped
    assert times_s == sorted(times_s)
    assert [each.getMessage().endswith("left out") for each in caplog.records] == [True, True]
    assert f"{sink.dropped} of 200 frames left out" in caplog.text


@pytest.mark.slow
def test_an_encoder_that_is_too_slow_is_said_with_what_to_choose_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    patch_add(monkeypatch, lambda _: time.sleep(0.05))
    session = RecordingSession()
    encoding = recording_form("alpha", ".mov")
    path, limits = tmp_path / "a.mov", Limits(queue_most=4)
    sink = Recorder(path, layers.colour_and_alpha, encoding, may_drop=True, fps=30.0, session=session, limits=limits)
    with caplog.at_level(logging.INFO):
        for number in range(60):
            sink.write(composite(number / 30, is_transparent=True))
            if number == 2:
                until(lambda: sink.recorded >= 2, "two frames recorded")
        sink.close()
    first, last = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert re.search(r"prores_ks manages \d+ of 30 fps here \(use \.webm \(VP9\) or \.mkv \(FFV1\) instead\)", first)
    assert f"{sink.dropped} of 60 frames left out" in last
    assert "prores_ks manages" in last
    assert f"{sink.recorded} frames written" in caplog.text
    assert session.left_out == sink.dropped > 0


def test_frames_that_waited_when_it_failed_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fails = threading.Event()

    def fail(_: int) -> None:
        fails.wait(HANGS_S)
        raise SinkError("output a.mp4: No space left")

    patch_add(monkeypatch, fail)
    session = RecordingSession()
    form = recording_form("composite", ".mp4")
    sink = Recorder(tmp_path / "a.mp4", layers.colour, form, may_drop=True, session=session)
    write_many(sink, 4)
    fails.set()
    with pytest.raises(SinkError, match="No space left"), caplog.at_level(logging.WARNING):
        sink.close()
    assert session.left_out == 4
    assert "4 frames were not written any more" in caplog.text


@pytest.mark.slow
def test_too_slow_for_a_file_makes_the_pipeline_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: Callable[[], None]
) -> None:
    patch_add(monkeypatch, lambda _: time.sleep(0.01))
    sink = opened(tmp_path / "a.mkv", queue_most=4)
    write_many(sink, 60)
    sink.close()
    ended()
    assert len(read_recording(tmp_path / "a.mkv").times_s) == 60


@pytest.mark.slow
def test_a_disk_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    patch_add(monkeypatch, lambda _: goes_on.wait(HANGS_S))
    sink = opened(tmp_path / "a.mp4", may_drop=True, stalled_s=0.2)
    sink.write(composite(0.0))
    started_s = time.monotonic()
    with pytest.raises(SinkError, match=r"a\.mp4: nothing was written for 0.2 s"):
        sink.close()
    assert time.monotonic() - started_s < ENDS_WITHIN_S
    goes_on.set()


def test_the_queue_is_bounded_by_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    patch_add(monkeypatch, lambda _: goes_on.wait(HANGS_S))
    bound = 6 * composite().image.nbytes * 7 // 3  # image and float alpha
    sink = opened(tmp_path / "a.mp4", may_drop=True, queue_bytes=bound)
    for _ in range(20):
        sink.write(composite(0.0))
    goes_on.set()
    sink.close()
    assert sink.recorded in (6, 7)  # six wait, the thread may have taken one


def test_a_disk_that_hesitates_drops_frames_but_never_holds_up_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(Recording, "sync", lambda _: goes_on.wait(HANGS_S))
    sink = opened(tmp_path / "a.mp4", may_drop=True, look_every_s=0.0, queue_most=4)
    started_s = time.monotonic()
    write_many(sink, 20)
    assert time.monotonic() - started_s < ENDS_WITHIN_S
    goes_on.set()
    sink.close()
    assert sink.dropped >= 14
    assert len(read_recording(tmp_path / "a.mp4").times_s) == sink.recorded == 20 - sink.dropped
