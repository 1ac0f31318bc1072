"""The loops that take and bring local colours, against the same formulas in numpy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.refine import local_colour_numba as kernels
from livebg.matting.refine.local_colour_numba import EVIDENCE, MARGIN, MOMENTS, STRIDE, WIDEST
from tests.matting.refine.test_colour_evidence_numba import moments_of, some_samples, vectors

RNG = np.random.default_rng(23)


def _measured(image: np.ndarray, alpha: np.ndarray, share: float, moments: np.ndarray) -> np.ndarray:
    """Leaves the moments in `moments`; gives back the marks of doubt."""
    unknown = np.full((alpha.shape[0] // 2, alpha.shape[1] // 2), 7, np.uint8)
    sums = np.full(MOMENTS * 2 * WIDEST, np.nan, np.float32)
    flat = image.reshape(-1), alpha.reshape(-1), alpha.shape[1], np.float32(share), sums, moments
    kernels.measure_colours(*flat, unknown.reshape(-1))
    return unknown


def _empty(cells: tuple[int, int]) -> np.ndarray:
    return np.zeros((cells[0] + 2 * MARGIN) * MOMENTS * STRIDE, np.float32)


@pytest.mark.parametrize("cells", [(1, 1), (3, 2), (9, 16), (45, WIDEST)])
def test_moments_are_sums_weighted_by_how_sure_alpha_is(cells: tuple[int, int]) -> None:
    samples, moments = some_samples(cells), _empty(cells)
    _measured(*samples, 1.0, moments)
    assert np.allclose(moments, moments_of(*samples), atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_moments_follow_by_their_share(share: float) -> None:
    cells = (3, 5)
    first, second, mixed = _empty(cells), _empty(cells), _empty(cells)
    one, other = some_samples(cells), some_samples(cells)
    _measured(*one, 1.0, first)
    _measured(*other, 1.0, second)
    _measured(*one, 1.0, mixed)
    _measured(*other, share, mixed)
    assert np.allclose(mixed, first + share * (second - first), atol=1e-5)


def test_doubt_is_marked_where_a_sample_is_neither_0_nor_1() -> None:
    alpha = np.zeros((6, 8), np.float32)
    alpha[:, 4:] = 1
    alpha[3, 2], alpha[4, 7] = 0.5, 0.995
    marks = _measured(np.zeros((6, 8, 3), np.uint8), alpha, 1.0, _empty((3, 4)))
    assert np.argwhere(marks).tolist() == [[1, 1]]


def _weighed(image: np.ndarray, evidence: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """weigh() where cells are 4 x 4 pixels."""
    (height, width), said = image.shape[:2], np.zeros(image.shape[:2], np.float32)
    borders, places = [], []
    for full, count in ((height, marks.shape[0]), (width, marks.shape[1])):
        centres = (np.arange(full) + 0.5) / 4 - 0.5
        before = np.floor(centres).clip(0, max(0, count - 2))
        borders.append(np.arange(0, full + 1, 4, dtype=np.uintp))
        places += [before.astype(np.uintp), (centres - before).clip(0, min(1, count - 1)).astype(np.float32)]
    scratch = np.full(4 * EVIDENCE * kernels.CHUNK, np.nan, np.float32)
    flat = image.reshape(-1), evidence.reshape(-1), marks.reshape(-1)
    kernels.weigh(*flat, *borders, *places, scratch, said.reshape(-1))
    return said


@pytest.mark.parametrize("cells", [(1, 1), (2, 3), (5, 40)])
def test_a_colour_says_the_interpolated_evidence_where_there_is_doubt(cells: tuple[int, int]) -> None:
    height, width = 4 * cells[0], 4 * cells[1]
    image = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    evidence = np.zeros((cells[0] + 1, EVIDENCE, STRIDE), np.float32)
    evidence[:-1, :10, : cells[1]] = RNG.normal(0, 4, (cells[0], 10, cells[1]))
    evidence[:-1, 10, : cells[1]] = RNG.uniform(0, 6, (cells[0], cells[1]))
    marks = (RNG.random(cells) < 0.6).astype(np.uint8)
    planes = np.ascontiguousarray(evidence[:-1, :, : cells[1]].transpose(0, 2, 1))
    full = np.dstack([cv2.resize(planes[..., each], (width, height)) for each in range(EVIDENCE)])
    values = vectors((image.reshape(-1, 3).astype(np.float64) - 128) / 255).reshape(height, width, 10)
    said = np.clip((full[..., :10] * values).sum(axis=-1), -full[..., 10], full[..., 10])
    expected = np.where(np.kron(marks, np.ones((4, 4))) > 0, said, 0)
    assert np.abs(_weighed(image, evidence, marks) - expected).max() < 1e-3


def test_evidence_moves_log_odds_and_0_and_1_stay() -> None:
    alpha, said = RNG.random(500, dtype=np.float32), RNG.uniform(-6, 6, 500).astype(np.float32)
    alpha[:2], said[2] = (0, 1), 0
    result, odds = alpha.copy(), alpha.astype(np.float64) * np.exp(said)
    kernels.correct(said, result)
    assert np.abs(result - odds / (odds + 1 - alpha)).max() < 1e-3
    assert np.array_equal(result[:3], alpha[:3])
