"""The device's edge filter is the CPU's: the same answers, the same things forgotten."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

import livebg.matting.temporal.edge as reference
from livebg.matting.refine.cells import CellGrid
from livebg.matting.refine.params import UNKNOWN
from livebg.matting.refine.unknown_region_torch import UnknownRegion
from livebg.matting.temporal.edge_torch import EdgeFilter
from livebg.matting.temporal.motion import Motion
from livebg.matting.temporal.params import EDGE, FINE_EDGE, EdgeParams

FULL, WORK = (61, 90), (20, 30)
STATES = np.full(WORK, UNKNOWN, np.uint8)
STATES[:8, :10], STATES[16:, 20:] = 0, 1
DOUBTS = [(0, 8, 0, 10, 0), (0, 8, 10, 30, 2), (8, 16, 0, 30, 2), (16, 20, 0, 20, 2), (16, 20, 20, 30, 1)]
STRETCHES = np.array(DOUBTS, np.uintp).reshape(-1)
PLACES = CellGrid.over(*FULL, *WORK)


def edge(index: int) -> np.ndarray:
    """A trembling edge that jumps after three frames."""
    draw = np.random.default_rng(index)
    alpha = np.clip((45 + 12 * (index >= 3) - np.arange(FULL[1])) / 6 + 0.5, 0, 1) + draw.normal(0, 0.05, FULL)
    return alpha.clip(0, 1).astype(np.float32)


class Both:
    """The device's and the CPU's way, side by side."""

    def __init__(self, params: EdgeParams = EDGE) -> None:
        self.params = params
        self.settler = EdgeFilter(FULL, WORK, UnknownRegion(FULL, WORK, "cpu"), "cpu", params)
        self.reference = reference.EdgeFilter()
        self.last = torch.zeros(FULL)

    def __call__(self, alpha: np.ndarray, motion: Motion, at_s: float) -> tuple[np.ndarray, np.ndarray]:
        expected = alpha.copy()
        self.reference.settle(expected, STRETCHES, PLACES, motion, at_s, self.params)
        numbers, flow = self.settler.scalars(motion, at_s), self.settler.flow(motion, alpha)
        planes = (torch.from_numpy(each) for each in (STATES, motion.values, numbers, flow))
        self.last = self.settler.settle(torch.from_numpy(alpha), self.last, *planes)
        return self.last.numpy(), expected


@pytest.mark.parametrize("params", [EDGE, FINE_EDGE])
@pytest.mark.parametrize("fps", [15, 30, 60])
def test_agrees_with_the_cpu_over_a_trembling_and_a_jumping_edge(fps: float, params: EdgeParams) -> None:
    both, moved = Both(params), 0.0
    for index in range(6):
        moving = np.random.default_rng(index).uniform(-0.5, 0.5, WORK).clip(0, 1).astype(np.float32)
        found, expected = both(edge(index), Motion(moving, False, 1 / fps if index else 0.0), index / fps)
        atol = 2 * params.rest if params.follows else 1e-5  # sampling rounds, and then a pixel may take the new alpha
        np.testing.assert_allclose(found, expected, atol=atol)
        moved = max(moved, np.abs(expected - edge(index)).max())
    assert moved > 0.05, "else nothing settled"


def test_what_was_settled_moves_along_with_a_shaken_camera_as_on_the_cpu() -> None:
    both, still = Both(), np.zeros(WORK, np.float32)
    for index, shift_px in enumerate([(0.0, 0.0), (0.5, -0.3), (0.2, 0.1), (0.0, 0.0), (-1.0, 0.7)]):
        motion = Motion(still, False, 0.04 if index else 0.0, shift_px)
        found, expected = both(edge(0), motion, 0.04 * index)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found - edge(0)).max() > 0.05, "else nothing was moved"


def test_a_fine_edge_moves_along_with_the_people_as_on_the_cpu() -> None:
    both, still = Both(FINE_EDGE), np.zeros(WORK, np.float32)
    texture = cv2.GaussianBlur(np.random.default_rng(1).uniform(0, 255, (20, 60)).astype(np.float32), (0, 0), 1.5)
    pictures = [np.ascontiguousarray(texture[:, x : x + 30]).astype(np.uint8) for x in (10, 9, 8, 8)]
    for index, picture in enumerate(pictures):
        motion = Motion(still, False, 0.04 if index else 0.0, (0.5, 0.0), (picture, pictures[index - 1]))
        found, expected = both(edge(index), motion, 0.04 * index)
        assert index != 2 or np.abs(both.settler.flow(motion, edge(2))).mean() > 0.2, "the picture moves"
        np.testing.assert_allclose(found, expected, atol=5e-3)  # OpenCV samples at 32nds of a pixel
    assert np.abs(both.settler.flow(motion, edge(3))).max() < 0.05, "the last picture stands still"


@pytest.mark.parametrize("what", ["reset", "no motion", "cut", "gap", "backwards", "frames not seen"])
def test_nothing_is_carried_over(what: str) -> None:
    both, still = Both(), np.zeros(WORK, np.float32)
    both(edge(0), Motion(still, True, 0.0), 1.0)
    if what == "reset":
        both.settler.reset()
    if what == "no motion":
        both.settler.scalars(None, 1.0)
    elapsed_s = {"gap": 1.5, "backwards": -0.5}.get(what, 0.04)
    motion = Motion(still, what == "cut", 0.02 if what == "frames not seen" else elapsed_s)
    np.testing.assert_array_equal(both(edge(1), motion, 1 + elapsed_s)[0], edge(1))
