"""A pass counts what the loop did after warm-up, at both paces; what did not work is an error, not a number."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from livebg import models
from livebg.bench import recording, speed
from livebg.bench.recording import Loop, Recording, record
from livebg.capture.playback import play
from livebg.core.errors import LivebgError, ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Snapshot, Stats, Timing
from livebg.core.types import Alpha, Composite, EndOfSource, Frame
from livebg.models.constant import ConstantEngine

SETTINGS = Settings(size="64x36", background="#102030")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    monkeypatch.setattr(speed, "WARM_S", 0.1)
    monkeypatch.setattr(recording, "FRAMES", 4)
    return record(SETTINGS, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("pace", ["own", "every-frame"])
def test_a_pass_says_rate_times_cost_memory_and_start(small: Recording, pace: str) -> None:
    result = speed.measure(SETTINGS, small, pace, 0.5, time.monotonic() - 10)
    assert "fixed alpha" in result["description"]
    assert result["size"] == "64x36"
    assert result["frames"] >= 2
    assert result["fps"] == pytest.approx(result["frames"] / result["seconds"], rel=0.05)
    assert result["frame_ms"]["p50"] <= result["frame_ms"]["p95"] <= result["frame_ms"]["p99"]
    assert set(result["stages"]) >= {"compose", "output"}
    assert not {"frame", "latency"} & set(result["stages"])
    assert result["cpu_ms_per_frame"] > 0
    assert 20 < result["memory_mb"] <= result["memory_peak_mb"]
    assert 10 <= result["start_s"] < 20


class Blind(ConstantEngine):
    """An engine whose mattes are never valid."""

    def matte(self, frame: Frame) -> Alpha:
        return Alpha(np.full((2, 2), np.nan, np.float32), frame.sequence)


@pytest.mark.slow
@pytest.mark.expects_error_log
def test_an_engine_without_a_valid_matte_has_no_speed(small: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: Blind(0.5))
    with pytest.raises(ModelError, match="no frame had a valid matte"):
        speed.measure(SETTINGS, small, "every-frame", 0.2, time.monotonic())


def test_a_standby_picture_is_no_first_composite() -> None:
    stats, seen = Stats(), list[str]()
    sink = speed.FirstLook(stats, lambda: seen.append("seen"))
    image = np.zeros((36, 64, 3), np.uint8)
    sink.write(Composite(image))
    stats.standby_frames = 1
    sink.write(Composite(image, Frame(image, 0, 0.0, 0.0)))
    assert sink.first_s is None
    for number in (1, 2):
        sink.write(Composite(image, Frame(image, number, 0.0, 0.0)))
    assert sink.first_s is not None
    assert seen == ["seen"]


@pytest.mark.slow
def test_a_pass_that_was_stopped_has_no_speed(small: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(speed.Metered):
        def rest(self, is_resting: bool) -> None: ...

        def read(self, timeout_s: float) -> Frame | None:
            if self._begun_s:
                raise EndOfSource
            return super().read(timeout_s)

    monkeypatch.setattr(speed, "Metered", Stopped)
    with pytest.raises(LivebgError, match="stopped before"):
        speed.measure(SETTINGS, small, "every-frame", 0.2, time.monotonic())


@pytest.mark.slow
def test_counting_begins_when_warm_and_ends_in_time(small: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    loop, stats = Loop(small), Stats()
    metered = speed.Metered(play(loop, "every-frame"), loop, stats, 1.0)
    metered.read(0.1)
    stats.frames = 7
    now_s[0] += 0.2
    metered.read(0.1)
    assert stats.frames == 0
    now_s[0] += 0.9
    assert metered.read(0.1) is not None
    now_s[0] += 0.2
    with pytest.raises(EndOfSource):
        metered.read(0.1)
    assert metered.elapsed_s == pytest.approx(1.1)
    assert metered.cpu_s >= 0
    metered.close()


def test_whatever_else_was_counted_is_told_by_name() -> None:
    snapshot = Snapshot(frames=9, standby_frames=2, dropped=3, seconds=1.0, fps=9.0, stages={"frame": Timing(1, 2, 3)})
    assert speed.counts(snapshot) == {"standby_frames": 2}
    times = speed.times(snapshot)
    assert times == {"frame_ms": {"p50": 1, "p95": 2, "p99": 3}, "latency_ms": None, "stages": {}}
