"""Sound in step with the frames: drifting clocks, late callbacks, holes; simulated time, so an hour takes a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from composites import room

from livebg.core.types import Frame
from livebg.media.audio.encode import RATE_HZ
from livebg.media.audio.types import SoundBlock, SoundFeed, SoundInfo
from livebg.sinks.recording import audio_sync
from livebg.sinks.recording.audio_sync import AudioSync, BlockClock
from livebg.sinks.recording.session import RecordingSession
from livebg.sinks.recording.timeline import TimeLine

DEVICE_HZ = 8000
BLOCK = 800
BEGUN_S = 50.0


def frame(at_s: float) -> Frame:
    return Frame(room(at_s).image, 0, BEGUN_S + at_s, at_s)


def blocks(seconds: float, claps_s: Iterable[float], ppm: float = 0.0, jitter_s: float = 0.0) -> Iterator[SoundBlock]:
    """From a device whose second lasts (1 + ppm/1e6) s, each block stamped off by up to jitter_s."""
    generator, period_s = np.random.default_rng(1), (1 + ppm / 1e6) / DEVICE_HZ
    for first in range(0, round(seconds / period_s), BLOCK):
        samples = np.zeros((BLOCK, 1), np.float32)
        for clap_s in claps_s:
            index = round(clap_s / period_s) - first
            if 0 <= index < BLOCK:
                samples[index : index + 16] = 0.8
        yield SoundBlock(samples, BEGUN_S + first * period_s + jitter_s * (2 * float(generator.random()) - 1))


def played(sounds: Iterable[SoundBlock], seconds: float, channels: int = 1) -> tuple[np.ndarray, AudioSync]:
    """What the recording holds, float32 (n,), of a recording that long whose frames come all the time."""
    feed, line = SoundFeed(), TimeLine(RecordingSession(), 0.04)
    sound = AudioSync(feed, SoundInfo("mic", DEVICE_HZ, channels), line)
    line.place(frame(0.0))
    made: list[np.ndarray] = []
    for each in sounds:
        feed.put(each)
        at_s = each.captured_at_s - BEGUN_S + 0.15
        line.place(frame(at_s))
        made += sound.until(BEGUN_S + at_s)
    made += sound.rest(BEGUN_S + seconds, 0.0)
    assert {each.shape[1] for each in made} == {channels}
    return np.concatenate(made)[:, 0], sound


def onsets_s(samples: np.ndarray) -> list[float]:
    loud = np.flatnonzero(np.abs(samples) > 0.3)
    return [float(at) / RATE_HZ for number, at in enumerate(loud) if number == 0 or at - loud[number - 1] > 4800]


@pytest.mark.slow
@pytest.mark.parametrize("ppm", [400.0, -400.0])
def test_ten_minutes_of_a_clock_that_drifts_stay_in_step(ppm: float) -> None:
    claps_s = [float(each) for each in range(20, 600, 60)]
    samples, line = played(blocks(600, claps_s, ppm, jitter_s=0.01), 600)
    assert onsets_s(samples) == pytest.approx(claps_s, abs=0.015)  # 0.24 s apart without care
    assert len(samples) / RATE_HZ == pytest.approx(600, abs=0.2)
    assert f"{line.report}".startswith("its clock drifts by ")
    assert float(line.report.split()[4]) == pytest.approx(ppm, abs=30)


def test_a_hole_is_silence_of_its_length() -> None:
    sounds = [each for each in blocks(6, [0.5, 1.5, 4.5, 5.5]) if not 2.0 <= each.captured_at_s - BEGUN_S < 3.95]
    samples, line = played(sounds, 6)
    assert onsets_s(samples) == pytest.approx([0.5, 1.5, 4.5, 5.5], abs=0.02)
    assert len(samples) / RATE_HZ == pytest.approx(6, abs=0.1)
    assert line.report == "" or "missing" in line.report


def test_sound_from_before_the_first_frame_is_left_out() -> None:
    early = [SoundBlock(each.samples, each.captured_at_s - 1.05) for each in blocks(3, [0.5, 1.55])]
    samples, _ = played(early, 1.9)
    assert onsets_s(samples) == pytest.approx([0.5], abs=0.005)


def test_sound_that_comes_late_begins_with_silence() -> None:
    late = [each for each in blocks(2, [0.2, 1.0]) if each.captured_at_s >= BEGUN_S + 0.45]
    samples, _ = played(late, 2)
    assert onsets_s(samples) == pytest.approx([1.0], abs=0.005)


def test_a_microphone_that_never_says_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_sync, "PATIENCE_S", 0.3)
    samples, line = played([], 1.5)
    assert len(samples) / RATE_HZ == pytest.approx(1.5, abs=0.01)
    assert not samples.any()
    assert line.report == "1.5 s missing, silent"


def test_a_late_callback_is_not_a_hole() -> None:
    clock = BlockClock(DEVICE_HZ)
    stamps_s = [0.0, 0.1, 0.35, 0.3, 0.4]  # the third was called 0.15 s late
    starts_s = [clock.start_s(SoundBlock(np.zeros((BLOCK, 1), np.float32), each)) for each in stamps_s]
    assert starts_s == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4], abs=0.001)


def test_a_hole_that_is_known_of_is_believed_at_once() -> None:
    clock = BlockClock(DEVICE_HZ)
    block = np.zeros((BLOCK, 1), np.float32)
    assert clock.start_s(SoundBlock(block, 0.0)) == 0.0
    assert clock.start_s(SoundBlock(block, 0.5, is_after_gap=True)) == 0.5
    assert clock.drift is None
