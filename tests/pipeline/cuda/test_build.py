"""The GPU's processor through the pipeline, on torch's CPU device: what the CPU's makes of the same network, within
0.02 of alpha but for isolated pixels and 3 levels; times counted; the CPU's once the device is lost.
"""

from __future__ import annotations

import logging
from functools import cache

import numpy as np
import pytest
from on_device import HEIGHT, WIDTH, Depending, Still, figure, frame, host_steps, picture, tiny_network

from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Composite, EndOfSource, Frame, SourceInfo
from livebg.matting.item import Item
from livebg.matting.temporal.motion import MotionDetector
from livebg.models.constant import ConstantEngine
from livebg.models.device import Device
from livebg.models.rmbg.engine import RmbgEngine
from livebg.models.rmbg.source import InMemory
from livebg.models.rmbg.torch_runtime import open_runtime
from livebg.pipeline.cpu import CpuProcessor
from livebg.pipeline.cpu_build import live_processor
from livebg.pipeline.cuda.build import GpuOrHost, open_host_steps
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.pipeline.cuda.program import Program
from livebg.sinks.null import NullSink
from tests.chains import FlatEdges, processor
from tests.loops import run_loop


class Frames:
    """As many frames as asked for, each there at once."""

    info = SourceInfo("frames", WIDTH, HEIGHT, 30.0, False)
    dropped = 0

    def __init__(self, count: int) -> None:
        self._left = list(range(count))

    def rest(self, is_resting: bool) -> None: ...

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


def _host(stats: Stats) -> CpuProcessor:
    return processor(ConstantEngine(0.0), stats, FlatEdges())


def _run(count: int) -> tuple[Keeping, Stats, GpuOrHost]:
    stats, sink = Stats(), Keeping()
    gpu = GpuProcessor(tiny_network(), host_steps(), "cpu", (64, 96), precision="f32")
    processor = GpuOrHost(gpu, lambda: _host(stats), stats)
    run_loop(Frames(count), lambda _: processor, [sink], stats, background=Still(picture(9)))
    return sink, stats, processor


CUT = 7
SIZE = (300, 450)
ON_THE_HOST = {
    "grow": 3.0,
    "feather": 6.0,
    "level_low": 0.2,
    "level_high": 0.9,
    "gamma": 2.0,
    "auto_frame": True,
    "light_wrap": 0.5,
    "colour_match": 0.5,
    "low_light": 0.5,
}


@cache
def _scene(sequence: int) -> Frame:
    """The red disc moves, jumps and rests over a noisy room; from CUT on it is elsewhere in a bright one."""
    shift_px = 4 * sequence if sequence < 4 else 60
    image, disc = figure(*SIZE, shift_px if sequence < CUT else -110)
    room = 140 * (1 - disc[..., None]) if sequence >= CUT else 0
    noise = np.random.default_rng(sequence).normal(0, 1.5, image.shape)
    return Frame(np.clip(image + room + noise, 0, 255).astype(np.uint8), sequence, 0.0, sequence / 30)


def _gap(settings: Settings, background: Still, frames: int = 2 * CUT) -> tuple[float, ...]:
    """Between both processors' results over the scene: shares of pixels with more than 0.02 and 3 levels, means."""
    device, stats = Device("cpu", "float32", "test"), Stats()
    engine = RmbgEngine(open_runtime(InMemory(tiny_network()), device, "torch"), device, 64)
    host = live_processor(engine, settings, stats)
    gpu = GpuProcessor(tiny_network(), open_host_steps(settings, stats), "cpu", 64, precision="f32")
    alphas, levels, stillness = [], [], MotionDetector()
    for sequence in range(frames):
        assert stillness.see(_scene(sequence)).is_cut == (sequence in (0, CUT))
        one, other = (each.begin(_scene(sequence), settings, background).finish() for each in (host, gpu))
        assert one.alpha is not None
        assert other.alpha is not None
        assert 0.05 < one.alpha.mean() < 0.6
        alphas.append(np.abs(one.alpha - other.alpha))
        levels.append(np.abs(one.image.astype(int) - other.image))
    gap, step = np.array(alphas), np.array(levels)
    return float((gap > 0.02).mean()), float((step > 3).mean()), float(gap.mean()), float(step.mean())


