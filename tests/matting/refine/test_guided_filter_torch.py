"""The device's guided filter is the paper's, and the CPU's, within 0.02 anywhere and 1e-4 on average."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from on_device import figure, guided, picture

from livebg.core.types import Frame
from livebg.matting.refine.guided_filter import Refiner, agreed, enlarge
from livebg.matting.refine.guided_filter_torch import GuidedFilter


def planes(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1).float()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(360, 640), (640, 360), (67, 101), (1080, 1920)])
def test_agrees_with_the_paper(size: tuple[int, int]) -> None:
    image, truth = figure(*size)
    values = cv2.GaussianBlur(cv2.resize(truth, (128, 72), interpolation=cv2.INTER_AREA), (5, 5), 0)
    edges, small = GuidedFilter(*size, "cpu", torch.float32), torch.from_numpy(values)
    given = Frame(image, 0, 0.0, 0.0)
    difference = np.abs(edges.refine(small, planes(image))[0].numpy() - guided(values, image))
    assert difference.max() < 0.02
    assert difference.mean() < 1e-4
    np.testing.assert_allclose(edges.enlarge(small, planes(image))[0], enlarge(values, given), atol=1e-5)


def test_agrees_with_the_cpu() -> None:
    image, truth = figure(720, 1280)
    values = cv2.GaussianBlur(cv2.resize(truth, (256, 144), interpolation=cv2.INTER_AREA), (5, 5), 0)
    found = GuidedFilter(720, 1280, "cpu", torch.float32).refine(torch.from_numpy(values), planes(image))[0].numpy()
    difference = np.abs(found - Refiner().refine(values, Frame(image, 0, 0.0, 0.0)))
    assert difference.max() < 0.02
    assert difference.mean() < 1e-4


def test_a_fine_alphas_mean_agrees_with_the_cpu() -> None:
    image, truth = figure(360, 640)
    given, values = Frame(image, 0, 0.0, 0.0), cv2.GaussianBlur(truth, (5, 5), 0)
    edges, small = GuidedFilter(360, 640, "cpu", torch.float32), torch.from_numpy(values)
    found, states = edges.agreed(small, planes(image))
    difference = np.abs(found.numpy() - agreed(enlarge(values, given), Refiner().refine(values, given)))
    assert difference.max() < 0.02
    assert difference.mean() < 1e-4
    assert torch.equal(states, edges.enlarge(small, planes(image))[1])


@pytest.mark.parametrize("size", [(16, 640), (16, 16), (640, 16), (3, 5)])
def test_any_size_gives_a_finite_alpha_of_the_frames_size(size: tuple[int, int]) -> None:
    values = torch.rand((36, 64), generator=torch.Generator().manual_seed(1))
    alpha = GuidedFilter(*size, "cpu", torch.float32).refine(values, planes(picture(2, *size)))[0]
    assert alpha.shape == size
    assert 0 <= alpha.min() <= alpha.max() <= 1


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_flat_alpha_comes_back_flat(level: float) -> None:
    edges = GuidedFilter(90, 160, "cpu", torch.float32)
    refined, states = edges.refine(torch.full((36, 64), level), planes(picture(3, 90, 160)))
    assert (refined == level).all()
    assert (states == level).all()
