"""The host's part of a GPU's frame: corrections in their order, timed; and when the host finishes the picture."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from on_device import Counting, Depending, Still, frame, host_part, picture, tiny_network

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Composite, Frame
from livebg.pipeline.cuda.host_steps import Detour, HostPart
from livebg.pipeline.cuda.in_flight import Outputs
from livebg.pipeline.cuda.processor import GpuProcessor

SETTINGS = Settings()


def _journey(host: HostPart | None = None, outputs: Outputs | None = None) -> GpuProcessor:
    return GpuProcessor(tiny_network(), host or host_part(), "cpu", (64, 96), precision="f32", outputs=outputs)


def _composite(one: GpuProcessor, sequence: int = 0) -> Composite:
    return one.composite(frame(sequence), SETTINGS, Still(picture(9)))


class Times:
    def __init__(self, factor: float) -> None:
        self._factor = np.float32(factor)

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002 - the Protocol's shape
        return Alpha(alpha.values * self._factor, alpha.sequence)

    def reset(self) -> None: ...


def test_corrections_follow_each_other_and_are_timed() -> None:
    spent_ms: dict[str, float] = {}
    alpha = Alpha(np.full((2, 3), 0.4, np.float32), 0)
    part = host_part({"half": Times(0.5), "double": Times(2)})
    np.testing.assert_array_equal(part.corrected(alpha, frame(), SETTINGS, spent_ms).values, alpha.values)
    assert list(spent_ms) == ["half", "double"]
    assert min(spent_ms.values()) > 0


@pytest.mark.parametrize("factor", [np.nan, 3.0, -1.0])
def test_a_spoilt_alpha_is_no_matte(factor: float) -> None:
    with pytest.raises(ModelError, match="not 0 to 1"):
        host_part({"bad": Times(factor)}).corrected(Alpha(np.full((2, 3), 0.4, np.float32), 0), frame(), SETTINGS, {})


def test_the_detour_is_told_once_for_the_same_and_again_for_another(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    detour, still, depending = Detour("cuda"), Still(picture(1)), Depending(picture(1))
    wanted = [
        detour.is_wanted(host_part(unmade=names), SETTINGS, behind)
        for names, behind in (((), still), (("grow",), still), (("grow",), still), (("grow",), depending), ((), still))
    ]
    assert wanted == [False, True, True, True, False]
    assert [each.partition(": ")[2] for each in caplog.messages] == [
        "cuda has no stage for grow",
        "cuda has no stage for grow, this background",
    ]


def test_the_host_corrects_in_the_order_of_the_frames() -> None:
    seen = Counting()
    ours = _journey(host_part({"counting": seen}))
    tickets = [ours.begin(frame(0), SETTINGS, Still(picture(9)))]
    for sequence in range(1, 4):
        tickets.append(ours.begin(frame(sequence), SETTINGS, Still(picture(9))))
        assert seen.seen == list(range(sequence - 1)), "the next frame is under way before this one is corrected"
        tickets.pop(0).finish()
    assert ours.stage_ms["counting"] >= 0


def test_an_alpha_that_a_correction_has_spoilt_is_no_matte_and_no_fault_of_the_network() -> None:
    class Spoiling(Counting):
        def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002
            return Alpha(alpha.values * np.float32("nan"), alpha.sequence)

    ours = _journey(host_part({"spoiling": Spoiling()}))
    for sequence in range(5):
        with pytest.raises(ModelError, match="not 0 to 1"):
            _composite(ours, sequence)
    assert "folded" in ours.description


def test_where_the_device_has_no_stage_the_host_finishes_the_picture() -> None:
    expected = _composite(_journey()).alpha
    unmade = _journey(host_part(unmade=("grow",)), outputs=Outputs("i420", has_alpha=False))
    background = Depending(picture(9))
    for found in (_composite(unmade), _journey().composite(frame(), SETTINGS, background)):
        np.testing.assert_array_equal(found.image[..., 0], np.rint(255 * expected))
    assert not background.alphas
