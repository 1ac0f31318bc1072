"""The host's part of a GPU's frame: corrections in their order, timed; and when the host finishes the picture."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from on_device import Counting, Depending, Still, frame, host_steps, picture, tiny_network

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Composite, Frame
from livebg.matting.item import Item
from livebg.pipeline.cuda.host_steps import HostSteps
from livebg.pipeline.cuda.in_flight import Outputs
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.scene.backgrounds.blur import BlurBackground

SETTINGS = Settings()


def _processor(host: HostSteps | None = None, outputs: Outputs | None = None) -> GpuProcessor:
    return GpuProcessor(tiny_network(), host or host_steps(), "cpu", (64, 96), precision="f32", outputs=outputs)


def _composite(one: GpuProcessor, sequence: int = 0) -> Composite:
    return one.composite(frame(sequence), SETTINGS, Still(picture(9)))


class Times:
    def __init__(self, factor: float) -> None:
        self._factor = np.float32(factor)

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002 - the Protocol's shape
        return Alpha(alpha.values * self._factor, alpha.sequence)

    def reset(self) -> None: ...


def _corrected(host: HostSteps) -> np.ndarray:
    alpha = Alpha(np.full((2, 3), 0.4, np.float32), 0)
    return host.correct(alpha, frame(), SETTINGS, Still(picture(1))).alpha.values


def test_corrections_follow_each_other_and_are_timed() -> None:
    stats = Stats()
    host = host_steps({"half": Times(0.5), "double": Times(2)}, stats)
    np.testing.assert_array_equal(_corrected(host), np.full((2, 3), 0.4, np.float32))
    assert {"half", "double"} <= set(stats.snapshot().stages)


@pytest.mark.parametrize("factor", [np.nan, 3.0, -1.0])
def test_a_spoilt_alpha_is_no_matte(factor: float) -> None:
    with pytest.raises(ModelError, match="not 0 to 1"):
        _corrected(host_steps({"bad": Times(factor)}))


def test_what_the_device_has_no_step_for_is_said_once_and_again_for_another(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    host, grown, still, depending = host_steps(), Settings(grow=2.0), Still(picture(1)), Depending(picture(1))
    alpha = Alpha(np.full((2, 3), 0.4, np.float32), 0)
    finished = [
        host.correct(alpha, frame(), settings, behind).is_finished_by_host
        for settings, behind in (
            *((SETTINGS, still), (grown, still), (grown, still), (grown, depending)),
            *((SETTINGS, still), (SETTINGS, BlurBackground(50))),
        )
    ]
    assert finished == [False, True, True, True, False, False]
    assert [each.partition(": ")[2] for each in caplog.messages] == [
        "the GPU has no step for grow",
        "the GPU has no step for grow, this background",
    ]


def test_the_host_corrects_in_the_order_of_the_frames() -> None:
    seen = Counting()
    ours = _processor(host_steps({"counting": seen}))
    pending_frames = [ours.begin(frame(0), SETTINGS, Still(picture(9)))]
    for sequence in range(1, 4):
        pending_frames.append(ours.begin(frame(sequence), SETTINGS, Still(picture(9))))
        assert seen.seen == list(range(sequence - 1)), "the next frame is under way before this one is corrected"
        pending_frames.pop(0).finish()


def test_an_alpha_that_a_correction_has_spoilt_is_no_matte_and_no_fault_of_the_network() -> None:
    class Spoiling(Counting):
        def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002
            return Alpha(alpha.values * np.float32("nan"), alpha.sequence)

    ours = _processor(host_steps({"spoiling": Spoiling()}))
    for sequence in range(5):
        with pytest.raises(ModelError, match="not 0 to 1"):
            _composite(ours, sequence)
    assert "folded" in ours.description


def test_where_the_device_has_no_step_the_host_finishes_the_picture() -> None:
    full, settings, background = _composite(_processor()).alpha, Settings(grow=2.0), Depending(picture(9))
    outputs = Outputs("i420", has_alpha=False)
    for wanted, behind in ((settings, Still(picture(9))), (SETTINGS, background)):
        small = Alpha(np.ones((9, 16), np.float32), 0)  # of which nothing is judged here
        expected = host_steps().finish(Item(frame(), small, full=full), wanted, behind)
        found = _processor(outputs=outputs).composite(frame(), wanted, behind)
        np.testing.assert_array_equal(found.image, expected.image)
        np.testing.assert_array_equal(found.alpha, expected.alpha)
    np.testing.assert_array_equal(background.alphas[-1], full)
