"""An edge that goes to and fro trembles; one that stands or follows somebody does not, nor where the picture moves."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from livebg.core.types import Image
from tests.bench.tremor import Tremor

SHAPE = (90, 160)


class Quiet:
    """The instrument's Shared of a picture that stands still in its left `still` columns."""

    def __init__(self, still: int = 160) -> None:
        self._is_still = np.arange(SHAPE[1])[None] < still

    def quiet(self, _newer: int, _older: int) -> np.ndarray | None:
        return np.broadcast_to(self._is_still, SHAPE)


def _person(right: float) -> Image:
    """Everything left of this column, with an edge 4 px soft."""
    row = np.clip((right - np.arange(SHAPE[1])) / 4 + 0.5, 0, 1)
    return np.rint(np.broadcast_to(row, SHAPE) * 255).astype(np.uint8)


def _tremor(rights: list[float], still: int = 160) -> float:
    tremor, shared = Tremor(), Quiet(still)
    for right in rights:
        tremor.add(shared, _person(right))
    return tremor.result()


def test_an_edge_to_and_fro_trembles_by_its_step() -> None:
    small, large = (_tremor([80, 80 + step] * 5) for step in (0.5, 1.0))
    assert small > 10
    assert large == pytest.approx(2 * small, rel=0.15)
    assert _tremor([80, 81, 80, 80, 80, 80, 80, 80]) < 0.3 * large


def test_an_edge_that_stands_or_follows_does_not() -> None:
    assert _tremor([80] * 5) == 0.0
    assert _tremor([80, 80.3, 80.6, 80.9, 81.2]) == 0.0


def test_only_where_the_picture_stands_still_and_an_edge_is() -> None:
    assert np.isnan(_tremor([80, 81] * 5, still=40))
    assert np.isnan(_tremor([80, 81]))
    assert np.isnan(Tremor().result())


def test_a_flash_of_a_whole_hand_counts() -> None:
    tremor, shared = Tremor(), Quiet()
    for number in range(5):
        matte = _person(80)
        if number != 3:
            cv2.rectangle(matte, (80, 40), (100, 50), 255, -1)
        tremor.add(shared, matte)
    assert tremor.result() > 10
