"""Findings as lines for a terminal, as JSON, and as one sentence with an exit code."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from livebg.core.errors import FindingsError, counted
from livebg.pipeline.doctor.finding import Finding
from livebg.pipeline.doctor.state import User

INDENT = " " * 9  # the width of the longest state and two blanks
NARROWEST = 30


def lines(findings: Sequence[Finding], user: User, width: int) -> Iterator[str]:
    """At most `width` columns wide, but for commands: these stay whole, so that they can be copied."""
    for each in findings:
        first = f"{each.state:{len(INDENT)}}{each.name}: {each.found}"
        yield from _wrapped(first, width)
        if command := each.mend.command(user):
            yield f"{INDENT}do: {command}"
        if each.mend.advice:
            yield from _wrapped(f"{INDENT}{'(' if command else 'do: '}{each.mend.advice}{')' * bool(command)}", width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, NARROWEST),
        subsequent_indent=INDENT,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_json(findings: Sequence[Finding], user: User) -> list[str]:
    """One list, of one object for each finding; lines."""
    return json.dumps([each.to_json(user) for each in findings], indent=2).splitlines()


def check(findings: Sequence[Finding], user: User) -> None:
    """Raises FindingsError, with how many there are, unless all is well."""
    errors, warnings = (sum(each.state == state for each in findings) for state in ("error", "warning"))
    if errors or warnings:
        told = [counted(errors, "error")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
        raise FindingsError(f"{' and '.join(told)}{_offer(findings, user)}", is_error=errors > 0)


def _offer(findings: Sequence[Finding], user: User) -> str:
    count = sum(each.is_offered(user) for each in findings)
    return f"; livebg doctor --fix offers to mend {count} of them" if count else ""
