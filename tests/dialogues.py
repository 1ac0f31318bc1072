"""Somebody who answers setup's questions from a list, on a recorded system, with a home of the test's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from livebg.core.settings import Settings, change
from livebg.core.settings_file import load_file
from livebg.pipeline.doctor.finding import Mend
from livebg.pipeline.doctor.state import SystemState, User
from livebg.pipeline.setup.progress import Progress
from livebg.pipeline.setup.record import load


class Answers:
    """said: True or False for questions, a choice's number or words in it for lists; asked: what was asked."""

    is_asking = True

    def __init__(self, *said: Any) -> None:
        self.asked = list[str]()
        self._said: Iterator[Any] = iter(said)

    def agrees(self, question: str) -> bool:
        self.asked.append(question)
        answer = next(self._said)
        assert isinstance(answer, bool), question
        return answer

    def chooses(self, question: str, choices: Sequence[str], default: int) -> int:
        self.asked.append(question)
        answer = next(self._said)
        if isinstance(answer, str):
            return next(at for at, each in enumerate(choices) if answer in each)
        return default if answer is None else int(answer)

    def are_all_used(self) -> bool:
        return next(self._said, self) is self


class Ready(Answers):
    """--yes: what asks fails the test, but for commands."""

    is_asking = False

    def agrees(self, question: str) -> bool:
        self.asked.append(question)
        return True

    def chooses(self, question: str, choices: Sequence[str], default: int) -> int:
        raise AssertionError(f"{question}: {choices} [{default}]")


class Runner:
    """Runs no command; each takes the system one stage further. failure: what each says."""

    def __init__(self, *stages: SystemState, failure: str = "") -> None:
        self.ran, self._stages, self._failure = list[Mend](), stages, failure

    def look(self) -> SystemState:
        return self._stages[min(len(self.ran), len(self._stages) - 1)]

    def run(self, wanted: Mend, _: User) -> str:
        if not self._failure:
            self.ran.append(wanted)
        return self._failure


def progress(home: Path, dialogue: Answers, runner: Runner, may_be_root: bool = True) -> Progress:
    """With home/settings.toml and the record in home, whatever of them is there."""
    path = home / "settings.toml"
    settings = change(Settings(), load_file(path) if path.exists() else {})
    return Progress(dialogue, runner.look, may_be_root, path, settings, load(home), run=runner.run, records=home)
