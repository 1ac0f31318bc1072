"""An alpha that cannot be true is refused."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.errors import ModelError
from livebg.core.types import Alpha
from livebg.matting.validity import ImplausibleError, ValidityCheck


def _alpha(share: float) -> Alpha:
    """So much of the picture is foreground."""
    values = np.zeros((20, 50), np.float32)
    values.reshape(-1)[: round(share * values.size)] = 1
    return Alpha(values, 0)


@pytest.mark.parametrize("level", [1.0, 0.5, 0.03])
def test_the_same_everywhere_is_a_dead_networks_answer(level: float) -> None:
    with pytest.raises(ModelError, match="everywhere"):
        ValidityCheck(is_live=False).check(Alpha(np.full((20, 50), level, np.float32), 0))


def test_an_empty_room_is_plausible() -> None:
    ValidityCheck(is_live=True).check(_alpha(0.0))


def test_all_of_the_picture_at_once_is_refused_until_less_is_claimed() -> None:
    judge = ValidityCheck(is_live=True)
    with pytest.raises(ImplausibleError, match="99%"):
        judge.check(_alpha(0.99))
    judge.check(_alpha(0.4))
    for _ in range(3):
        with pytest.raises(ImplausibleError, match="at once"):
            judge.check(_alpha(0.99))
    judge.check(_alpha(0.6))


def test_somebody_who_comes_close_is_let_through() -> None:
    judge = ValidityCheck(is_live=True)
    for share in np.linspace(0.3, 0.995, 12):
        judge.check(_alpha(float(share)))


def test_a_file_may_begin_with_a_close_up() -> None:
    ValidityCheck(is_live=False).check(_alpha(0.99))
