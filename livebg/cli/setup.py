"""`livebg setup`, `livebg service` and `livebg completion`: their options, and who answers the questions."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator

from livebg.cli.dialogue import SafeAnswers, Terminal
from livebg.cli.parser import Parser
from livebg.core.errors import SettingsError
from livebg.core.settings import Settings, change
from livebg.core.settings_file import load_file

SHELLS = ("bash", "zsh", "fish")


def add_options(parser: Parser) -> None:
    parser.add_argument("--yes", action="store_true", help="ask nothing; root's commands only if no password is needed")
    parser.add_argument("--undo", action="store_true", help="take back what setup did")


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines for stdout. Raises LivebgError where something could not be done."""
    if not (arguments.yes or sys.stdin.isatty()):
        raise SettingsError("setup asks questions, and stdin is no terminal; run it in one, or give --yes")
    if not arguments.undo:
        yield "looking at this system, which takes a few seconds"
    from livebg.core.opencv import load_opencv
    from livebg.pipeline.doctor.probe import look_again, probe
    from livebg.pipeline.inventory import settings_file
    from livebg.pipeline.service.manage import here
    from livebg.pipeline.setup.progress import Progress
    from livebg.pipeline.setup.record import load
    from livebg.pipeline.setup.steps import can_be_root, set_up
    from livebg.pipeline.setup.undo import undo

    load_opencv()
    if not arguments.verbose:
        logging.getLogger("livebg").setLevel(logging.WARNING)  # the steps say it in their own words
    path = settings_file()
    settings = change(Settings(), load_file(path)) if path.exists() and not arguments.undo else Settings()
    dialogue = SafeAnswers() if arguments.yes else Terminal()
    state = probe()
    may_be_root = can_be_root(state.user, dialogue.is_asking)
    progress = Progress(dialogue, lambda: look_again(state), may_be_root, path, settings, load())
    yield from undo(progress, here()) if arguments.undo else set_up(progress, state)


def add_service_options(parser: Parser) -> None:
    actions = ("install", "status", "logs", "uninstall")
    parser.add_argument("action", nargs="?", choices=actions, default="status", help="default: status")


def run_service(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines for stdout. Raises LivebgError."""
    from livebg.pipeline.service import manage

    actions = {
        "install": manage.install,
        "status": manage.status,
        "logs": manage.logs,
        "uninstall": manage.uninstall,
    }
    return actions[arguments.action](manage.here())


def add_completion_options(parser: Parser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="whose script to print")


def run_completion(arguments: argparse.Namespace, program: Parser) -> list[str]:
    """The script, line by line."""
    import shtab

    return shtab.complete(program, shell=arguments.shell).splitlines()
