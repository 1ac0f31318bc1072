"""What the device says of a full-size alpha is what the host says of it, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.matting import support
from livebg.matting.params import SUPPORT
from livebg.matting.support_torch import Judging

SIZE, MATTE = (90, 161), (36, 64)
SMALL = np.zeros(MATTE, np.float32)
SMALL[20:, :8] = 1
SMALL[20:, 40:42] = 0.05


def _found(full: np.ndarray) -> np.ndarray:
    cells = support.unsupported(SMALL, *SIZE, Settings())
    assert cells.shape == SUPPORT.cells_of(MATTE)
    return Judging(SIZE, SUPPORT.cells_of(MATTE), "cpu")(torch.from_numpy(full), torch.from_numpy(cells)).numpy()


@pytest.mark.parametrize("value", [0.0, -0.0, 0.5, 1.0, 1.0000001, -1e-40, -0.5, np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(89, 3), (0, 160), (45, 100)])
def test_it_is_the_hosts_judgement(value: float, place: tuple[int, int]) -> None:
    full = np.zeros(SIZE, np.float32)
    full[40:, :20] = 0.7
    full[place] = value
    answers = []
    for judge in (
        lambda: support.judge(_found(full)),
        lambda: support.check(full, SMALL, *SIZE, Settings()),
    ):
        try:
            judge()
            answers.append("")
        except ModelError as failure:
            answers.append(str(failure))
    assert answers[0] == answers[1]
