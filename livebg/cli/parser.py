"""argparse with a short and a whole help, and one line with a suggestion for anything mistyped. Declares no option."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from livebg.core.option import did_you_mean, listed, seen


class Parser(argparse.ArgumentParser):
    """`--help` shows the usual options; `--help-all` also those that `hide` has taken out.

    Options cannot be abbreviated: a clear abbreviation would change or lose its meaning with the next new option, and
    scripts that use it would break; the parser suggests the whole option instead.
    """

    def __init__(self, **rest: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **rest)
        self._hidden: list[tuple[argparse.Action, str | None]] = []

    def hide(self, *options: str) -> None:
        """Leaves these to --help-all."""
        if not self._hidden:
            self.add_argument("--help-all", action=_HelpAll, help="show every option and exit")
        for each in options:
            action = self._option_string_actions[each]
            self._hidden.append((action, action.help))
            action.help = argparse.SUPPRESS

    def show_all(self) -> None:
        """Undoes `hide`."""
        for action, text in self._hidden:
            action.help = text

    def error(self, message: str) -> NoReturn:
        """One line on stderr, exit code 2."""
        self.exit(2, f"{self.prog}: {message.removeprefix('argument ')}\n")

    def parse_known_args(  # type: ignore[override]  # its overloads only tell kinds of namespaces apart
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """As in argparse, but an unknown option is an error here, where the options are known: commands have their
        own parsers."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._about_unknown(unknown[0]))
        return found, unknown

    def _about_unknown(self, word: str) -> str:
        option, _, _ = word.partition("=")
        if not option.startswith("-"):
            return f"{seen(word)} is one word too many; {self.prog} --help shows what it takes"
        nearest = did_you_mean(option, [each for each in self._option_string_actions if each.startswith("--")])
        where = f"; {self.prog} {'--help-all' if self._hidden else '--help'} lists those there are"
        return f"there is no option {listed([option])}{nearest or where}"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """argparse's own message, with a suggestion for a command, or for an option with choices."""
        if action.choices is None or value in action.choices:
            return
        option = "".join(f"{each}: " for each in action.option_strings[-1:])
        text = f"{option}{seen(value)} is none of {', '.join(action.choices)}"
        raise argparse.ArgumentError(None, text + did_you_mean(value, action.choices))


def process_number(text: str) -> int:
    """Of --pid. Raises argparse.ArgumentTypeError, whose text is the message."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{seen(text)} is no process number; livebg says its own where several run")
    return int(text)


class _Formatter(argparse.HelpFormatter):
    """Choices as settings show theirs: a|b, not {a,b}."""

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Callable[[int], tuple[str, ...]]:
        if action.metavar is not None or action.choices is None:
            return super()._metavar_formatter(action, default_metavar)
        text = "|".join(map(str, action.choices))
        return lambda count: (text,) * count


class _HelpAll(argparse.Action):
    """Prints the whole help and ends."""

    def __init__(self, option_strings: Sequence[str], dest: str, **rest: Any) -> None:
        del dest
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, **rest)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        assert isinstance(parser, Parser)
        parser.show_all()
        parser.print_help()
        parser.exit()
