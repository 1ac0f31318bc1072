"""What the doctor says: a finding with its state, and the mend that belongs to it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Literal

from livebg.pipeline.doctor.state import User

State = Literal["error", "warning", "unknown", "ok"]
WORST_FIRST: tuple[State, ...] = ("error", "warning", "unknown", "ok")


@dataclass(frozen=True, slots=True)
class Mend:
    """What mends a finding: commands, one after the other, or words where no command does it.

    steps: each a program and its arguments. needs_root: all of them. advice: words; beside steps, what to do after them
    or before. is_safe: --fix may run it, after it has asked.
    """

    steps: tuple[tuple[str, ...], ...] = ()
    needs_root: bool = False
    advice: str = ""
    is_safe: bool = False

    def command(self, user: User) -> str:
        """As this user types it; '' without steps."""
        prefix = "sudo " if self.needs_root and not user.is_root and user.has_sudo else ""
        join = _for_windows if user.is_on_windows else shlex.join
        typed = " && ".join(prefix + join(each) for each in self.steps)
        needs_su = self.needs_root and not (user.is_root or prefix or user.is_on_windows)
        return f"su -c {shlex.quote(typed)}" if typed and needs_su else typed

    def text(self, user: User) -> str:
        """The command, then the advice."""
        return "; ".join(filter(None, (self.command(user), self.advice)))


def _for_windows(words: tuple[str, ...]) -> str:
    """Its shells know only double quotes."""
    return " ".join(f'"{each}"' if set(each) & set(" &<>|^") else each for each in words)


NOTHING = Mend()


@dataclass(frozen=True, slots=True)
class Finding:
    """error: `livebg run` without options fails or does not reach a call. warning: something works worse or later will
    not work. found: what was seen, in words."""

    name: str
    state: State
    found: str
    mend: Mend = NOTHING

    def is_offered(self, user: User) -> bool:
        """Whether --fix may run the mend here: it is safe, and this user may become root where that is needed."""
        may_run = not self.mend.needs_root or user.is_root or user.has_sudo
        return self.state != "ok" and self.mend.is_safe and bool(self.mend.steps) and may_run

    def to_json(self, user: User) -> dict[str, Any]:
        """Plain values for json.dumps. mend: the command, or words where none does it; note: words beside a command."""
        command = self.mend.command(user)
        return {
            "name": self.name,
            "state": self.state,
            "found": self.found,
            "mend": command or self.mend.advice,
            "note": self.mend.advice if command else "",
            "can_fix": self.is_offered(user),
        }
