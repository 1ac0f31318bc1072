"""The GPU's processor, guided by people, on torch's CPU device: what the CPU's guided engine makes of the same network.

Somebody enters a room with a chair, walks through it, comes near and leaves.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from on_device import Answering, GraphsInTurn, SalientNetwork, Still, picture, tiny_network
from requirements import lacking
from salient import CHAIR, PERSON, Finder
from torch import nn

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Composite, Frame, Matte
from livebg.models.device import Device
from livebg.models.guided.engine import GuidedEngine
from livebg.models.guided.guide import Guide
from livebg.models.guided.region import SHAPES
from livebg.models.rmbg.engine import RmbgEngine
from livebg.models.rmbg.source import InMemory
from livebg.models.rmbg.torch_runtime import open_runtime
from livebg.pipeline.cpu_build import live_processor
from livebg.pipeline.cuda import processor as processors
from livebg.pipeline.cuda.build import open_host_steps
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.pipeline.cuda.program import Program
from livebg.pipeline.cuda.streams import InTurn

SIZE = HEIGHT, WIDTH = 240, 320
SETTINGS = Settings()
BEHIND = picture(9, *SIZE)
PATH: tuple[tuple[int, int, int, int] | None, ...] = (  # of each frame: left, top, right, bottom, px; None: nobody
    *(None, None),
    *((270 - 18 * n, 90, 340 - 18 * n, 240) for n in range(8)),
    *((120 - 14 * n, 90 - 12 * n, 210 + 12 * n, 240) for n in range(6)),
    *(None, None, None),
    *((150, 60, 230, 240), (150, 60, 230, 240)),
)


def scene(sequence: int, people: tuple[int, int, int, int] | None, size: tuple[int, int] = SIZE) -> Frame:
    """A grey room with noise and a chair, and a person with a soft edge."""
    image = np.full((*size, 3), 110, np.uint8)
    image[size[0] // 2 :, 10:60] = CHAIR
    if people is not None:
        left, top, right, bottom = people
        image[max(0, top) : bottom, max(0, left) : right] = PERSON
    image = cv2.GaussianBlur(image, (5, 5), 0)
    noise = np.random.default_rng(sequence).normal(0, 1.5, image.shape)
    return Frame(np.clip(image + noise, 0, 255).astype(np.uint8), sequence, sequence / 30, sequence / 30)


def guided(
    network: nn.Module | None = None, matte_size: int = 64, device: str = "cpu", precision: str = "f32", **rest: object
) -> GpuProcessor:
    host = open_host_steps(SETTINGS, Stats(), has_presence=False)
    network = network or tiny_network(SalientNetwork)
    guide = rest.pop("guide", None) or Guide(Finder())
    return GpuProcessor(network, host, device, matte_size, precision=precision, guide=guide, **rest)


def on_host(matte_size: int) -> Callable[[Frame], Composite]:
    device = Device("cpu", "float32", "test")
    runtime = open_runtime(InMemory(tiny_network(SalientNetwork)), device, "torch")
    engine = GuidedEngine(Finder(), RmbgEngine(runtime, device, matte_size))
    host = live_processor(engine, SETTINGS, Stats(), has_presence=False)
    return lambda given: host.begin(given, SETTINGS, Still(BEHIND)).finish()


def composite(ours: GpuProcessor, given: Frame) -> Composite:
    return ours.composite(given, SETTINGS, Still(BEHIND))


@pytest.mark.slow
@pytest.mark.parametrize("matte_size", [64, 192, 640])
def test_the_gpus_processor_gives_what_the_cpus_guided_engine_does(matte_size: int) -> None:
    ours, host = guided(matte_size=matte_size), on_host(matte_size)
    alphas, levels = [], []
    path = PATH if matte_size < 600 else PATH[1:8]  # each frame has two looks there, of seconds
    for sequence, people in enumerate(path):
        given = scene(sequence, people)
        one, other = host(given), composite(ours, given)
        assert one.alpha is not None
        assert other.alpha is not None
        alphas.append(np.abs(one.alpha - other.alpha))
        levels.append(np.abs(one.image.astype(int) - other.image))
        assert (people is not None) == bool(other.alpha.any())
        if people is None:
            np.testing.assert_array_equal(other.image, BEHIND, "an empty room is the background, whatever stands in it")
        assert other.alpha[:, :60].max() == 0 or (people is not None and people[0] < 90), "the chair"
    gap, step = np.array(alphas), np.array(levels)
    assert (gap > 0.02).mean() < 3e-4
    assert (step > 3).mean() < 3e-4
    assert gap.mean() < 2e-4
    assert step.mean() < 0.05


STANDING = (120, 60, 200, 240)
LYING = (20, 150, 300, 230)
SECOND_HALF = 5  # graphs: planes, edges, settle, judge, compose
MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


class Counted(Finder):
    """A finder that knows which frames it saw, and fails at some of them."""

    def __init__(self, failing: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.seen, self._failing = [], failing

    def matte(self, frame: Frame) -> Alpha:
        self.seen.append(frame.sequence)
        if frame.sequence in self._failing:
            raise ModelError("the finder broke")
        return super().matte(frame)


@pytest.mark.slow
def test_a_region_that_moves_needs_no_new_graph_and_the_graphs_give_what_the_plain_form_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, streams = guided(), GraphsInTurn("cpu")
    monkeypatch.setattr(processors, "open_streams", lambda _device: streams)
    ours = guided()
    places = [(40 + 12 * n, 60, 120 + 12 * n, 240) for n in range(12)]
    captures = []
    for sequence, people in enumerate([*places, LYING, LYING, STANDING]):
        one, other = (composite(each, scene(sequence, people)) for each in (plain, ours))
        np.testing.assert_array_equal(one.image, other.image)
        captures.append(streams.captures)
    assert captures == [SECOND_HALF + 3] * len(places) + [SECOND_HALF + 6] * 3, "a shape: crop, network, gate"


@pytest.mark.slow
def test_begun_ahead_the_composites_are_those_made_in_turn() -> None:
    in_turn, ahead, background = guided(), guided(), Still(BEHIND)
    frames = [scene(sequence, people) for sequence, people in enumerate(PATH[1:8])]
    expected = [composite(in_turn, each).image for each in frames]
    pending, found = ahead.begin(frames[0], SETTINGS, background), []
    for each in frames[1:]:
        following = ahead.begin(each, SETTINGS, background)
        found.append(pending.finish().image)
        pending = following
    found.append(pending.finish().image)
    np.testing.assert_array_equal(found, expected)


def test_in_an_empty_room_the_network_rests() -> None:
    ours = guided(Answering(), is_plain=True)
    made = composite(ours, scene(0, None))
    np.testing.assert_array_equal(made.image, BEHIND)
    assert "network" not in ours.step_ms
    with pytest.raises(ModelError):
        composite(ours, scene(1, STANDING))


@pytest.mark.parametrize("value", [1.0, 0.5])
def test_a_dead_network_does_not_get_the_shape_of_a_person(value: float) -> None:
    ours = guided(Answering(value), is_plain=True)
    for sequence in range(4):
        with pytest.raises(ModelError, match="everywhere, as if dead"):
            composite(ours, scene(sequence, STANDING))
    assert not ours.is_spent


class DeadAt(SalientNetwork):
    """Its answer to pictures of less than (or at least) this height is the same everywhere."""

    def __init__(self, height: int, at_less: bool) -> None:
        super().__init__()
        self._height, self._at_less = height, at_less

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        answer = super().forward(pixels)
        return torch.full_like(answer, 0.5) if (pixels.shape[2] < self._height) == self._at_less else answer


@pytest.mark.parametrize("at_less", [False, True], ids=["the first", "the second"])
def test_from_600_px_on_it_looks_twice_and_each_look_is_judged(at_less: bool) -> None:
    sound = guided(is_plain=True, matte_size=640)
    composite(sound, scene(0, STANDING))
    assert {"network", "network again"} <= set(sound.step_ms)
    ours = guided(DeadAt(450, at_less), is_plain=True, matte_size=640)
    with pytest.raises(ModelError, match="everywhere, as if dead"):
        composite(ours, scene(0, STANDING))


@pytest.mark.slow
def test_two_looks_as_graphs_give_what_the_plain_form_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, streams = guided(matte_size=600), GraphsInTurn("cpu")
    monkeypatch.setattr(processors, "open_streams", lambda _device: streams)
    ours, captures = guided(matte_size=600), []
    for sequence, people in enumerate([STANDING, LYING, STANDING]):
        one, other = (composite(each, scene(sequence, people)) for each in (plain, ours))
        np.testing.assert_array_equal(one.image, other.image)
        captures.append(streams.captures)
    assert captures == [SECOND_HALF + 6, SECOND_HALF + 12, SECOND_HALF + 12], "crop and network twice, whole, gate"


@pytest.mark.parametrize("value", [float("nan"), -0.5, 1.5, float("inf")])
def test_an_answer_that_is_none_is_an_error_though_the_gate_would_hide_it(value: float) -> None:
    ours = guided(Answering(value), is_plain=True)
    for sequence in range(3):
        with pytest.raises(ModelError, match=f"answer to frame {sequence} cannot be used: the matte's values"):
            composite(ours, scene(sequence, STANDING))
    assert "half the matte size" in ours.description


def test_a_finder_that_fails_has_no_matte_for_this_frame_alone() -> None:
    finder = Counted(failing=(1,))
    ours = guided(guide=Guide(finder))
    background = Still(BEHIND)
    first, second, third = (ours.begin(scene(each, STANDING), SETTINGS, background) for each in range(3))
    assert first.finish().alpha.max() == 1
    with pytest.raises(ModelError, match="the finder broke"):
        second.finish()
    assert third.finish().alpha.max() == 1
    assert finder.seen == [0, 1, 2]
    ours.close()
    ours.close()
    assert finder.is_closed
    with pytest.raises(ModelError, match="it was closed"):
        composite(ours, scene(3, STANDING))
    assert finder.seen == [0, 1, 2]


class Nobody:
    """A core.guiding.Bound that believes nothing."""

    def __init__(self) -> None:
        self.resets = 0

    def apply(self, alpha: Alpha, frame: Frame) -> Alpha:
        return Alpha(np.zeros_like(alpha.values), frame.sequence)

    def edge(self, alpha: Alpha, frame: Frame) -> Matte:
        assert alpha.sequence == frame.sequence
        return alpha.values

    def reset(self) -> None:
        self.resets += 1


def test_the_finder_is_believed_as_far_as_its_bound_says() -> None:
    bound = Nobody()
    ours = guided(guide=Guide(Finder(), bound))
    assert composite(ours, scene(0, STANDING)).alpha.max() == 0
    ours.reset()
    assert bound.resets == 1


def test_a_frame_sent_again_keeps_the_finders_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    finder, failures, plain = Counted(), [MEMORY, MEMORY], Program.start

    def start(self: Program, *rest: object) -> object:
        if failures:
            raise failures.pop()
        return plain(self, *rest)

    monkeypatch.setattr(Program, "start", start)
    ours = guided(guide=Guide(finder))
    made = composite(ours, scene(0, STANDING))
    assert "half the matte size" in ours.description
    assert finder.seen == [0]
    assert made.alpha[:, :60].max() == 0
    assert made.alpha[100:, 130:190].min() > 0.9


@pytest.mark.slow
def test_warm_up_prepares_every_shape_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    streams, finder = GraphsInTurn("cpu"), Finder()
    monkeypatch.setattr(processors, "open_streams", lambda _device: streams)
    ours, said = guided(guide=Guide(finder), matte_size=128), []
    ours.warm_up(HEIGHT, WIDTH, said.append)
    assert said[-1].endswith("s: rmbg 128 px on cpu, f32 folded, as a graph: asked for; guided by finder")
    assert streams.captures == 3 * len(SHAPES) + SECOND_HALF
    assert finder.resets == 1
    monkeypatch.setattr(processors, "open_streams", InTurn)
    other = guided(matte_size=128)
    for sequence, people in enumerate([STANDING, LYING, None]):
        one, expected = (composite(each, scene(sequence, people)) for each in (ours, other))
        np.testing.assert_array_equal(one.image, expected.image)
    assert streams.captures == 3 * len(SHAPES) + SECOND_HALF


@pytest.mark.slow
def test_a_measured_frame_has_a_network_and_corrections_and_leaves_nothing_behind() -> None:
    finder, stats = Finder(), Stats()
    ours = guided(guide=Guide(finder))
    frame_s, network_s = ours.measure(HEIGHT, WIDTH, open_host_steps(SETTINGS, stats, True, has_presence=False))
    assert frame_s > network_s > 0
    assert {"subject", "colours"} <= set(stats.snapshot().stages)
    assert finder.resets == 1
    np.testing.assert_array_equal(
        composite(ours, scene(0, STANDING)).image, composite(guided(), scene(0, STANDING)).image
    )


@pytest.mark.slow
def test_another_size_comes_with_the_next_frame_and_those_in_flight_keep_theirs() -> None:
    ours, background = guided(), Still(BEHIND)
    composite(ours, scene(0, STANDING))
    before = ours.preparations
    pending = ours.begin(scene(1, STANDING), SETTINGS, background)
    ours.resize(128)
    following = ours.begin(scene(2, STANDING), SETTINGS, background)
    for each in (pending, following):
        assert each.finish().alpha[:, :60].max() == 0
    assert "128 px" in ours.description
    assert ours.preparations != before
    before = ours.preparations
    composite(ours, scene(3, STANDING))
    settled = ours.preparations
    composite(ours, scene(4, STANDING))
    assert ours.preparations == settled


def test_a_failure_of_a_frame_of_the_size_before_sends_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, background = guided(), Still(BEHIND)
    pending = ours.begin(scene(0, STANDING), SETTINGS, background)
    ours.resize(128)
    following = ours.begin(scene(1, STANDING), SETTINGS, background)
    flight = pending.sent[1]
    plain = type(flight).wait

    def wait(self: object) -> None:
        if self is flight:
            raise MEMORY
        plain(self)

    monkeypatch.setattr(type(flight), "wait", wait)
    for each in (pending, following):
        assert each.finish().alpha[100:, 130:190].min() > 0.9
    assert "f32 plain" in ours.description


@pytest.mark.needs_gpu
def test_on_cuda_in_half_precision_as_graphs_it_stays_near_the_reference() -> None:
    if not torch.cuda.is_available():
        lacking("gpu", "no CUDA device")
    ours, reference, said = guided(device="cuda", precision="auto"), guided(is_plain=True), []
    ours.warm_up(HEIGHT, WIDTH, said.append)
    assert "f16 folded, as a graph" in ours.description
    before = ours.preparations
    for sequence, people in enumerate(PATH):
        one, other = (composite(each, scene(sequence, people)) for each in (ours, reference))
        assert np.abs(one.alpha - other.alpha).mean() < 0.005
        assert bool(one.alpha.any()) == (people is not None)
        if people is None:
            np.testing.assert_array_equal(one.image, BEHIND)
    assert ours.preparations == before, "the start prepared every shape"
    assert "f16 folded, as a graph" in ours.description
