"""A full-size alpha that cannot be true is refused: by its numbers, and where the small one supports none of it; and
what the steps truly make, with any settings, is not. Nothing of the room passes where the truth is nobody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame
from livebg.matting.item import Item
from livebg.matting.params import SUPPORT
from livebg.matting.steps import (
    Adjust,
    CheckAlpha,
    CheckSupport,
    DetectMotion,
    GuidedFilter,
    PyramidGuidedFilter,
    Settle,
    Smooth,
)
from livebg.matting.support import (
    FAINT_NEAR,
    NOTHING_NEAR,
    _covered,
    check,
    extremes,
    find_peaks,
    judge,
    prepare,
    unsupported,
)
from livebg.models.constant import ConstantEngine
from livebg.pipeline.cpu import SceneCompositor
from livebg.scene.backgrounds.still import ColourBackground, TransparentBackground
from tests.chains import FlatEdges, processor

HEIGHT, WIDTH = 180, 320
SMALL = np.zeros((72, 128), np.float32)
SMALL[36:, :20] = 1
FULL = np.asarray(cv2.resize(SMALL, (WIDTH, HEIGHT)), np.float32)
MARKER, PERSON, BEHIND = (255, 0, 255), (40, 200, 90), (10, 10, 10)


def test_what_the_small_one_supports_passes_and_minus_0_is_0() -> None:
    prepare()
    full = FULL.copy()
    full[0, -1] = -0.0
    check(full, SMALL, HEIGHT, WIDTH, Settings())


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf, 1.0000001, -1e-40, -0.5])
@pytest.mark.parametrize("place", [(0, 0), (HEIGHT - 1, 3), (HEIGHT - 1, WIDTH - 1), (91, 161)])
def test_numbers_that_are_no_alpha_are_refused_wherever_they_are(value: float, place: tuple[int, int]) -> None:
    full = FULL.copy()
    full[place] = value
    with pytest.raises(ModelError, match="not 0 to 1"):
        check(full, SMALL, HEIGHT, WIDTH, Settings())


def test_what_nobody_in_the_small_one_is_near_to_is_refused_and_grow_and_feather_reach_farther() -> None:
    full = FULL.copy()
    full[100, 110] = 0.01
    with pytest.raises(ModelError, match=r"claims 0.01 where nobody is near"):
        check(full, SMALL, HEIGHT, WIDTH, Settings())
    check(full, SMALL, HEIGHT, WIDTH, Settings(grow=20, feather=50))
    with pytest.raises(ModelError, match="nobody"):
        check(np.ones_like(FULL), np.zeros_like(SMALL), HEIGHT, WIDTH, Settings())


@pytest.mark.parametrize("full", [FULL[1:], FULL.astype(np.float64), FULL[None]])
def test_another_shape_or_type_is_refused(full: Any) -> None:
    with pytest.raises(ModelError, match="not float32"):
        check(full, SMALL, HEIGHT, WIDTH, Settings())


def test_the_loop_finds_the_extremes_in_cells_of_any_size() -> None:
    random = np.random.default_rng(0)
    values = random.normal(0, 1, (37, 61)).astype(np.float32)
    cells = random.integers(0, 3, (5, 7), dtype=np.uint8)
    tops, lefts = (np.arange(count + 1) * side // count for count, side in ((5, 37), (7, 61)))
    found = np.zeros(4, np.int32)
    extremes(
        values.reshape(-1).view(np.int32), 61, *(e.astype(np.uintp) for e in (tops, lefts)), cells.reshape(-1), found
    )
    kinds = cells.repeat(np.diff(tops), 0).repeat(np.diff(lefts), 1)
    expected = [values.max(), values[kinds == 1].max(), -values.min(), values[kinds == 2].max()]
    assert found.view(np.float32).tolist() == expected
    judge(np.zeros(4, np.int32))


def test_a_networks_faint_specks_support_nothing_that_is_half_there() -> None:
    small = SMALL.copy()
    small[::9, ::9] = np.maximum(small[::9, ::9], 0.05)
    check(FULL, small, HEIGHT, WIDTH, Settings())
    check(np.maximum(FULL, 0.4), small, HEIGHT, WIDTH, Settings())
    for spoilt in (np.ones_like(FULL), 1 - FULL, np.roll(FULL, WIDTH // 2, 1)):
        with pytest.raises(ModelError, match="nobody"):
            check(spoilt, small, HEIGHT, WIDTH, Settings())
    check(np.ones_like(FULL), small, HEIGHT, WIDTH, Settings(level_high=0.3))


@pytest.mark.parametrize("size", [(72, 128), (45, 80), (180, 320), (101, 333), (7, 500), (1, 1)], ids=str)
def test_the_peak_of_a_cell_is_the_greatest_of_all_that_it_covers(size: tuple[int, int]) -> None:
    small = np.random.default_rng(0).random(size, np.float32)
    count = SUPPORT.cells_of(size)
    places = [_covered(*each) for each in zip(size, count, strict=True)]
    peaks = np.empty(count, np.float32)
    find_peaks(small.reshape(-1), size[1], *places[0], *places[1], peaks.reshape(-1))
    for row, (top, bottom) in enumerate(zip(*places[0], strict=True)):
        for column, (left, right) in enumerate(zip(*places[1], strict=True)):
            assert peaks[row, column] == small[top:bottom, left:right].max()
    for covered, full in zip(places, size, strict=True):
        assert covered[0][0] == 0
        assert covered[1][-1] == full
        assert (covered[1][:-1] >= covered[0][1:]).all()


def test_gamma_makes_something_of_the_faintest() -> None:
    small = np.full((72, 128), 1e-5, np.float32)
    assert (unsupported(small, HEIGHT, WIDTH, Settings()) == NOTHING_NEAR).all()
    assert (unsupported(small, HEIGHT, WIDTH, Settings(gamma=0.2)) == FAINT_NEAR).all()


def test_a_journey_whose_edges_go_astray_shows_nothing() -> None:
    class Astray(FlatEdges):
        def apply(self, item: Item, settings: Settings) -> Item:
            item = super().apply(item, settings)
            return replace(item, full=item.full * 0 + 1)

    frame = Frame(np.full((HEIGHT, WIDTH, 3), MARKER, np.uint8), 0, 0.0, 0.0)
    live = processor(ConstantEngine(0.0), Stats(), Astray(), CheckSupport())
    with pytest.raises(ModelError, match="nobody"):
        live.begin(frame, Settings(), ColourBackground(BEHIND)).finish()
    (item,) = live._chain.feed(Item(frame), Settings())  # as a photo takes it
    with pytest.raises(ModelError, match="nobody"):
        raise item.fault


class _Truth:
    """A MattingEngine that knows where the marker is not; people as in the frames it is asked about."""

    description = "known"

    def __init__(self, size: tuple[int, int], softness: float) -> None:
        self._size, self._softness = size, softness

    def matte(self, frame: Frame) -> Alpha:
        person = (np.abs(frame.image.astype(int) - MARKER).max(2) > 100).astype(np.float32)
        if self._softness:
            person = cv2.GaussianBlur(person, (0, 0), self._softness)
        values = cv2.resize(person, self._size, interpolation=cv2.INTER_AREA)
        return Alpha(np.asarray(values.clip(0, 1), np.float32), frame.sequence)

    def reset(self) -> None: ...

    def close(self) -> None: ...


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "grow": st.floats(-20, 20, width=16) | st.sampled_from([-20, -5, -1, -0.5, 20]),
        "feather": st.floats(0, 50, width=16) | st.sampled_from([0.5, 50]),
        "level_low": st.floats(0, 0.4375, width=16),
        "level_high": st.floats(0.5, 1, width=16),
        "gamma": st.sampled_from([0.2, 0.5, 1.5, 5]),
        "edges": st.sampled_from(["guided", "plain"]),
        "settle": st.booleans(),
        "smoothing": st.floats(0, 1, width=16),
        "foreground": st.sampled_from(["estimated", "plain"]),
        "light_wrap": st.sampled_from([0, 1]),
        "low_light": st.sampled_from([0, 1]),
        "colour_match": st.sampled_from([0, 1]),
    },
)


@pytest.mark.slow
@hypothesis_settings(max_examples=60, deadline=None)
@given(
    parameters=OPTIONS,
    size=st.sampled_from([(180, 320), (91, 163), (240, 321)]),
    small=st.sampled_from([(256, 144), (64, 36), (97, 61)]),
    people=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.2)), max_size=3),
    softness=st.sampled_from([0.0, 2.0]),
    is_photo=st.booleans(),
)
def test_through_the_whole_journey_the_room_stays_where_the_truth_is_nobody(
    parameters: dict[str, Any],
    size: tuple[int, int],
    small: tuple[int, int],
    people: list[tuple[float, float, float]],
    softness: float,
    is_photo: bool,
) -> None:
    settings, (height, width) = Settings(**parameters), size
    full = (PyramidGuidedFilter(),) if is_photo else (GuidedFilter(), Settle())
    stages = DetectMotion(), Smooth(), CheckAlpha(), *full, Adjust(), CheckSupport()
    live = processor(_Truth(small, softness), Stats(), *stages)
    for number in range(1 if is_photo else 3):
        image = np.full((height, width, 3), MARKER, np.uint8)
        for x, y, radius in people:
            centre = (round(x * width + 2 * number), round(y * height))
            cv2.circle(image, centre, max(1, round(radius * height)), PERSON, -1)
        frame = Frame(image, number, number / 30, number / 30)
        person = np.abs(image.astype(int) - MARKER).max(2) > 100
        reach = round(28 * width / 320 + 4 * softness + max(settings.grow, 0) + settings.feather / 2 + 8)
        far = ~cv2.dilate(person.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)).astype(bool)
        seen = live.begin(frame, settings, ColourBackground(BEHIND)).finish()
        assert (seen.image[far] == BEHIND).all()
        assert seen.alpha is not None
        assert not np.signbit(seen.alpha).any()
        nobody = seen.alpha == 0
        assert (seen.image[nobody] == BEHIND).all()
        again = Item(frame, Alpha(seen.alpha, number), full=seen.alpha)
        cut = SceneCompositor(None, Stats()).composite(again, settings, TransparentBackground())
        assert not cut.image[nobody].any()
