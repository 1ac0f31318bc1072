"""All findings of a system: none is missing, the worst comes first."""

from __future__ import annotations

import pytest
from recorded_systems import DEBIAN, NAMES, system

from livebg.pipeline.doctor.diagnosis import CHECKS, diagnose
from livebg.pipeline.doctor.finding import WORST_FIRST


@pytest.mark.parametrize("name", NAMES)
def test_all_is_well_on_the_systems_that_the_tables_change(name: str) -> None:
    assert {each.state for each in diagnose(system(name))} == {"ok"}


def test_the_worst_comes_first() -> None:
    changes = {"linux.loopback.is_loaded": False, "cameras": None, "disks.0.free_bytes": 500_000_000}
    ranks = [WORST_FIRST.index(each.state) for each in diagnose(system(DEBIAN, changes))]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2, 3}


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_says_something_somewhere(check: object) -> None:
    assert callable(check)
    blind = {"problems": [["disks", "no answer"]]}
    assert any(list(check(system(name, blind))) for name in NAMES)
