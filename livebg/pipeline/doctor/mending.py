"""Runs safe mends one by one, each after a question, and looks anew after each: the next may follow from it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

from livebg.core.errors import reason_of
from livebg.pipeline.doctor.diagnosis import diagnose
from livebg.pipeline.doctor.finding import Mend
from livebg.pipeline.doctor.state import SystemState, User


def mend(
    look: Callable[[], SystemState], ask: Callable[[str], bool], run: Callable[[Mend, User], str] | None = None
) -> Iterator[str]:
    """Lines that say what happens. look: the system now. ask: whether to run this command. run: as run_mend().

    Asks for each command once, whatever came of it.
    """
    tried: set[tuple[tuple[str, ...], ...]] = set()
    state = look()
    while waiting := [each for each in diagnose(state) if each.is_offered(state.user) and each.mend.steps not in tried]:
        finding = waiting[0]
        tried.add(finding.mend.steps)
        yield f"{finding.name}: {finding.found}"
        if ask(finding.mend.command(state.user)):
            failure = (run or run_mend)(finding.mend, state.user)
            yield f"failed: {failure}" if failure else "done" + f"; {finding.mend.advice}" * bool(finding.mend.advice)
            state = look()
    if not tried:
        yield "nothing here is for --fix to mend"


def run_mend(wanted: Mend, user: User) -> str:
    """Runs its steps with this terminal, until one fails; '' or why. An interrupted one ends by itself first."""
    prefix = ("sudo",) if wanted.needs_root and not user.is_root else ()
    for step in wanted.steps:
        try:
            process = subprocess.Popen([*prefix, *step])
        except OSError as cause:
            return f"{step[0]}: {reason_of(cause)}"
        try:
            status = process.wait()
        except KeyboardInterrupt:  # Ctrl-C went to it, too; an installation must not be killed halfway
            process.wait()
            raise
        if status:
            return f"{step[0]} ended with exit code {status}"
    return ""
