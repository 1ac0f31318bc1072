"""What may leave: one test per reason why a matte may not be used."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from livebg.scene.shutter import Shutter
from livebg.stages import Alpha, Frame, fault_of

FRAME = Frame(np.zeros((9, 16, 3), np.uint8), 5, 0.0, 0.0)
GOOD = np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3)


def _with(value: float) -> np.ndarray:
    values = GOOD.copy()
    values[0, 0] = value
    return values


def test_a_valid_matte_passes() -> None:
    assert fault_of(Alpha(GOOD, 5), FRAME) == ""


@pytest.mark.parametrize(
    ("alpha", "words"),
    [
        (Alpha(GOOD, 4), "of frame 4, not 5"),
        (Alpha(_with(np.nan), 5), "nan"),
        (Alpha(_with(np.inf), 5), "inf"),
        (Alpha(_with(-0.1), 5), "-0.1"),
        (Alpha(_with(1.5), 5), "1.5"),
        (Alpha(GOOD.ravel(), 5), "shape"),
        (Alpha(GOOD.astype(np.float64), 5), "float64"),  # type: ignore[arg-type]  # the fault under test
        (Alpha(np.zeros((0, 4), np.float32), 5), "shape"),
    ],
)
def test_anything_else_is_named(alpha: Alpha, words: str) -> None:
    assert words in fault_of(alpha, FRAME)


@pytest.mark.expects_error_log
def test_a_fault_is_said_once_when_it_begins_and_once_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shutter = Shutter()
    answers = [shutter.lets_through(fault) for fault in ("", "broken", "worse", "", "")]
    assert answers == [True, False, False, True, True]
    assert [each.levelname for each in caplog.records] == ["ERROR", "WARNING"]
    assert "broken" in caplog.text
