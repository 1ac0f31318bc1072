"""Parts are built as the settings say: the GPU's journey where there is one; other backgrounds live."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from on_device import tiny_network

from livebg import app, matting
from livebg.assembly import Backgrounds
from livebg.matting.device import Device
from livebg.settings import Settings, change
from livebg.sinks.null import NullSink

LIVE = Settings(source="synthetic", size="64x36", seconds=1.0, background="#102030", still_gate=False)


def test_on_a_gpu_the_whole_way_is_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device("cpu", "float32", "in place of a GPU")
    monkeypatch.setattr(matting, "gpu_network", lambda _settings: (tiny_network(), 0.5, device))
    sink = NullSink()
    report = app.run(change(LIVE, {"pace": "every-frame", "size": "160x90", "matte_size": 64}), [sink])
    assert report.engine == "rmbg 64x128 on cpu, f32 folded: in place of a GPU"
    assert report.snapshot.frames == report.snapshot.key_frames == sink.composites > 0
    assert report.snapshot.standby_frames == 0
    assert {"upload", "network", "download"} <= set(report.snapshot.stages)


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
