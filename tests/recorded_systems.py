"""Systems as the doctor once saw them, all well, and the same with something changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from livebg.pipeline.doctor.diagnosis import diagnose
from livebg.pipeline.doctor.state import SystemState

DEBIAN, UBUNTU, FEDORA, ARCH, WINDOWS, MACOS = "debian-12", "ubuntu-24.04", "fedora-41", "arch", "windows-11", "macos"
NAMES = (DEBIAN, UBUNTU, FEDORA, ARCH, WINDOWS, MACOS)
# system, changes, name, state, words of what is found, mend as text (its beginning; '' for none)
Case = tuple[str, dict[str, Any], str, str, str, str]
# system, changes, name, words of what is found
Well = tuple[str, dict[str, Any], str, str]

FOLDER = Path(__file__).with_name("pipeline") / "doctor" / "states"


def system(name: str, changes: dict[str, Any] | None = None) -> SystemState:
    """changes: by place, e.g. {'linux.loopback.nodes.0.users': [...]}; values as in JSON."""
    values: Any = json.loads((FOLDER / f"{name}.json").read_text())
    for place, value in (changes or {}).items():
        *way, last = (int(each) if each.isdecimal() else each for each in place.split("."))
        holder = values
        for each in way:
            holder = holder[each]
        assert isinstance(holder, list) or last in holder, place
        holder[last] = value
    return SystemState.from_json(values)


def checks_of(faults: Sequence[Case], well: Sequence[Well]) -> tuple[Callable[[Case], None], Callable[[Well], None]]:
    """The two tests of a table of findings: each fault with its mend, and what is told without being one."""

    @pytest.mark.parametrize("case", faults, ids=lambda case: f"{case[0]}: {case[4]}")
    def test_fault(case: Case) -> None:
        check_fault(case)

    @pytest.mark.parametrize("case", well, ids=lambda case: f"{case[0]}: {case[3]}")
    def test_well(case: Well) -> None:
        check_well(case)

    return test_fault, test_well


def check_fault(case: Case) -> None:
    """The changes lead to this one finding, and no other one is worse than ok."""
    name, changes, finding, state, words, mend = case
    seen = system(name, changes)
    wrong = [each for each in diagnose(seen) if each.state != "ok"]
    assert [(each.name, each.state) for each in wrong] == [(finding, state)]
    assert words in wrong[0].found
    text = wrong[0].mend.text(seen.user)
    assert text.startswith(mend) if mend else text == ""


def check_well(case: Well) -> None:
    """The changes are told, and are no fault."""
    name, changes, finding, words = case
    found = diagnose(system(name, changes))
    assert {each.state for each in found} == {"ok"}
    assert any(words in each.found for each in found if each.name == finding)
