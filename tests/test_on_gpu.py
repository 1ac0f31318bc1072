"""The GPU's journey through the pipeline, on torch's CPU device: times counted; the host's once the device is lost."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from on_device import HEIGHT, WIDTH, Still, frame, picture, tiny_network

from livebg.controls import Controls
from livebg.gpu.journey import GpuJourney
from livebg.gpu.program import Program
from livebg.journey import HostJourney
from livebg.matting.fixed import FixedMatter
from livebg.on_gpu import GpuOrHost
from livebg.pipeline import Pipeline, Stages
from livebg.settings import Settings
from livebg.sinks.null import NullSink
from livebg.stages import Composite, EndOfSource, Frame, SourceInfo
from livebg.stats import Stats


class Frames:
    """As many frames as asked for, each there at once."""

    info = SourceInfo("frames", WIDTH, HEIGHT, 30.0, False)
    dropped = 0

    def __init__(self, count: int) -> None:
        self._left = list(range(count))

    def read(self, timeout_s: float) -> Frame | None:
        del timeout_s
        if not self._left:
            raise EndOfSource
        return frame(self._left.pop(0))

    def close(self) -> None: ...


class Keeping(NullSink):
    def __init__(self) -> None:
        super().__init__()
        self.images: list[np.ndarray] = []
        self.sequences: list[int] = []

    def write(self, composite: Composite) -> None:
        assert composite.frame is not None
        self.images.append(composite.image)
        self.sequences.append(composite.frame.sequence)


def _host(stats: Stats) -> HostJourney:
    def whole(values: np.ndarray, at: Frame) -> np.ndarray:
        return np.full((at.height, at.width), values[0, 0], np.float32)

    return HostJourney(FixedMatter(0.0), lambda alpha, _frame, _strength: alpha, {"guided": whole}, stats)


def _run(count: int) -> tuple[Keeping, Stats, GpuOrHost]:
    stats, sink = Stats(), Keeping()
    journey = GpuOrHost(GpuJourney(tiny_network(), "cpu", (64, 96), precision="f32"), lambda: _host(stats), stats)
    stages = Stages(Frames(count), journey, lambda _: Still(picture(9)), [sink])
    Pipeline(stages, Controls(Settings()), stats).run(lambda: False)
    journey.close()
    return sink, stats, journey


def test_frames_come_out_in_order_with_the_devices_times() -> None:
    sink, stats, _ = _run(4)
    assert sink.sequences == [0, 1, 2, 3]
    snapshot = stats.snapshot()
    assert (snapshot.key_frames, snapshot.standby_frames) == (4, 0)
    assert {"network", "latency", "frame"} <= set(snapshot.stages)


@pytest.mark.expects_error_log
def test_where_the_device_is_lost_the_host_goes_on_after_a_standby_picture(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plain, started = Program.start, []

    def start(self: Program, *rest: object) -> object:
        started.append(1)
        if len(started) > 2:
            raise RuntimeError("CUDA error: unspecified launch failure")
        return plain(self, *rest)

    monkeypatch.setattr(Program, "start", start)
    sink, stats, journey = _run(6)
    assert sink.sequences == list(range(6))
    assert stats.standby_frames >= 1
    safe = (Still(picture(9)).standby(HEIGHT, WIDTH), picture(9))  # then the host's alpha of 0: nothing of the frame
    for image in sink.images[2:]:
        assert any(np.array_equal(image, each) for each in safe)
    assert "going on with the processor" in caplog.text
    assert journey.description == "fixed alpha 0"
    assert not journey.is_asynchronous
