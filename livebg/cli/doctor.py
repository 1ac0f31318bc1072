"""`livebg doctor`: options, questions, and in which form the findings are shown."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
from collections.abc import Iterator

from livebg.cli.parser import Parser
from livebg.core.errors import SettingsError

WIDEST = 100  # columns


def add_options(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="the findings as one JSON list on stdout")
    parser.add_argument("--fix", action="store_true", help="run the safe mends, each after a question")
    parser.add_argument("--yes", action="store_true", help="with --fix: answer every question with yes")


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines for stdout. Raises FindingsError at the end unless all is well, SettingsError for options that clash."""
    if arguments.yes and not arguments.fix:
        raise SettingsError("--yes answers the questions of --fix; give both")
    if arguments.fix and arguments.json:
        raise SettingsError("--fix asks questions between its lines, --json is for programs; give one of the two")
    from livebg.pipeline.doctor import mending, report
    from livebg.pipeline.doctor.diagnosis import diagnose
    from livebg.pipeline.doctor.probe import probe

    if not arguments.verbose:
        logging.getLogger("livebg").setLevel(logging.WARNING)  # the findings say it in their own words
    if arguments.fix:
        yield from mending.mend(probe, _show if arguments.yes else _ask)
        yield ""
    state = probe()
    findings = diagnose(state)
    if arguments.json:
        yield from report.as_json(findings, state.user)
    else:
        yield from report.lines(findings, state.user, min(shutil.get_terminal_size().columns, WIDEST))
    report.check(findings, state.user)


def _show(command: str) -> bool:
    print(f"running {command}", flush=True)
    return True


def _ask(command: str) -> bool:
    """No answer is a no. Not by input(): that loses a Ctrl-C which comes while it flushes its prompt."""
    print(f"run {command} [y/N] ", end="", flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # the end of stdin
        print(flush=True)
    return answer.strip().lower() in ("y", "yes")
