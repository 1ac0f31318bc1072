"""The same alpha everywhere, for any frame."""

from __future__ import annotations

import numpy as np

from livebg.core.types import Frame
from livebg.models.constant import ConstantEngine


def test_it_does_not_look() -> None:
    alpha = ConstantEngine(0.25).matte(Frame(np.zeros((9, 16, 3), np.uint8), 5, 0.0, 0.0))
    assert alpha.sequence == 5
    assert (alpha.values == 0.25).all()
