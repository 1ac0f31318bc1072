"""The compiled colour models against the same formula in float64."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.refine import colour_evidence_numba as kernels
from livebg.matting.refine import local_colour_numba
from livebg.matting.refine.colour_evidence_numba import EVIDENCE, MARGIN, MOMENTS, REACH, STRIDE

RNG = np.random.default_rng(23)
CERTAIN = float(kernels.CERTAIN)
Said = tuple[np.ndarray, float]


def some_samples(cells: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture uint8 (2h, 2w, 3) and an alpha float32 (2h, 2w), the person darker than the room."""
    size = 2 * cells[0], 2 * cells[1]
    image = RNG.integers(60, 190, (*size, 3), dtype=np.uint8)
    alpha = RNG.random(size, dtype=np.float32)
    image[alpha > 0.5] //= 2
    return image, alpha


def moments_of(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """As colours_kernels.measure_colours leaves them."""
    colours, sure = (image.astype(np.float64) - 128) / 255, 2 * alpha.astype(np.float64) - 1
    squares = [colours[..., i] * colours[..., j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))]
    each = np.dstack([np.ones_like(sure), colours, *squares])
    samples = np.dstack([each * np.maximum(sure, 0)[..., None], each * np.maximum(-sure, 0)[..., None]])
    height, width = alpha.shape[0] // 2, alpha.shape[1] // 2
    sums = samples.reshape(height, 2, width, 2, MOMENTS).sum(axis=(1, 3))
    moments = np.zeros((height + 2 * MARGIN, MOMENTS, STRIDE), np.float32)
    moments[MARGIN:-MARGIN, :, MARGIN : MARGIN + width] = sums.transpose(0, 2, 1)
    return moments.reshape(-1)


def _found(image: np.ndarray, alpha: np.ndarray, unknown: np.ndarray | None = None) -> np.ndarray:
    """(h, w, EVIDENCE)"""
    height, width = alpha.shape[0] // 2, alpha.shape[1] // 2
    moments, evidence = moments_of(image, alpha), np.full((height + 1, EVIDENCE, STRIDE), np.nan, np.float32)
    scratch = np.zeros_like(moments), np.full(3 * MOMENTS * STRIDE, np.nan, np.float32)
    asked = np.ones(height * width, np.uint8) if unknown is None else unknown.reshape(-1)
    kernels.find_evidence(moments, asked, *scratch, evidence.reshape(-1))
    return evidence[:-1, :, :width].transpose(0, 2, 1)


def vectors(colours: np.ndarray) -> np.ndarray:
    """What the coefficients of evidence are multiplied by: (n, 10) of colours (n, 3)."""
    b, g, r = colours.T
    return np.stack([b * b, g * g, r * r, b * g, b * r, g * r, b, g, r, np.ones_like(b)], axis=1)


def _gaussian(colours: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = weights @ colours / weights.sum()
    apart = colours - mean
    return mean, (weights[:, None] * apart).T @ apart / weights.sum() + float(kernels.NOISE) * np.eye(3)


def _log_density(colours: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    apart = colours - mean
    distances = (apart @ np.linalg.inv(covariance) * apart).sum(axis=1)
    return -0.5 * (distances + np.linalg.slogdet(covariance)[1])


def _by_window(image: np.ndarray, alpha: np.ndarray, cell: tuple[int, int], reach: int, tried: np.ndarray) -> Said:
    """What one window says of the tried colours, in log odds, and what that is worth, in float64."""
    place = tuple(slice(max(0, 2 * (each - reach)), 2 * (each + reach + 1)) for each in cell)
    colours = (image[place].reshape(-1, 3).astype(np.float64) - 128) / 255
    sure = 2 * alpha[place].reshape(-1).astype(np.float64) - 1
    weights = np.maximum(sure, 0), np.maximum(-sure, 0)
    enough = min(1.0, min(each.sum() for each in weights) / (float(kernels.SURE_SHARE) * 4 * (2 * reach + 1) ** 2))
    if enough == 0:
        return np.zeros(len(tried)), 0.0
    person, room = (_gaussian(colours, each) for each in weights)
    middle, across = (person[1] + room[1]) / 2, person[0] - room[0]
    logs = [np.linalg.slogdet(each)[1] for each in (middle, person[1], room[1])]
    distance = across @ np.linalg.inv(middle) @ across / 8 + 0.5 * (logs[0] - (logs[1] + logs[2]) / 2)
    return _log_density(tried, *person) - _log_density(tried, *room), min(1.0, distance / CERTAIN) * enough


def _reference(image: np.ndarray, alpha: np.ndarray, cell: tuple[int, int], tried: np.ndarray) -> Said:
    """Evidence of the tried colours for one cell, and its bound."""
    small, worth = _by_window(image, alpha, cell, REACH, tried)
    large, rest = _by_window(image, alpha, cell, MARGIN, tried)
    rest *= 1 - worth
    trust = float(kernels.TRUST)
    return trust * (worth * small + rest * large), trust * (worth + rest) * float(kernels.BOUND)


@pytest.mark.parametrize("cells", [(1, 1), (3, 2), (9, 16), (45, 80)])
def test_evidence_is_the_log_of_the_ratio_of_two_gaussians(cells: tuple[int, int]) -> None:
    image, alpha = some_samples(cells)
    found = _found(image, alpha)
    tried = RNG.uniform(-0.3, 0.3, (20, 3))
    for row, column in {(0, 0), (cells[0] - 1, cells[1] - 1), (cells[0] // 2, cells[1] // 2)}:
        evidence, bound = _reference(image, alpha, (row, column), tried)
        assert found[row, column, 10] == pytest.approx(bound, rel=1e-3)
        assert np.allclose(vectors(tried) @ found[row, column, :10], evidence, rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_without_a_person_or_a_room_there_is_no_evidence(alpha: float) -> None:
    image, values = RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8), np.full((8, 8), alpha, np.float32)
    assert not _found(image, values).any()


def test_flat_colours_give_finite_evidence() -> None:
    image, alpha = np.full((8, 8, 3), 40, np.uint8), np.zeros((8, 8), np.float32)
    alpha[:, 4:] = 1
    same = _found(image, alpha)
    assert np.isfinite(same).all()
    assert np.abs(same[..., :10]).max() < 1e-3
    image[:, 4:] = 200
    unlike = _found(image, alpha)
    assert np.isfinite(unlike).all()
    assert np.allclose(unlike[..., 10], float(kernels.TRUST * kernels.BOUND))


def test_the_planes_lie_as_where_they_are_made() -> None:
    for name in ("STRIDE", "MOMENTS", "EVIDENCE", "MARGIN"):
        assert getattr(kernels, name) == getattr(local_colour_numba, name)
    assert STRIDE >= local_colour_numba.WIDEST + 2 * MARGIN
    assert 2 * MARGIN + 1 == 3 * (2 * REACH + 1)


def test_rows_far_from_doubt_are_left_out() -> None:
    image, alpha = some_samples((7, 6))
    unknown = np.zeros((7, 6), np.uint8)
    unknown[3, 2] = 1
    found, everywhere = _found(image, alpha, unknown), _found(image, alpha)
    assert np.array_equal(found[2:5], everywhere[2:5])
    assert np.isnan(found[[0, 1, 5, 6]]).all()