@pytest.mark.slow
@pytest.mark.parametrize("edges", ["guided", "plain"])
@pytest.mark.parametrize("foreground", ["estimated", "plain"])
@pytest.mark.parametrize("is_transparent", [False, True])
def test_the_gpus_processor_gives_what_the_cpus_does(edges: str, foreground: str, is_transparent: bool) -> None:
    settings = Settings(edges=edges, foreground=foreground)
    far, off, alpha, levels = _gap(settings, Still(picture(9, *SIZE), is_transparent))
    assert far < 3e-4
    assert off < 3e-4
    assert alpha < 2e-4
    assert levels < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_THE_HOST)
def test_what_the_device_does_not_make_the_host_makes(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    far, off, _, levels = _gap(Settings(**{name: ON_THE_HOST[name]}), Still(picture(9, *SIZE)), 4)
    assert far < 3e-4
    assert off < 1e-3
    assert levels < 0.05
    (line,) = (each for each in caplog.messages if "has no step for" in each)
    assert line == f"the processor finishes the picture: the GPU has no step for {name}"


def test_a_background_that_needs_the_matte_gets_this_frames() -> None:
    background = Depending(picture(9, *SIZE))
    gpu = GpuProcessor(tiny_network(), open_host_steps(Settings(), Stats()), "cpu", 64, precision="f32")
    composite = gpu.composite(_scene(0), Settings(), background)
    np.testing.assert_array_equal(background.alphas[0], composite.alpha)


@pytest.mark.slow
def test_the_picture_glides_back_before_the_device_takes_it_over() -> None:
    host, on = open_host_steps(Settings(), Stats()), Settings(auto_frame=True, auto_frame_zoom=3.0)
    full, behind = figure(*SIZE)[1], Still(picture(9, *SIZE))
    full[:40] = 0
    for sequence in range(40):
        host.finish(Item(frame(sequence, *SIZE), Alpha(full, sequence), full=full), on, behind)
    assert host.missing(Settings(), behind) == ("auto_frame",)
    for sequence in range(40, 200):
        host.finish(Item(frame(sequence, *SIZE), Alpha(full, sequence), full=full), Settings(), behind)
    assert host.missing(Settings(), behind) == ()


def test_a_settled_matte_only_lacks_what_the_settings_ask_for() -> None:
    host, half = open_host_steps(Settings(), Stats()), np.full((HEIGHT, WIDTH), 0.5, np.float32)
    item = Item(frame(0), Alpha(half, 0), full=half)
    assert host.finish(item, Settings(), Still(picture(9))).alpha is half
    bent = host.finish(item, Settings(level_low=0.5), Still(picture(9))).alpha
    assert bent is not None
    assert (bent == 0).all()


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
    sink, stats, processor = _run(6)
    assert sink.sequences == list(range(6))
    assert stats.standby_frames >= 1
    safe = (Still(picture(9)).standby(HEIGHT, WIDTH), picture(9))  # then the host's alpha of 0: nothing of the frame
    for image in sink.images[2:]:
        assert any(np.array_equal(image, each) for each in safe)
    assert "going on with the processor" in caplog.text
    assert processor.description == "fixed alpha 0"
    assert not processor.is_asynchronous


@pytest.mark.slow
def test_after_a_reset_a_frame_is_the_first_on_the_device_and_on_the_host() -> None:
    stats, resets = Stats(), list[int]()
    host = _host(stats)
    host.reset = lambda: resets.append(1)  # type: ignore[method-assign]
    gpu = GpuProcessor(tiny_network(), host_steps(), "cpu", (64, 96), precision="f32")
    processor = GpuOrHost(gpu, lambda: host, stats)

    def made(sequence: int) -> np.ndarray:
        return processor.begin(frame(sequence), Settings(), Still(picture(9))).finish().image.copy()

    first = made(4)
    made(5)
    processor.reset()
    assert np.array_equal(made(4), first)
    gpu.close()
    made(4)
    processor.reset()
    assert resets == [1]
    processor.close()
