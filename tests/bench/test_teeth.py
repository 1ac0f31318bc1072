"""A comb is seen, a clean edge is not, whether it is in place or not; true hair is no comb."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from livebg.core.types import Image
from tests.bench.teeth import Ring


def _head(radius: int = 160, hairs: int = 0, long: int = 12, turned: float = 0.0) -> Image:
    """A disc with a soft edge; hairs: lines that stand out of it all around."""
    picture = np.zeros((720, 1280), np.uint8)
    cv2.circle(picture, (640, 360), radius, 255, -1, cv2.LINE_AA)
    for angle in np.linspace(0, 2 * np.pi, hairs, endpoint=False) + turned:
        ends = [(640 + each * np.cos(angle), 360 + each * np.sin(angle)) for each in (radius - 2, radius + long)]
        start, end = ((round(x), round(y)) for x, y in ends)
        cv2.line(picture, start, end, 255, 1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), np.uint8)


COMB = Ring(_head()).teeth(_head(hairs=120))


def test_a_clean_edge_has_none_and_a_comb_many() -> None:
    assert Ring(_head()).teeth(_head()) == 0.0
    assert COMB > 10
    assert Ring(_head()).teeth(_head(hairs=60)) == pytest.approx(COMB / 2, rel=0.2)


@pytest.mark.parametrize("radius", [156, 164])
def test_an_edge_out_of_place_has_hardly_any(radius: int) -> None:
    assert Ring(_head()).teeth(_head(radius)) < 0.05 * COMB
    assert Ring(_head()).teeth(cv2.GaussianBlur(_head(), (0, 0), 5.0).astype(np.uint8)) < 0.05 * COMB


def test_true_hair_is_none_found_missed_or_a_little_aside() -> None:
    hairy = Ring(_head(hairs=120))
    assert hairy.teeth(_head(hairs=120)) == 0.0
    assert hairy.teeth(_head()) < 0.05 * COMB
    assert hairy.teeth(_head(hairs=120, turned=0.01)) < 0.15 * COMB


def test_gaps_in_what_is_whole_count_too() -> None:
    notched = cv2.min(_head(), 255 - cv2.subtract(_head(150, 120, 8), _head(150)))
    assert Ring(_head()).teeth(notched.astype(np.uint8)) > 0.3 * COMB


def test_only_near_the_edge_and_where_pixels_count() -> None:
    far = cv2.max(_head(), _head(200, 120) - _head(200)).astype(np.uint8)
    assert Ring(_head()).teeth(far) < 0.05 * COMB
    right = np.zeros((720, 1280), bool)
    right[:, 640:] = True
    left_combed = np.where(right, _head(), _head(hairs=120)).astype(np.uint8)
    assert Ring(_head(), right).teeth(left_combed) < 0.05 * COMB
    assert np.isnan(Ring(np.zeros((72, 128), np.uint8)).teeth(np.zeros((72, 128), np.uint8)))
