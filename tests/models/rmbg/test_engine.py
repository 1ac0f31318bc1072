"""Frame to alpha around the network: colour order, scale, sizes, and what is said about a bad answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_network import SmallNetwork
from stand_in_hub import checkpoint, flat_network

from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Matte
from livebg.models.device import Device
from livebg.models.rmbg.engine import (
    CheckpointSource,
    RmbgEngine,
    in_grains,
    matte_size_for,
    open_rmbg,
    quantise_rmbg,
)
from livebg.models.rmbg.source import InMemory
from livebg.models.rmbg.torch_runtime import open_runtime

CPU = Device("cpu", "float32", "no CUDA driver found")


class FakeRuntime:
    """Keeps what it was given; answers what it is told."""

    description, at_once = "fake", 2

    def __init__(self, answer: Callable[[Matte], Matte] = lambda pixels: pixels[0, 0] * 0) -> None:
        self.answer = answer
        self.seen: list[Matte] = []
        self.warmed: list[tuple[int, int]] = []
        self.is_closed = False

    def warm_up(self, height: int, width: int) -> None:
        self.warmed.append((height, width))

    def run(self, pixels: Matte) -> Matte:
        self.seen.append(pixels)
        return self.answer(pixels)

    def run_all(self, pixels: Matte) -> Matte:
        return np.stack([self.run(pixels[each : each + 1]) for each in range(len(pixels))])

    def close(self) -> None:
        self.is_closed = True


def frame(height: int = 360, width: int = 640, colour: tuple[int, int, int] = (0, 0, 0), sequence: int = 0) -> Frame:
    return Frame(np.full((height, width, 3), colour, np.uint8), sequence, 0.0, 0.0)


@pytest.mark.parametrize(
    ("height", "width", "short", "expected"),
    [
        (720, 1280, 288, (288, 512)),
        (1280, 720, 288, (512, 288)),
        (480, 640, 256, (256, 352)),  # 341 rounded to a multiple of 32
        (1080, 1920, 512, (512, 896)),
        (96, 128, 288, (288, 384)),  # a small camera is enlarged: the network knows large pictures
        (100, 4000, 64, (64, 256)),  # squeezed beyond 4:1
        (16, 16, 64, (64, 64)),
    ],
)
def test_small_size_keeps_the_shape(height: int, width: int, short: int, expected: tuple[int, int]) -> None:
    assert matte_size_for(height, width, short) == expected


def test_the_network_gets_rgb_around_zero() -> None:
    """Blue 255, green 102, red 0 in the frame's BGR: red comes first, divided by 255, less 0.5, and not by 0.5."""
    runtime = FakeRuntime()
    RmbgEngine(runtime, CPU, 96).matte(frame(colour=(255, 102, 0)))
    (pixels,) = runtime.seen
    assert (pixels.shape, pixels.dtype, pixels.flags.c_contiguous) == ((1, 3, 96, 160), np.dtype(np.float32), True)
    for channel, value in enumerate((-0.5, -0.1, 0.5)):
        np.testing.assert_allclose(pixels[0, channel], value, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_several_frames_at_once_are_as_one_by_one(runtime: str) -> None:
    """Within 1e-5, which 8 bits do not show."""
    matter = RmbgEngine(open_runtime(InMemory(SmallNetwork()), CPU, runtime, precision="f32"), CPU, 96)
    rng = np.random.default_rng(2)
    frames = [Frame(rng.integers(0, 255, (90, 160, 3), np.uint8), index, 0.0, 0.0) for index in range(3)]
    together, single = matter.mattes(frames), [matter.matte(each) for each in frames]
    assert [each.sequence for each in together] == [0, 1, 2]
    for one, other in zip(together, single, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=1e-5)
    assert np.abs(single[0].values - single[1].values).max() > 1e-3
    assert matter.at_once == 1, "more are no quicker on a processor"


def test_one_bad_answer_among_several_is_told() -> None:
    matter = RmbgEngine(FakeRuntime(lambda pixels: pixels[0, 0] / (pixels[0, 0] + np.float32(0.5)).max()), CPU, 96)
    with (
        pytest.raises(ModelError, match="answer to frame 1 holds values that are no numbers"),
        np.errstate(all="ignore"),
    ):
        matter.mattes([frame(colour=(0, 0, 9)), frame(sequence=1)])
    assert matter.at_once == 2


def test_weights_that_were_trained_without_a_mean_get_none() -> None:
    runtime = FakeRuntime()
    RmbgEngine(runtime, CPU, 96, input_mean=0.0).matte(frame(colour=(255, 102, 0)))
    np.testing.assert_allclose(runtime.seen[0][0, :, 0, 0], (0, 0.4, 1), atol=1e-6)


def test_shrinking_averages_so_that_fine_stripes_do_not_shimmer() -> None:
    stripes = np.zeros((384, 640, 3), np.uint8)
    stripes[:, ::2] = 255
    runtime = FakeRuntime()
    RmbgEngine(runtime, CPU, 96).matte(Frame(stripes, 0, 0.0, 0.0))
    np.testing.assert_allclose(runtime.seen[0], 0, atol=0.01)


def test_the_alpha_is_the_answer_itself_for_this_frame() -> None:
    matter = RmbgEngine(FakeRuntime(lambda pixels: np.full(pixels.shape[2:], 0.25, np.float32)), CPU, 96)
    alpha = matter.matte(frame(sequence=7))
    assert isinstance(alpha, Alpha)
    assert alpha.sequence == 7
    assert alpha.values.shape == (96, 160)
    assert np.unique(alpha.values).tolist() == [0.25]  # not stretched to 0..1, and no 0/0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_answer_without_numbers_is_an_error(bad: float) -> None:
    def answer(pixels: Matte) -> Matte:
        values = np.zeros(pixels.shape[2:], np.float32)
        values[3, 5] = bad
        return values

    with pytest.raises(ModelError, match="answer to frame 3 holds values that are no numbers"):
        RmbgEngine(FakeRuntime(answer), CPU, 96).matte(frame(sequence=3))


def test_another_size_holds_from_the_next_picture_on() -> None:
    runtime = FakeRuntime()
    matter = RmbgEngine(runtime, CPU, 96)
    assert matter.matte(frame()).values.shape == (96, 160)
    thread = threading.Thread(target=lambda: matter.resize(192))
    thread.start()
    thread.join()
    assert matter.matte_size == 192
    assert matter.matte(frame()).values.shape == (192, 352)
    assert "192x352" in matter.description


def test_the_pictures_small_copy_is_shared_with_other_stages() -> None:
    picture = frame(colour=(255, 102, 0))
    RmbgEngine(FakeRuntime(), CPU, 96).matte(picture)
    assert list(picture.shrunk) == [(160, 96)]


def test_description_names_engine_size_runtime_and_reason() -> None:
    runtime = FakeRuntime()
    matter: MattingEngine = RmbgEngine(runtime, CPU, 288, "briaai/RMBG-1.4")
    assert matter.description == "rmbg (briaai/RMBG-1.4) 288 px on cpu, fake: no CUDA driver found"
    assert isinstance(matter, RmbgEngine)
    matter.warm_up(720, 1280)
    assert runtime.warmed == [(288, 512)]
    assert matter.description == "rmbg (briaai/RMBG-1.4) 288x512 on cpu, fake: no CUDA driver found"
    matter.reset()
    matter.close()
    assert runtime.is_closed


@pytest.mark.slow
@pytest.mark.parametrize(("bias", "alpha"), [(-20.0, 0.0), (0.0, 0.5), (20.0, 1.0)])
def test_nothing_anywhere_stays_nothing(bias: float, alpha: float) -> None:
    """Through the real network: an answer of 'empty room' is alpha 0 everywhere, whatever the picture."""
    matter = RmbgEngine(open_runtime(InMemory(flat_network(bias)), CPU, "torch"), CPU, 64)
    noise = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    np.testing.assert_allclose(matter.matte(Frame(noise, 0, 0.0, 0.0)).values, alpha, atol=1e-6)


@pytest.mark.slow
def test_from_a_local_file_the_constant_scene_gives_a_constant_alpha(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    file = checkpoint(shared, tmp_path_factory)
    settings = Settings(weights=str(file), matte_size=96, runtime="torch")
    with caplog.at_level(logging.WARNING):
        matter = open_rmbg(settings, CPU)
    picture = np.random.default_rng(5).integers(0, 256, (90, 160, 3), np.uint8)
    first, second = (matter.matte(Frame(picture, number, 0.0, 0.0)).values for number in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.ptp(first) > 0.1
    assert f"rmbg ({file}) 96x160 on cpu, torch float32" in matter.description
    assert not caplog.records


@pytest.mark.slow
def test_int8_is_made_of_the_weights_that_the_settings_name(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FakeOpenVino:
        def __init__(self, source: CheckpointSource, cache: Path, precision: str) -> None:
            assert (len(source.identity), cache, precision) == (64, tmp_path, "f32")

        def quantise(self, pixels: list[np.ndarray]) -> str:
            return f"fitted to {len(pixels)} of {pixels[0].shape}, {pixels[0].min():g}"

    monkeypatch.setattr("livebg.models.rmbg.openvino_runtime.OpenVinoRuntime", FakeOpenVino)
    settings = Settings(weights=str(checkpoint(shared, tmp_path_factory)), matte_size=96)
    said = quantise_rmbg(settings, [np.zeros((90, 160, 3), np.uint8)] * 2, cache=tmp_path)
    assert said == "fitted to 2 of (1, 3, 96, 160), -0.5"


def test_no_weights_at_all_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file or folder"):
        open_rmbg(Settings(weights=str(tmp_path / "nowhere")), CPU)


def test_a_side_is_a_multiple_of_what_the_network_takes() -> None:
    assert [in_grains(each) for each in (0.0, 47.9, 48.1, 288.0)] == [32, 32, 64, 288]
