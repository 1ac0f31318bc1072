"""Blocks are stamped with the moment at which they were heard, whatever the sound system knows of it."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from sound import AGE_S, FakeSounds, FakeStream

from livebg.capture.microphone import SILENT_DB, MicrophoneSource
from livebg.core.errors import SourceError


@pytest.mark.parametrize("knows_age", [True, False])
def test_a_block_is_as_old_as_it_is(sounds: FakeSounds, knows_age: bool) -> None:
    sounds.knows_age = knows_age
    microphone = MicrophoneSource("default", sounds.clock)
    feeds = [microphone.listen(), microphone.listen()]
    sounds.pulses.append(pulse_s := sounds.now_s + 0.1)
    sounds.advance(0.4)
    microphone.close()
    blocks = feeds[0].take()
    assert len(feeds[1].take()) == len(blocks) > 5
    heard_s = [
        each.captured_at_s + np.flatnonzero(each.samples[:, 0])[0] / 48_000 for each in blocks if each.samples.any()
    ]
    assert heard_s[0] == pytest.approx(pulse_s, abs=1 / 48_000)
    assert {each.samples.shape for each in blocks} == {(960, 1)}


@pytest.mark.parametrize(
    ("age_s", "taken_s"),
    [(0.03, 0.03), (0.0, AGE_S), (-0.05, AGE_S), (0.001, AGE_S), (1e9, AGE_S), (float("nan"), AGE_S)],
)
def test_an_age_that_cannot_be_true_is_not_believed(sounds: FakeSounds, age_s: float, taken_s: float) -> None:
    microphone = MicrophoneSource("default")
    microphone.close()
    feed = microphone.listen()
    times = SimpleNamespace(currentTime=age_s, inputBufferAdcTime=0.0)
    microphone._hear(np.zeros((960, 1), np.float32), 960, times, SimpleNamespace(input_overflow=True))
    (block,) = feed.take()
    assert block.age_s == pytest.approx(taken_s)
    assert block.is_after_gap
    assert sounds.opened[0].latency == AGE_S


def test_rate_and_channels_are_what_the_device_can(sounds: FakeSounds) -> None:
    sounds.rates_hz, sounds.inputs = (44_100,), [("Array", 8)]
    microphone = MicrophoneSource("array")
    microphone.close()
    assert (microphone.info.rate_hz, microphone.info.channels) == (44_100, 2)


def test_one_that_cannot_be_opened_is_a_sentence(sounds: FakeSounds, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise sounds.PortAudioError("Device unavailable [PaErrorCode -9985]")

    monkeypatch.setattr(sounds, "InputStream", refuse, raising=False)
    with pytest.raises(SourceError, match="Desk Mic cannot be opened: Device unavailable"):
        MicrophoneSource("default")


def test_one_that_does_not_start_is_released(sounds: FakeSounds, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise sounds.PortAudioError("Device unavailable [PaErrorCode -9985]")

    monkeypatch.setattr(FakeStream, "start", refuse)
    with pytest.raises(SourceError, match="Desk Mic cannot be opened"):
        MicrophoneSource("default")
    assert sounds.opened[0].is_closed


def test_recording_age_loss_and_return_are_each_said_once(sounds: FakeSounds, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        microphone = MicrophoneSource("default", sounds.clock)
        feed = microphone.listen()
        for is_unplugged in (False, True, False):
            sounds.is_unplugged = is_unplugged
            for _ in range(10):
                sounds.advance(0.3)
                feed.take()
        microphone.close()
    told = [each.getMessage() for each in caplog.records]
    assert [each.split(":")[-1].strip()[:9] for each in told[:1]] == ["recording"]
    assert "its sound arrives 60 ms late" in told[1]
    assert [("is lost" in each, "Mic is back" in each) for each in told[2:]] == [(True, False), (False, True)]


def test_its_level_is_that_of_the_last_blocks(sounds: FakeSounds) -> None:
    now_s, is_muted = 100.0, False
    microphone = MicrophoneSource("default", lambda: now_s, lambda: is_muted)
    microphone.close()
    times = SimpleNamespace(currentTime=0.02, inputBufferAdcTime=0.0)

    def hear(level: float) -> float:
        for _ in range(10):
            microphone._hear(np.full((960, 1), level, np.float32), 960, times, SimpleNamespace(input_overflow=False))
        return microphone.level_db()

    assert microphone.level_db() == SILENT_DB
    assert hear(1.0) == pytest.approx(0.0)
    assert hear(0.1) == pytest.approx(-20.0, abs=0.01)
    assert hear(0.0) == SILENT_DB
    assert hear(0.5) == pytest.approx(-6.02, abs=0.01)
    now_s += 60
    assert microphone.level_db() == SILENT_DB, "the microphone is lost"
    is_muted = True
    assert hear(0.5) == SILENT_DB, "what is not recorded is not shown either"
    assert sounds.opened


@pytest.mark.parametrize("age_s", [0.02, 0.12])
def test_what_was_heard_while_it_was_muted_is_silent_however_late_it_comes(sounds: FakeSounds, age_s: float) -> None:
    now_s, is_muted = 100.0, False
    microphone = MicrophoneSource("default", lambda: now_s, lambda: is_muted)
    microphone.close()
    feed = microphone.listen()
    times = SimpleNamespace(currentTime=age_s, inputBufferAdcTime=0.0)
    heard = []
    for step in range(20):
        now_s, is_muted = 100 + 0.02 * step, 5 <= step <= 8
        microphone._hear(np.ones((960, 1), np.float32), 960, times, SimpleNamespace(input_overflow=False))
        (block,) = feed.take()
        heard.append(bool(block.samples.any()))
        if block.captured_at_s < 100 + 0.02 * 8 and step >= 5:
            assert not heard[-1], "it was heard before the silence ended"
    assert heard[:5] == [True] * 5
    assert heard[-1]
    assert sounds.opened
