"""The data on one setting besides its name, type and default, and the check of a value against it.

settings.py has the settings themselves.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from livebg.core.errors import SettingsError
from livebg.core.plugins import Kind, plugins

SHOWN = 100  # characters of a value in a message


@dataclass(frozen=True, slots=True)
class Option:
    """Help, range, unit and choices of one setting."""

    help: str
    group: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    metavar: str = ""
    is_live: bool = False
    is_common: bool = False  # many people need it: the short help lists it; --help-all lists the others too
    is_by_eye: bool = False  # people move it while they look at the picture: the panel shows it first
    is_size: bool = False  # WIDTHxHEIGHT
    plugins: Kind | None = None  # their names are choices, too
    zero: str = ""  # the meaning of 0 if it is outside the range; '' if 0 is not allowed there

    @property
    def span(self) -> str:
        """The allowed values as text: 'a|b', '64..2048 px' or ''."""
        if self.choices:
            return "|".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{self.low:g}..{self.high:g} {self.unit}".strip() + (f", 0: {self.zero}" if self.zero else "")
        return self.unit


def checked(option: str, spec: Option, kind: Any, value: Any) -> Any:
    """The value in its declared type and range; raises SettingsError with the value and the allowed ones.

    option: the user's name for the setting; kind: its type, one of bool, str, int, float, tuple[str, ...].
    """
    if kind is bool or kind is str:
        if not isinstance(value, kind):
            as_text = f'text; write "{value}"' if type(value) is int and 0 <= value < 1000 else "text"  # camera = 0
            raise SettingsError(f"{option}: {seen(value)} is not {'true or false' if kind is bool else as_text}")
    elif kind in (int, float):
        value = _number(option, spec, kind, value)
    elif get_args(kind):
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise SettingsError(f"{option}: {seen(value)} is not a list of texts")
        value = tuple(value)
    for text in [value] if isinstance(value, str) else value if isinstance(value, tuple) else ():
        check_text(option, text)
    if spec.choices and value not in spec.choices:
        choices = [*spec.choices, *(each.name for each in plugins(spec.plugins))] if spec.plugins else spec.choices
        if value not in choices:
            near = did_you_mean(value, choices) if isinstance(value, str) else ""
            raise SettingsError(f"{option}: {seen(value)} is none of {', '.join(choices)}{near}")
    if spec.is_size:
        _check_size(option, value)
    return value


def _number(option: str, spec: Option, kind: type, value: Any) -> int | float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (
        not is_number
        or (isinstance(value, float) and not math.isfinite(value))
        or (kind is int and value != int(value))
    ):
        raise SettingsError(f"{option}: {seen(value)} is not a {'whole ' if kind is int else ''}number ({spec.span})")
    assert spec.low is not None
    assert spec.high is not None
    if not (spec.low <= value <= spec.high or (spec.zero and value == 0)):
        raise SettingsError(f"{option}: {seen(value)} is outside {spec.span}")
    return int(value) if kind is int else float(value)


def check_text(option: str, text: str) -> None:
    """Raises SettingsError for names that no file or device can have, so that no other package needs this check."""
    if "\0" in text:
        raise SettingsError(f"{option}: {seen(text)} holds a zero byte")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as cause:
        raise SettingsError(f"{option}: {seen(text)} holds half a character; type it anew") from cause
    if text.startswith("~") and os.path.expanduser(text).startswith("~"):
        raise SettingsError(f"{option}: {seen(text)} begins with no user's home folder; write the path out")


def _check_size(option: str, value: str) -> None:
    sides = re.fullmatch(r"(\d{2,4})x(\d{2,4})", value, re.ASCII)
    if not sides or not 16 <= int(sides[1]) <= 7680 or not 16 <= int(sides[2]) <= 4320:
        raise SettingsError(f"{option}: {seen(value)} is not WIDTHxHEIGHT between 16x16 and 7680x4320, e.g. 1280x720")


def seen(value: object) -> str:
    """The value for a message: on one line, not longer than SHOWN, without what an address keeps secret."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of more than 4300 digits; a list in a list in a list ...
        return f"a monstrous {type(value).__name__}"
    text = re.sub(r"://[^'\"\s]+", "://...", text)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def in_words(value: Any) -> str:
    """A setting's value for people: yes or no, a number without needless digits, texts side by side."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else " ".join(value) if isinstance(value, tuple) else str(value)


def listed(names: list[str]) -> str:
    """A few unknown names, for a message."""
    plain = [name if name.isidentifier() and len(name) <= SHOWN else seen(name) for name in names[:3]]
    return ", ".join(plain) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """'; did you mean A or B?', the nearest of the known words, leading dashes aside; '' if none is near."""
    import difflib

    names, typed = {each.lstrip("-"): each for each in known}, word[:SHOWN].lower().lstrip("-")
    nearest = [each for each in names if len(typed) > 2 and each.startswith(typed)]
    nearest = nearest or difflib.get_close_matches(typed, names, n=2)
    return f"; did you mean {' or '.join(names[each] for each in nearest[:2])}?" if nearest else ""


def as_number(option: str, spec: Option, text: str) -> int | float:
    """A whole number stays one, for messages. Raises SettingsError with the value and the allowed ones."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    raise SettingsError(f"{option}: {text!r} is not a number ({spec.span})")


def from_text(option: str, spec: Option, kind: Any, text: str) -> Any:
    """A text as this setting's value, unchecked. Raises SettingsError where it is none of this kind."""
    if kind is bool:
        word = text.lower()
        if word not in ("yes", "no", "true", "false", "on", "off"):
            raise SettingsError(f"{option}: {seen(text)} is neither yes nor no")
        return word in ("yes", "true", "on")
    if kind in (int, float):
        return as_number(option, spec, text)
    return (text,) if get_args(kind) else text


def option_number(option: str, text: str, low: float, high: float, unit: str) -> float:
    """The value of an option that is no setting. Raises SettingsError with the value and the allowed ones."""
    spec = Option("", "", unit=unit, low=low, high=high)
    return float(checked(option, spec, float, as_number(option, spec, text)))


def option_path(option: str, text: str) -> Path:
    """The path from an option that is no setting, ~ expanded. Raises SettingsError for a path that no file can have."""
    check_text(option, text)
    path = Path(os.path.expanduser(text))
    try:
        path.exists()
    except OSError as cause:  # a name too long, links in a circle
        raise SettingsError(f"{option}: {seen(text)} cannot be a file: {cause.strerror}; give another path") from cause
    return path
