"""The last block's loops do what their plain forms do, and keep within 0..1."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import Matte
from livebg.models.selfie.last_block import WIDTH, LastBlock, add_up, finish

RANDOM = np.random.default_rng(1)


def some(*shape: int) -> Matte:
    return RANDOM.normal(size=shape).astype(np.float32)


def a_block(scale: float = 1.0) -> LastBlock:
    sizes = (256, 16), (256, 16), (256, 16), (144, 16), (64, 1)
    return LastBlock(*((scale * some(weights), some(bias)) for weights, bias in sizes))


def test_the_loops_do_what_their_plain_forms_do() -> None:
    below, first = some(3 * WIDTH // 2 * 16), some(6 * WIDTH * 16)
    weights = some(16), some(272), some(160), some(65)
    fast, plain = np.empty((2, 4 * 6 * WIDTH), np.float32)
    finish(below, first, *weights, fast)
    assert finish.plain is not None
    finish.plain(below, first, *weights, plain)
    assert np.allclose(fast, plain, atol=1e-3)
    sums, plain_sums = np.empty((2, 16), np.float32)
    add_up(first, sums)
    assert add_up.plain is not None
    add_up.plain(first, plain_sums)
    assert np.allclose(sums, plain_sums, atol=1e-3)


def test_the_answer_has_four_pixels_for_each_of_the_first_layers() -> None:
    answer = a_block(0.1).confidence(some(2, WIDTH // 2, 16), some(4, WIDTH, 16))
    assert answer.shape == (8, 2 * WIDTH)
    assert answer.dtype == np.float32
    assert ((answer >= 0) & (answer <= 1)).all()


def test_the_ends_are_0_and_1() -> None:
    below, first = np.zeros((2, 1, WIDTH // 2, 16), np.float32)[0], np.full((2, WIDTH, 16), 1e9, np.float32)
    answer = a_block().confidence(below, first)
    assert np.isin(answer, (0, 1)).all()


@pytest.mark.parametrize("which", [0, 1])
def test_no_number_stays_none(which: int) -> None:
    features = [some(1, WIDTH // 2, 16), some(2, WIDTH, 16)]
    features[which][0, 5, 3] = np.nan
    assert np.isnan(a_block().confidence(*features)).all()


def test_other_layers_are_refused() -> None:
    layers = [(some(256), some(16)) for _ in range(4)]
    with pytest.raises(ValueError, match="last layers have"):
        LastBlock(*layers, (some(64), some(1)))
