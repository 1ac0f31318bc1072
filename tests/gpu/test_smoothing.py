"""The device's smoothing is the CPU's: the same numbers, the same answers within 0.01, the same things forgotten."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from on_device import picture

import livebg.gpu.smoothing as ours
import livebg.matting.smoothing as reference
from livebg.gpu.smoothing import SteadyAlpha, median
from livebg.matting.smoothing import Smoother
from livebg.stages import Alpha, Frame

HEIGHT, WIDTH = 72, 128
NAMES = ("REFERENCE_FPS", "MAX_GAP_S", "SCENE_CUT_LEVELS", "MOTION_LOW", "MOTION_HIGH", "MIN_NOISE_LEVELS")


def scene(index: int) -> tuple[np.ndarray, np.ndarray]:
    """A bright box that moves over a still, noisy room, and a jittering alpha of it."""
    draw = np.random.default_rng(50 + index)
    image, alpha = picture(4, HEIGHT, WIDTH), np.full((HEIGHT, WIDTH), 0.1, np.float32)
    left = 10 + 6 * index
    image[20:60, left : left + 30], alpha[20:60, left : left + 30] = 230, 0.9
    alpha += draw.uniform(-0.1, 0.1, alpha.shape).astype(np.float32)
    return np.clip(image + draw.normal(0, 1.5, image.shape), 0, 255).astype(np.uint8), alpha


def smooth(state: SteadyAlpha, values: np.ndarray, image: np.ndarray, at_s: float, strength: float) -> np.ndarray:
    small = torch.from_numpy(image).permute(2, 0, 1).float()
    steady, is_valid = state.smooth(
        torch.from_numpy(values), small, torch.tensor(round(at_s * 1e6)), torch.tensor(strength)
    )
    return steady.numpy() if is_valid else None


def test_its_numbers_are_the_references() -> None:
    for name in (*NAMES, "DOUBT_LOW", "DOUBT_HIGH", "DOUBT_SHARE"):
        assert getattr(ours, name) == getattr(reference, name), name


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.9])
def test_agrees_with_the_cpu_over_a_moving_scene(strength: float) -> None:
    state, smoother = SteadyAlpha(HEIGHT, WIDTH, "cpu"), Smoother()
    for index in range(8):
        image, alpha = scene(index)
        expected = smoother.smooth(Alpha(alpha, index), Frame(image, index, 0.0, index / 30), strength).values
        found = smooth(state, alpha, image, index / 30, strength)
        assert np.abs(found - expected).max() < 0.01
        assert np.abs(found - expected).mean() < 2e-4


@pytest.mark.parametrize("what", ["reset", "cut", "gap", "backwards", "strength 0"])
def test_nothing_is_carried_over(what: str) -> None:
    state = SteadyAlpha(HEIGHT, WIDTH, "cpu")
    room, new = picture(4, HEIGHT, WIDTH), np.full((HEIGHT, WIDTH), 0.4, np.float32)
    smooth(state, np.zeros_like(new), room, 1.0, 0.9)
    if what == "reset":
        state.reset()
    image = 255 - room if what == "cut" else room
    at_s = {"gap": 2.5, "backwards": 0.5}.get(what, 1.03)
    np.testing.assert_array_equal(smooth(state, new, image, at_s, 0.0 if what == "strength 0" else 0.9), new)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.01, 1.01])
def test_an_invalid_alpha_is_told_and_leaves_no_trace(bad: float) -> None:
    state, untouched = SteadyAlpha(HEIGHT, WIDTH, "cpu"), SteadyAlpha(HEIGHT, WIDTH, "cpu")
    for each in (state, untouched):
        smooth(each, scene(0)[1], scene(0)[0], 0.0, 0.9)
    broken = scene(1)[1].copy()
    broken[3, 4] = bad
    assert smooth(state, broken, scene(1)[0], 1 / 30, 0.9) is None
    image, alpha = scene(2)
    np.testing.assert_array_equal(
        smooth(state, alpha, image, 2 / 30, 0.9), smooth(untouched, alpha, image, 2 / 30, 0.9)
    )


def test_the_median_is_within_a_hundred_and_twenty_eighth() -> None:
    for seed in range(4):
        values = np.random.default_rng(seed).exponential(2 + seed, 3001).astype(np.float32)
        assert abs(float(median(torch.from_numpy(values))) - float(np.median(values))) <= 1 / 128 + 1e-3
    assert float(median(torch.full((10,), 500.0))) == pytest.approx(64, abs=0.02)
