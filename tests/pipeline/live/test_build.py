"""Parts are built as the settings say: the GPU's journey where there is one."""

from __future__ import annotations

import pytest
from on_device import tiny_network

from livebg import models
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import SourceInfo
from livebg.models.device import Device
from livebg.pipeline.live import run
from livebg.pipeline.live.build import open_gpu_processor
from livebg.sinks.null import NullSink

LIVE = Settings(source="synthetic", size="64x36", seconds=1.0, background="#102030", still_gate=False)


@pytest.mark.slow
def test_on_a_gpu_the_whole_way_is_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device("cpu", "float32", "in place of a GPU")
    monkeypatch.setattr(models, "gpu_network", lambda _settings: (tiny_network(), 0.5, device))
    sink = NullSink()
    report = run.run(change(LIVE, {"pace": "every-frame", "size": "160x90", "matte_size": 64}), [sink])
    assert report.engine == "rmbg 64x128 on cpu, f32 folded: in place of a GPU"
    assert report.snapshot.frames == report.snapshot.key_frames == sink.composites > 0
    assert report.snapshot.standby_frames == 0
    assert {"upload", "network", "download"} <= set(report.snapshot.stages)


def test_without_a_gpu_there_is_no_gpus_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "gpu_network", lambda _settings: None)
    info, host = SourceInfo("clip", 64, 36, 30.0, is_live=False), pytest.fail
    assert open_gpu_processor(LIVE, info, Stats(), {"bgr"}, lambda _: host("it is the caller's to open")) is None
