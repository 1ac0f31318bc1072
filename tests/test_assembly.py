"""Parts are built as the settings say: engine in or beside the loop, picture late where asked, other backgrounds."""

from __future__ import annotations

import logging
import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from on_device import tiny_network

from livebg import app, matting
from livebg.assembly import Backgrounds
from livebg.governor import SIZES_PX
from livebg.matting.device import Device
from livebg.matting.fixed import FixedMatter
from livebg.settings import Settings, change
from livebg.sinks.null import NullSink
from livebg.stages import Alpha, Composite, Frame

LIVE = Settings(source="synthetic", size="64x36", seconds=1.0, background="#102030", still_gate=False)


class Watched(FixedMatter):
    """Notes the frames it is asked for, and in which thread; takes pause_s for each."""

    def __init__(self, pause_s: float = 0.0) -> None:
        super().__init__(0.5)
        self._pause_s = pause_s
        self.asked: list[int] = []
        self.threads: set[str] = set()
        self.sizes: list[int] = []

    def matte(self, frame: Frame) -> Alpha:
        time.sleep(self._pause_s)
        self.asked.append(frame.sequence)
        self.threads.add(threading.current_thread().name)
        return super().matte(frame)


class Resizable(Watched):
    matte_size = 288

    def resize(self, matte_size: int) -> None:
        self.sizes.append(matte_size)


class Keeping(NullSink):
    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []

    def write(self, composite: Composite) -> None:
        super().write(composite)
        if composite.frame is not None:
            self.late.append(time.monotonic() - composite.frame.captured_at_s)


def _run(monkeypatch: pytest.MonkeyPatch, engine: Watched, settings: Settings) -> tuple[app.Report, Keeping]:
    monkeypatch.setattr(matting, "open_matter", lambda _settings, _info: engine)
    sink = Keeping()
    return app.run(settings, [sink]), sink


def test_a_quick_engine_looks_at_every_frame_in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Watched()
    report, _ = _run(monkeypatch, engine, LIVE)
    assert engine.threads == {"MainThread"}
    assert report.snapshot.carried == 0
    assert report.snapshot.key_frames == report.snapshot.frames > 3


def test_a_slow_engine_looks_at_key_frames_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Watched(pause_s=0.1)
    report, _ = _run(monkeypatch, engine, LIVE)
    assert engine.threads == {"MainThread", "livebg-matte"}  # timed in the one, at work in the other
    assert report.snapshot.carried > report.snapshot.key_frames > 1
    assert report.snapshot.standby_frames == 0


def test_at_every_frame_a_stride_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Watched()
    report, _ = _run(monkeypatch, engine, change(LIVE, {"pace": "every-frame", "stride": 3, "seconds": 0.5}))
    gaps = [later - earlier for earlier, later in pairwise(engine.asked)]
    assert max(gaps) == 3  # less only where too much of the picture is new
    assert report.snapshot.carried + report.snapshot.key_frames == report.snapshot.frames


def test_matched_shows_the_picture_late_by_the_frames_it_says(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    _, sink = _run(monkeypatch, Watched(), change(LIVE, {"latency": "matched", "stride": 4}))
    assert "the picture is 3 frames late (100 ms)" in caplog.text
    assert np.median(sink.late) >= 0.095


def test_on_a_gpu_the_whole_way_is_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device("cpu", "float32", "in place of a GPU")
    monkeypatch.setattr(matting, "gpu_network", lambda _settings: (tiny_network(), 0.5, device))
    sink = Keeping()
    report = app.run(change(LIVE, {"pace": "every-frame", "size": "160x90", "matte_size": 64}), [sink])
    assert report.engine == "rmbg 64x128 on cpu, f32 folded: in place of a GPU"
    assert report.snapshot.frames == report.snapshot.key_frames == sink.composites > 0
    assert report.snapshot.standby_frames == 0
    assert {"upload", "network", "download"} <= set(report.snapshot.stages)


def test_a_pinned_size_is_what_the_engine_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Resizable()
    _run(monkeypatch, engine, change(LIVE, {"matte_size": 320}))
    assert set(engine.sizes) == {320}


def test_an_engine_too_slow_for_fresh_mattes_gets_smaller_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Resizable(pause_s=0.35)
    _run(monkeypatch, engine, change(LIVE, {"seconds": 2.5}))
    assert engine.sizes[0] == 288
    assert engine.sizes[1] == SIZES_PX[SIZES_PX.index(288) + 1]


def test_a_background_that_cannot_be_opened_leaves_the_old_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = Settings(background="#ff0000")
    backgrounds = Backgrounds(settings)
    first = backgrounds.of(settings)
    for bad in ("no-such-thing", "none"):
        changed = change(settings, {"background": bad})
        assert backgrounds.of(changed) is first
        assert backgrounds.of(changed) is first
    assert caplog.text.count("stays as it was") == 2
    second = backgrounds.of(change(settings, {"background": "#00ff00"}))
    assert (second.standby(2, 2) == np.uint8([0, 255, 0])).all()
    backgrounds.close()
