"""A known shift is found, composed and warped along; small pictures keep their frame's shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.resize import small_size as size_of
from livebg.core.types import Frame
from livebg.matting.propagation.optical_flow import (
    Motion,
    compose,
    no_motion,
    past_rim,
    places,
    taken,
    warp,
)
from livebg.matting.small_picture import Small, seen_small, small_of

TEXTURE = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 256, (200, 320, 3), dtype=np.uint8), (0, 0), 3)
TEXTURE = cv2.normalize(TEXTURE, None, 0, 255, cv2.NORM_MINMAX)


def moved(px: int, sequence: int = 0) -> Small:
    """A textured picture 144x256 whose content lies `px` further right."""
    colour = np.ascontiguousarray(TEXTURE[20:164, 40 - px : 296 - px])
    return seen_small(sequence, sequence / 30, colour)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(720, 1280, (256, 144)), (1280, 720, (144, 256)), (480, 640, (224, 168)), (1, 1, (192, 192)), (1, 999, (384, 96))],
)
def test_small_pictures_have_the_frames_shape(height: int, width: int, expected: tuple[int, int]) -> None:
    assert size_of(height, width) == expected


def test_a_frame_is_made_small_once() -> None:
    frame = Frame(np.full((72, 128, 3), 90, np.uint8), 7, 1.0, 0.25)
    small = small_of(frame)
    assert (small.sequence, small.at_s) == (7, 0.25)
    assert small.luma.shape == (144, 256)
    assert small_of(frame).colour is small.colour


def test_a_step_is_found_to_a_fraction_of_a_pixel() -> None:
    flow = Motion().step(moved(3), moved(0))
    assert np.abs(np.median(flow[..., 0]) + 3) < 0.3
    assert np.abs(np.median(flow[..., 1])) < 0.3


def test_steps_that_are_composed_reach_further_than_one_and_refining_keeps_them() -> None:
    motion, flow = Motion(), no_motion(moved(0))
    for px in (10, 20, 30):
        flow = compose(motion.step(moved(px), moved(px - 10)), flow)
    before = flow.copy()
    refined = motion.refine(moved(30), moved(0), flow)
    assert np.array_equal(flow, before)
    inner = refined[20:-20, 60:-20, 0]
    assert np.abs(np.median(inner) + 30) < 0.3


@pytest.mark.parametrize("scale", [1, 2])
def test_values_are_carried_at_their_own_size(scale: int) -> None:
    values = np.zeros((144 * scale, 256 * scale), np.float32)
    values[:, : 100 * scale] = 1
    flow = no_motion(moved(0))
    flow[..., 0] = -8
    propagated = warp(values, flow)
    assert propagated.shape == values.shape
    assert propagated[0, 106 * scale] == 1
    assert propagated[0, 110 * scale] == 0


def test_colours_are_taken_and_the_rim_repeats() -> None:
    flow = no_motion(moved(0))
    flow[..., 0] = -8
    where = places(flow)
    assert np.abs(taken(moved(0).colour, where)[:, 8:].astype(int) - moved(8).colour[:, 8:]).max() <= 1
    outside = past_rim(where, 2.0)
    assert outside[:, :6].all()
    assert not outside[:, 6:].any()
