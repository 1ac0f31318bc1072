"""The processor falls a level where the device fails, says so once, and never hands out a frame without its matte."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from on_device import (
    HEIGHT,
    WIDTH,
    Answering,
    Counting,
    GraphsInTurn,
    Still,
    frame,
    host_steps,
    picture,
    tiny_network,
)
from torch import Tensor, nn

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Composite
from livebg.pipeline.cuda import processor as processors
from livebg.pipeline.cuda.in_flight import Outputs
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.pipeline.cuda.program import Program

MATTE = (64, 96)
SETTINGS = Settings()
MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
LOST = RuntimeError("CUDA error: unspecified launch failure\nhints")


def processor(network: nn.Module | None = None, **rest: object) -> GpuProcessor:
    host = rest.pop("host", None) or host_steps()
    return GpuProcessor(network or tiny_network(), host, "cpu", MATTE, precision="f32", **rest)


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Raised in turn where frames are put into the queues."""
    waiting: list[Exception] = []
    plain = Program.start

    def start(self: Program, *rest: object) -> object:
        if waiting:
            raise waiting.pop(0)
        return plain(self, *rest)

    monkeypatch.setattr(Program, "start", start)
    return waiting


def composite(one: GpuProcessor, sequence: int = 0) -> Composite:
    return one.composite(frame(sequence), SETTINGS, Still(picture(9)))


def test_a_composite_stands_for_its_frame_and_belongs_to_its_receiver() -> None:
    ours = processor()
    given, background = frame(0), Still(picture(9))
    first = ours.composite(given, SETTINGS, background)
    kept = first.image.copy()
    assert first.frame is given
    assert first.alpha is not None
    assert (first.image.shape, first.alpha.shape) == ((HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))
    assert (first.image.dtype, first.alpha.dtype) == (np.uint8, np.float32)
    for sequence in range(1, 4):
        ours.composite(frame(sequence), SETTINGS, background)
    np.testing.assert_array_equal(first.image, kept)
    assert ours.step_ms["network"] > 0


@pytest.mark.slow
def test_begun_ahead_the_composites_are_those_made_in_turn() -> None:
    in_turn, ahead = processor(), processor()
    expected = [composite(in_turn, sequence).image for sequence in range(4)]
    pending_frames = [ahead.begin(frame(0), SETTINGS, Still(picture(9)))]
    found = []
    for sequence in range(1, 5):
        pending_frames.append(ahead.begin(frame(sequence), SETTINGS, Still(picture(9))))
        found.append(pending_frames.pop(0).finish().image)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
def test_the_fast_way_is_the_plain_one_within_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors, "open_streams", GraphsInTurn)
    fast, plain = processor(), processor(is_plain=True)
    assert "f32 folded, as a graph" in fast.description
    assert "f32 plain" in plain.description
    for sequence in range(4):
        one, other = composite(fast, sequence), composite(plain, sequence)
        assert np.abs(one.alpha - other.alpha).max() < 1e-3
        assert np.abs(one.image.astype(int) - other.image).max() <= 1


