from __future__ import annotations

import sys

import pytest
from recorded_systems import DEBIAN, system

from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.mending import mend, run_mend
from livebg.pipeline.doctor.state import SystemState, User

LOOPBACK = "linux.loopback"
ABSENT = {f"{LOOPBACK}.is_loaded": False, f"{LOOPBACK}.is_built": False, f"{LOOPBACK}.is_installed": False}
STAGES = [  # what each mend leads to
    system(DEBIAN, ABSENT),
    system(DEBIAN, {f"{LOOPBACK}.is_loaded": False}),
    system(DEBIAN, {f"{LOOPBACK}.at_boot": False}),
    system(DEBIAN),
]


class Patient:
    """A system that a mend takes one stage further."""

    def __init__(self, fails: bool = False) -> None:
        self.at, self.ran, self._fails = 0, list[Mend](), fails

    def look(self) -> SystemState:
        return STAGES[self.at]

    def run(self, wanted: Mend, _: User) -> str:
        self.ran.append(wanted)
        self.at += not self._fails
        return "apt ended with exit code 100" if self._fails else ""


def test_each_mend_shows_what_is_next_until_all_is_well() -> None:
    patient, asked = Patient(), list[str]()
    lines = list(mend(patient.look, lambda command: not asked.append(command), patient.run))
    assert [each.split()[1] for each in asked] == ["apt", "modprobe", "sh"]
    assert lines[:2] == ["virtual camera: v4l2loopback is not installed", "done"]
    assert patient.look() == STAGES[-1]


def test_no_means_no_and_is_asked_once() -> None:
    patient, asked = Patient(), list[str]()
    assert list(mend(patient.look, lambda command: bool(asked.append(command)), patient.run)) == [
        "virtual camera: v4l2loopback is not installed"
    ]
    assert (len(asked), patient.ran) == (1, [])


def test_what_fails_is_told_and_not_tried_again() -> None:
    patient = Patient(fails=True)
    lines = list(mend(patient.look, lambda _: True, patient.run))
    assert lines[-1] == "failed: apt ended with exit code 100"
    assert len(patient.ran) == 1


def test_where_all_is_well_there_is_nothing_to_ask() -> None:
    assert list(mend(lambda: system(DEBIAN), lambda _: True)) == ["nothing here is for --fix to mend"]


@pytest.mark.parametrize(
    ("wanted", "user", "expected"),
    [
        (Mend((("true",),), is_safe=True), User(), True),
        (Mend((("true",),)), User(), False),
        (Mend(advice="plug one in", is_safe=True), User(), False),
        (Mend((("true",),), needs_root=True, is_safe=True), User(), False),
        (Mend((("true",),), needs_root=True, is_safe=True), User(has_sudo=True), True),
        (Mend((("true",),), needs_root=True, is_safe=True), User(is_root=True), True),
    ],
)
def test_only_a_safe_command_that_this_user_may_run_is_offered(wanted: Mend, user: User, expected: bool) -> None:
    assert Finding("it", "error", "broken", wanted).is_offered(user) == expected
    assert not Finding("it", "ok", "fine", wanted).is_offered(user)


def test_its_steps_run_until_one_fails() -> None:
    def python(code: str) -> tuple[str, ...]:
        return (sys.executable, "-c", code)

    assert run_mend(Mend((python("pass"), python("pass"))), User()) == ""
    failing = Mend((python("raise SystemExit(3)"), ("no-such-program",)))
    assert run_mend(failing, User()) == f"{sys.executable} ended with exit code 3"
    assert run_mend(Mend((("no-such-program",),)), User()) == "no-such-program: No such file or directory"
