"""Questions on the terminal. Not by input(): that loses a Ctrl-C which comes while it flushes its prompt."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from livebg.core.errors import one_line


def _answer(prompt: str) -> str:
    """'' at the end of stdin, too."""
    print(one_line(prompt), end="", flush=True)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        print(flush=True)
    return line.strip()


class Terminal:
    """A pipeline.setup.dialogue.Dialogue."""

    is_asking = True

    def agrees(self, question: str) -> bool:
        """No answer is a no."""
        return _answer(f"{question} [y/N] ").lower() in ("y", "yes")

    def chooses(self, question: str, choices: Sequence[str], default: int) -> int:
        """By number or by name; no answer is the default."""
        for number, each in enumerate(choices, 1):
            print(one_line(f"  {number:3} {each}"), flush=True)
        while said := _answer(f"{question}? 1 to {len(choices)} [{default + 1}] "):
            if said.isdecimal() and 1 <= int(said) <= len(choices):
                return int(said) - 1
            if said in choices:
                return list(choices).index(said)
            print(one_line(f"{said} is none of them; a number or a name, or Enter for {choices[default]}"), flush=True)
        return default


class SafeAnswers:
    """A pipeline.setup.dialogue.Dialogue for --yes: shows each command and runs it, and takes the default of lists."""

    is_asking = False

    def agrees(self, question: str) -> bool:
        print(one_line(question), flush=True)
        return True

    def chooses(self, question: str, choices: Sequence[str], default: int) -> int:  # noqa: ARG002 - the same for each
        return default