def test_out_of_memory_goes_on_a_rung_lower_with_the_same_frame(
    failures: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    ours, expected = processor(), composite(processor()).image
    failures.append(MEMORY)
    assert np.abs(composite(ours).image.astype(int) - expected).max() <= 1
    (line,) = caplog.messages
    assert "f32 folded: out of memory; going on with f32 plain; to get the faster way back, end other" in line
    failures.append(MEMORY)
    composite(ours, 1)
    assert "32x64" in ours.description
    assert not ours.is_spent


def test_a_lost_driver_ends_it_at_once(failures: list[Exception], caplog: pytest.LogCaptureFixture) -> None:
    ours = processor()
    composite(ours)
    failures.append(LOST)
    for sequence in (1, 2):
        with pytest.raises(ModelError, match=rf"frame {sequence} got no matte on cpu: the GPU was lost \(CUDA error"):
            composite(ours, sequence)
    assert ours.is_spent
    (line,) = caplog.messages
    assert "nothing is left to try there" in line
    assert "dmesg" in line


def test_every_rung_failing_is_an_error_that_says_what_to_do(failures: list[Exception]) -> None:
    ours = processor()
    failures.extend([MEMORY] * 3)
    with pytest.raises(ModelError, match="out of memory; end other programs that use the GPU"):
        composite(ours)
    assert ours.is_spent


@pytest.mark.slow
@pytest.mark.parametrize("half", ["wait_for_answer", "wait"])
def test_a_failure_that_comes_late_sends_both_frames_in_flight_again(
    half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [composite(each, sequence).image for each in [processor(is_plain=True)] for sequence in range(2)]
    ours, background = processor(), Still(picture(9))
    pending_frames = [ours.begin(frame(sequence), SETTINGS, background) for sequence in range(2)]
    assert pending_frames[0].sent is not None
    flight, plain = pending_frames[0].sent[1], getattr(type(pending_frames[0].sent[1]), half)

    def wait(self: object) -> None:
        if self is flight:
            raise MEMORY
        plain(self)

    monkeypatch.setattr(type(flight), half, wait)
    found = [each.finish() for each in pending_frames]
    assert "f32 plain" in ours.description
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.image, other)


def test_a_second_half_that_cannot_be_queued_goes_on_a_rung_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, expected, plain, failures = processor(), composite(processor(is_plain=True)).image, Program.go_on, [MEMORY]

    def go_on(self: Program, *rest: object) -> None:
        if failures:
            raise failures.pop()
        plain(self, *rest)

    monkeypatch.setattr(Program, "go_on", go_on)
    np.testing.assert_array_equal(composite(ours).image, expected)
    assert "f32 plain" in ours.description


@pytest.mark.parametrize("value", [float("nan"), -0.5, 1.5, float("inf")])
def test_an_invalid_matte_is_an_error_and_three_in_a_row_try_another_rung(
    value: float, caplog: pytest.LogCaptureFixture
) -> None:
    ours = processor(Answering(value), is_plain=True)
    for sequence in range(4):
        with pytest.raises(ModelError, match=f"answer to frame {sequence} cannot be used: the matte's values"):
            composite(ours, sequence)
    assert len(caplog.messages) == 1
    assert "half the matte size" in ours.description
    assert not ours.is_spent, "the next frame may have a matte"


class Once(nn.Module):
    """Answers no number where the frame is black, else 1."""

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.where(pixels[:, :1] < -0.49, torch.nan, 1.0)


def test_one_invalid_matte_does_not_spoil_the_next() -> None:
    ours = processor(Once(), is_plain=True)
    given = frame(0).image.clip(20, 255)
    black = np.zeros_like(given)
    assert composite_of(ours, given, 0).alpha.min() == 1
    with pytest.raises(ModelError):
        composite_of(ours, black, 1)
    assert composite_of(ours, given, 2).alpha.min() == 1


def composite_of(ours: GpuProcessor, image: np.ndarray, sequence: int) -> Composite:
    given = frame(sequence)
    return ours.composite(type(given)(image, sequence, 0.0, sequence / 30), SETTINGS, Still(picture(9)))


def test_a_change_of_size_or_a_reset_carries_nothing_over() -> None:
    ours = processor()
    composite(ours)
    small = ours.composite(frame(1, 48, 64), SETTINGS, Still(picture(9, 48, 64)))
    assert small.image.shape == (48, 64, 3)
    composite(ours, 5)
    ours.reset()
    np.testing.assert_array_equal(composite(ours, 6).alpha, composite(processor(), 6).alpha)


@pytest.mark.slow
def test_warm_up_tells_what_it_does_and_leaves_nothing_behind(failures: list[Exception]) -> None:
    seen, said = Counting(), []
    ours = processor(reason="a test", host=host_steps({"counting": seen}))
    failures.append(MEMORY)
    ours.warm_up(HEIGHT, WIDTH, said.append)
    assert said[0] == "preparing rmbg 64x96 on cpu, f32 folded: a test"
    assert said[-1].endswith("s: rmbg 64x96 on cpu, f32 plain: a test")
    assert not seen.seen, "noise is no frame"
    np.testing.assert_array_equal(composite(ours).alpha, composite(processor(is_plain=True)).alpha)


def test_warm_up_raises_where_nothing_works(failures: list[Exception]) -> None:
    failures.append(LOST)
    with pytest.raises(ModelError, match="the GPU was lost"):
        processor().warm_up(HEIGHT, WIDTH, print)


def test_i420_and_transparency_are_told_apart() -> None:
    behind = Still(np.zeros((HEIGHT, WIDTH, 3), np.uint8), is_transparent=True)
    cut = processor().composite(frame(0), SETTINGS, behind)
    assert cut.is_transparent
    assert cut.alpha is not None
    over_black = processor(outputs=Outputs("i420", has_alpha=False)).composite(frame(0), SETTINGS, behind)
    assert not over_black.is_transparent
    assert over_black.alpha is None
    assert over_black.image.shape == (HEIGHT * 3 // 2, WIDTH)


def test_closed_it_gives_nothing_more() -> None:
    ours = processor()
    pending = ours.begin(frame(0), SETTINGS, Still(picture(9)))
    ours.close()
    ours.close()
    for ask in (pending.finish, lambda: composite(ours)):
        with pytest.raises(ModelError, match="it was closed"):
            ask()
