"""The compiled loop and the same code uncompiled give the same numbers."""

from __future__ import annotations

import numpy as np

from livebg.matting.subject import components_numba as kernels


def test_describe_is_the_same_compiled_or_not() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 4, 60).astype(np.int32)
    last = random.integers(0, 3, 60).astype(np.int32)
    alpha = random.random(60, np.float32)
    owners, levels = np.array([0, 1, 8], np.uint8), np.array([0, 100, 255], np.uint8)
    compiled, plain = (np.zeros(4 * kernels.COLUMNS, np.float32) for _ in range(2))
    kernels.describe(labels, alpha, last, owners, levels, 10, compiled)
    kernels.describe.function(labels, alpha, last, owners, levels, np.uintp(10), plain)
    assert np.allclose(compiled, plain)
    table = compiled.reshape(4, -1)
    assert table[0].sum() == 0
    for label in (1, 2, 3):
        places = labels == label
        assert table[label, kernels.AREA] == places.sum()
        assert table[label, kernels.SURE_AREA] == (alpha[places] > 0.9).sum()
        assert table[label, kernels.CLAIMS + 7] == (last[places] == 2).sum()
