"""What was seen of persons and of the room becomes evidence, and evidence moves odds as Bayes has it."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.plate import weigh_numba as kernels

CELLS = kernels.BINS**2
WIDTH, HEIGHT = 8, 4
SIZE = WIDTH * HEIGHT


def _look(colour: tuple[int, int, int], alpha: float, near: float, age_s: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    image = np.tile(np.array(colour, np.uint8), SIZE)
    mean, noise = np.full(3 * SIZE, 100, np.float32), np.ones(SIZE, np.float32)
    planes = (np.full(SIZE, alpha, np.float32), np.full(SIZE, near, np.float32), mean, noise)
    logarithms = np.arange(CELLS, dtype=np.float32)  # its place in the table
    evidence, tables = np.empty(SIZE, np.float32), np.zeros(2 * CELLS, np.float32)
    measures = np.empty(int(kernels.CHUNK * kernels.MEASURES), np.float32)
    age, gain = np.full(SIZE, age_s, np.float32), np.ones(3, np.float32)
    kernels.weigh_evidence(image, *planes, age, gain, WIDTH, 1.0, logarithms, measures, evidence, tables)
    return evidence, tables


def test_the_same_colour_is_in_the_middle_of_brightness_and_at_the_end_of_colour() -> None:
    evidence, tables = _look((100, 100, 100), alpha=0.0, near=0.5)
    assert np.allclose(evidence, (kernels.BINS - 1) / 2 * kernels.BINS, atol=0.1)
    assert tables[:CELLS].sum() == 0
    assert tables[CELLS:].sum() == SIZE


def test_a_shadow_is_darker_and_of_the_same_colour_and_a_red_thing_is_not() -> None:
    (shadow, _), (red, _) = _look((80, 80, 80), 0.0, 0.5), _look((40, 40, 200), 0.0, 0.5)
    column, colour = divmod(float(shadow[0]), kernels.BINS)
    assert column < (kernels.BINS - 1) / 2
    assert colour < kernels.BINS / 2
    assert float(red[0]) % 1 > 0
    grey = _look((64, 64, 64), 0.0, 0.5)[0]
    assert grey[0] < shadow[0]


@pytest.mark.parametrize(("near", "age_s"), [(0.0, 2.0), (1.0, 2.0), (0.5, 1.0)])
def test_far_from_an_edge_or_unknown_nothing_is_counted_or_said(near: float, age_s: float) -> None:
    evidence, tables = _look((40, 40, 200), 1.0, near, age_s)
    assert not evidence.any()
    assert not tables.any()


def test_an_unsure_alpha_is_not_counted() -> None:
    assert not _look((40, 40, 200), 0.5, 0.5)[1].any()
    assert _look((40, 40, 200), 1.0, 0.5)[1][:CELLS].sum() == SIZE


def test_what_only_persons_look_like_speaks_for_them_and_what_both_do_says_nothing() -> None:
    tables, logarithms = np.zeros(2 * CELLS, np.float32), np.empty(CELLS, np.float32)
    person, both, model = 0, CELLS // 2 + 6, CELLS - 1
    tables[[person, both]] = 50
    tables[[CELLS + model, CELLS + both]] = 50
    fewer = kernels.compare(tables, 1e-4, 2.5, logarithms)
    assert fewer == 100
    assert logarithms[person] == pytest.approx(2.5)
    assert logarithms[model] == pytest.approx(-2.5)
    assert logarithms[both] == pytest.approx(0, abs=1e-5)


def test_without_evidence_a_half_stays_a_half_and_evidence_moves_it() -> None:
    alpha, near = np.full(SIZE, 0.5, np.float32), np.full(SIZE, 0.5, np.float32)
    age, result = np.full(SIZE, 2, np.float32), np.empty(SIZE, np.float32)
    answers = []
    for evidence in (-2.5, 0.0, 2.5):
        kernels.move_alpha(alpha, near, age, np.full(SIZE, evidence, np.float32), result)
        answers.append(float(result[0]))
    assert answers[0] < 0.1
    assert answers[1] == pytest.approx(0.5, abs=1e-5)
    assert answers[2] > 0.9


@pytest.mark.parametrize(("near", "age_s"), [(0.01, 2.0), (0.99, 2.0), (0.5, 1.0)])
def test_far_from_an_edge_or_unknown_alpha_stays(near: float, age_s: float) -> None:
    alpha, result = np.linspace(0, 1, SIZE, dtype=np.float32), np.empty(SIZE, np.float32)
    planes = np.full(SIZE, near, np.float32), np.full(SIZE, age_s, np.float32)
    kernels.move_alpha(alpha, *planes, np.full(SIZE, 2.5, np.float32), result)
    assert np.array_equal(result, alpha)
