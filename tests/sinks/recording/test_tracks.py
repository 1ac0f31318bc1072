"""Flashes and claps of the same moments, recorded and read back by the system's ffmpeg. Camera and microphone run in a
time of their own, in step with the recorder, so that no busy machine sets them apart."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from composites import composite, read_recording
from patience import until
from sound import FakeSounds, flash_times, heard, needs_ffmpeg, pulse_times

from livebg.capture.microphone import MicrophoneSource
from livebg.core.types import Composite, Frame
from livebg.media.audio.encode import RATE_HZ
from livebg.media.video import layers
from livebg.media.video.formats import Content, recording_form
from livebg.sinks.recording.recorder import Recorder
from livebg.sinks.recording.segments import Split
from livebg.sinks.recording.session import RecordingSession

FPS = 30
FRAME_S = 1 / FPS


@pytest.fixture
def sounds(monkeypatch: pytest.MonkeyPatch) -> FakeSounds:
    needs_ffmpeg()
    world = FakeSounds()
    monkeypatch.setitem(sys.modules, "sounddevice", world)  # type: ignore[arg-type]  # stands in for the module
    return world


def picture(frame: Frame, is_flash: bool) -> Composite:
    made = composite(height=48, width=64)
    return replace(made, image=np.full_like(made.image, 255 if is_flash else 0), frame=frame)


def record(path: Path, sounds: FakeSounds, seconds: float, **options: Any) -> Recorder:
    """A flash and a clap every 0.4 s from 0.2 s on. at: what happens before frame n, by n."""
    content: Content = options.pop("content", "composite")
    layer = layers.colour if content == "composite" else layers.colour_and_alpha
    at: dict[int, Callable[[], None]] = options.pop("at", {})
    microphone = MicrophoneSource("default", sounds.clock)
    sink = Recorder(
        path, layer, recording_form(content, path.suffix), may_drop=True, fps=FPS, sound=microphone, **options
    )
    begun_s = sounds.now_s
    for number in range(round(seconds * FPS)):
        sounds.advance(begun_s + number * FRAME_S - sounds.now_s)
        is_flash = number % 12 == 6
        at.get(number, lambda: None)()
        if is_flash:
            sounds.pulses.append(sounds.now_s)
        frame = Frame(np.zeros((48, 64, 3), np.uint8), number, sounds.now_s, sounds.now_s - begun_s + 5.0)
        sink.write(picture(frame, is_flash))
        until(sink._queue.empty, "a frame's way into the recording")
    sounds.advance(0.2)  # the last frame's sound
    sink.close()
    microphone.close()
    return sink


def apart(path: Path) -> list[float]:
    """How much later each clap is heard than its flash is seen, s."""
    flashes, claps = flash_times(path), pulse_times(heard(path))
    assert len(flashes) == len(claps) > 0, (flashes, claps)
    return [clap - flash for flash, clap in zip(flashes, claps, strict=True)]


FILES: list[tuple[str, Content]] = [
    ("a.mp4", "composite"),
    ("a.mkv", "composite"),
    ("a.webm", "alpha"),
    ("a.mkv", "alpha"),
    ("a.mov", "alpha"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "content"), FILES)
def test_a_clap_is_heard_when_it_is_seen(tmp_path: Path, sounds: FakeSounds, name: str, content: Content) -> None:
    record(tmp_path / name, sounds, 1.5, content=content)
    assert len(apart(tmp_path / name)) == 4
    assert max(map(abs, apart(tmp_path / name))) < FRAME_S
    assert len(heard(tmp_path / name)) / RATE_HZ == pytest.approx(1.5, abs=0.05)


@pytest.mark.slow
def test_a_system_that_does_not_know_how_old_its_sound_is(tmp_path: Path, sounds: FakeSounds) -> None:
    sounds.knows_age, sounds.jitter_s = False, 0.02
    record(tmp_path / "a.mp4", sounds, 2.5)
    assert max(map(abs, apart(tmp_path / "a.mp4"))) < FRAME_S


@pytest.mark.slow
def test_the_delay_that_was_asked_for(tmp_path: Path, sounds: FakeSounds) -> None:
    record(tmp_path / "a.mkv", sounds, 1.7, sound_delay_s=0.1)
    assert apart(tmp_path / "a.mkv") == pytest.approx([0.1] * 4, abs=FRAME_S)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_parts_lose_neither_frames_nor_sound(tmp_path: Path, sounds: FakeSounds, name: str) -> None:
    path = tmp_path / name
    sink = record(path, sounds, 4.2, split=Split(after_s=1.6))
    parts = [path, path.with_stem("a-002"), path.with_stem("a-003")]
    assert sorted(tmp_path.iterdir()) == sorted(parts)
    times_s = [read_recording(each).times_s for each in parts]
    assert sum(map(len, times_s)) == sink.recorded == 126 - sink.dropped
    assert [each[0] for each in times_s] == [0.0, 0.0, 0.0]
    assert [each[-1] for each in times_s] == pytest.approx([1.57, 1.57, 0.97], abs=0.08)
    lasts_s = [len(heard(each)) / RATE_HZ for each in parts]
    assert lasts_s == pytest.approx([1.6, 1.6, 1.0], abs=0.08)
    assert [abs(each) < FRAME_S for part in parts for each in apart(part)] == [True] * 10


@pytest.mark.slow
def test_a_pause_is_cut_out_of_picture_and_sound(tmp_path: Path, sounds: FakeSounds) -> None:
    session = RecordingSession()
    at = {33: lambda: session.toggle_pause(sounds.now_s), 60: lambda: session.toggle_pause(sounds.now_s)}
    record(tmp_path / "a.mp4", sounds, 3.5, session=session, at=at)
    assert flash_times(tmp_path / "a.mp4") == pytest.approx([0.2, 0.6, 1.0, 1.3, 1.7, 2.1, 2.5], abs=0.06)
    assert max(map(abs, apart(tmp_path / "a.mp4"))) < FRAME_S
    assert len(heard(tmp_path / "a.mp4")) / RATE_HZ == pytest.approx(3.5 - 0.9, abs=0.08)


def test_markers_are_chapters_of_the_part_they_lie_in(tmp_path: Path, sounds: FakeSounds) -> None:
    session = RecordingSession()
    at = {each: lambda: session.mark(sounds.now_s) for each in (15, 60)}
    record(tmp_path / "a.mkv", sounds, 2.5, session=session, at=at, split=Split(after_s=1.5))
    found = []
    for name in ("a.mkv", "a-002.mkv"):
        with av.open(str(tmp_path / name)) as container:
            found += [(each["start"] * each["time_base"], each["metadata"]["title"]) for each in container.chapters()]
    assert [title for _, title in found] == ["marker 1", "marker 2"]
    assert [float(at_s) for at_s, _ in found] == pytest.approx([0.5, 0.5], abs=0.06)
    assert list(tmp_path.glob("*.vtt")) == []


@pytest.mark.slow
def test_a_microphone_that_is_lost_leaves_silence(
    tmp_path: Path, sounds: FakeSounds, caplog: pytest.LogCaptureFixture
) -> None:
    unplug = {36: lambda: setattr(sounds, "is_unplugged", True), 156: lambda: setattr(sounds, "is_unplugged", False)}
    with caplog.at_level(logging.INFO):
        record(tmp_path / "a.mp4", sounds, 6.4, at=unplug)
    told = [each.getMessage() for each in caplog.records]
    for words in ("is lost: livebg records silence", "Mic is back"):
        assert sum(words in each for each in told) == 1
    claps = pulse_times(heard(tmp_path / "a.mp4"))
    assert claps == pytest.approx([0.2, 0.6, 1.0, 5.4, 5.8, 6.2], abs=0.06)
    assert len(flash_times(tmp_path / "a.mp4")) == 16
    assert any("s missing, silent" in each for each in told)
