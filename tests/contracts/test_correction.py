"""What every step on the small alpha keeps, whatever it corrects; and what brings it to full size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livebg.core.engines import Correction
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame, fault_of
from livebg.matting.chain import Causal, causal
from livebg.matting.plate.correction import CleanPlate
from livebg.matting.refine.local_colour import LocalColour
from livebg.matting.steps import Ask
from livebg.matting.subject.selection import Subject
from livebg.matting.temporal.motion import MotionDetector
from livebg.models.constant import ConstantEngine
from tests.chains import Bounded, FullSize, Smoothing

OFF: dict[str, Any] = {
    "presence": False,
    "plate": "off",
    "smoothing": 0.0,
    "colours": False,
}
MAKERS: dict[str, Callable[[], Correction]] = {
    "subject": Subject,
    "plate": CleanPlate,
    "smooth": Smoothing,
    "reach": Bounded,
    "colours": LocalColour,
}
SIZES = [(18, 32), (144, 256), (180, 320), (48, 48), (64, 36), (1, 1), (3, 5)]
RNG = np.random.default_rng(8)
ROOM = RNG.integers(40, 200, (90, 160, 3), dtype=np.uint8)


def _frame(index: int, left: int = 60) -> Frame:
    image = ROOM.copy()
    image[20:, left : left + 40] = (90, 60, 200)
    return Frame(image, index, index / 30, index / 30)


def _alpha(index: int, size: tuple[int, int], left: int = 60) -> Alpha:
    height, width = size
    values = np.zeros(size, np.float32)
    values[round(height * 20 / 90) :, round(width * left / 160) : round(width * (left + 40) / 160)] = 1
    noise = np.random.default_rng(index).uniform(-0.2, 0.2, size).astype(np.float32)
    return Alpha((values + noise).clip(0, 1).astype(np.float32), index)


@pytest.fixture(params=sorted(MAKERS))
def correction(request: pytest.FixtureRequest) -> Correction:
    return MAKERS[request.param]()


def test_every_correction_of_a_live_frame_has_its_entry() -> None:
    chain = causal(Causal("matte", Ask(ConstantEngine(0.5))), CleanPlate(), Stats())
    assert chain.names == ("matte", *MAKERS, "edges")


def test_off_is_the_very_same_alpha_and_as_if_it_had_never_been_there(correction: Correction) -> None:
    off, size = change(Settings(), OFF), (90, 160)
    for index in range(3):
        correction.apply(_alpha(index, size), _frame(index), Settings())
    alpha = _alpha(3, size)
    assert correction.apply(alpha, _frame(3), off) is alpha
    after = correction.apply(_alpha(4, size), _frame(4), Settings()).values
    correction.reset()
    assert np.array_equal(after, correction.apply(_alpha(4, size), _frame(4), Settings()).values)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_result_is_a_valid_alpha_of_the_same_size_and_the_input_stays(
    correction: Correction, size: tuple[int, int]
) -> None:
    for index in range(4):
        alpha, frame = _alpha(index, size, 60 + 5 * index), _frame(index, 60 + 5 * index)
        before = alpha.values.copy()
        result = correction.apply(alpha, frame, Settings())
        assert result.values.shape == size
        assert fault_of(result, frame) == ""
        assert np.array_equal(alpha.values, before)


def test_nobody_there_stays_nobody(correction: Correction) -> None:
    for index in range(4):
        nothing = Alpha(np.zeros((90, 160), np.float32), index)
        result = correction.apply(nothing, Frame(ROOM, index, index / 30, index / 30), Settings())
        assert not result.values.any()


def test_sizes_may_change_from_frame_to_frame(correction: Correction) -> None:
    for index, size in enumerate(SIZES):
        assert correction.apply(_alpha(index, size), _frame(index), Settings()).values.shape == size


def test_at_full_size_it_is_a_whole_frames_matte_in_range() -> None:
    edges = FullSize(MotionDetector())
    for index, size in enumerate(SIZES):
        full = edges.enlarge(_alpha(index, size), _frame(index), Settings())
        assert full.shape == (90, 160)
        assert full.dtype == np.float32
        assert 0 <= full.min() <= full.max() <= 1
    edges.reset()
    assert not edges.enlarge(Alpha(np.zeros((9, 16), np.float32), 99), _frame(99), Settings()).any()
