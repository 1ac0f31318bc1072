"""What is required of the matte, told from known figures; results of several programs put together."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.bench import quality


def test_photos_are_held_against_the_best_of_each_column() -> None:
    ours = {"photos/exact": {"mad": 13.0, "mad_edge": 126.0, "bf": 0.74}}
    found = {each.measure: each for each in quality.requirements(ours, {})}
    assert {name: round(each.limit, 3) for name, each in found.items()} == {"MAD": 13.5, "edgeMAD": 126, "BF": 0.748}
    assert {name: each.is_reached for name, each in found.items()} == {"MAD": True, "edgeMAD": True, "BF": False}
    assert found["BF"].line() == "| photos/exact | BF | 0.74 | at least 0.748 | NOT reached |"


def test_clips_are_held_against_the_reference() -> None:
    reference = {
        "clips/exact": {"flicker_true": 26.0, "trail": 0.2, "bf": 0.55},
        "real/webcam": {"flicker_static": 18.0, "flips": 1.8},
    }
    ours = {
        "clips/exact": {"flicker_true": 10.0, "trail": 0.23, "bf": 0.70, "empty_alpha": 0.5},
        "real/webcam": {"flicker_static": 7.0, "flips": 1.0},
    }
    found = {each.measure: each.is_reached for each in quality.requirements(ours, reference)}
    assert found == {"flick": True, "trail": False, "BF": True, "sflick": True, "flips": False, "empty": True}


def test_shares_of_the_cases_make_one_result() -> None:
    cases = {
        "a": {"group": "clips/exact", "mad": 1.0, "lag": 0.5},
        "b": {"group": "clips/exact", "mad": 3.0},
        "r": {"group": "real/webcam", "flips": 2.0},
    }
    result = quality.merged("ours", cases)
    assert result["groups"]["clips/exact"] == {"n": 2, "mad": pytest.approx(2.0), "lag": 0.5}
    assert result["groups"]["real/webcam"] == {"n": 1, "flips": 2.0}
