"""What is known about one setting besides its name, type and default, and the check of a value against it.

Knows nothing about which settings there are (settings.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, get_args

from livebg.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Knob:
    """Help, range, unit and choices of one setting."""

    help: str
    group: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    metavar: str = ""
    is_live: bool = False
    is_size: bool = False  # WIDTHxHEIGHT
    zero: str = ""  # what 0 means where it stands outside the range; '' when it is not allowed there

    @property
    def span(self) -> str:
        """The allowed values as text: 'a|b', '64..2048 px' or ''."""
        if self.choices:
            return "|".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{self.low:g}..{self.high:g} {self.unit}".strip() + (f", 0: {self.zero}" if self.zero else "")
        return self.unit


def checked(option: str, knob: Knob, kind: Any, value: Any) -> Any:
    """The value in its declared type and range; raises SettingsError with what was seen and what is allowed.

    option: how the user names the setting; kind: its type, one of bool, str, int, float, tuple[str, ...].
    """
    if kind is bool or kind is str:
        if not isinstance(value, kind):
            raise SettingsError(f"{option}: {value!r} is not {'true or false' if kind is bool else 'text'}")
    elif kind in (int, float):
        value = _number(option, knob, kind, value)
    elif get_args(kind):
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise SettingsError(f"{option}: {value!r} is not a list of texts")
        value = tuple(value)
    if isinstance(value, str) and "\0" in value:
        raise SettingsError(f"{option}: {value!r} holds a zero byte")
    if knob.choices and value not in knob.choices:
        raise SettingsError(f"{option}: {value!r} is none of {', '.join(knob.choices)}")
    if knob.is_size:
        _check_size(option, value)
    return value


def _number(option: str, knob: Knob, kind: type, value: Any) -> int | float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if (
        not is_number
        or (isinstance(value, float) and not math.isfinite(value))
        or (kind is int and value != int(value))
    ):
        raise SettingsError(f"{option}: {value!r} is not a {'whole ' if kind is int else ''}number ({knob.span})")
    assert knob.low is not None
    assert knob.high is not None
    if not (knob.low <= value <= knob.high or (knob.zero and value == 0)):
        raise SettingsError(f"{option}: {value} is outside {knob.span}")
    return int(value) if kind is int else float(value)


def _check_size(option: str, value: str) -> None:
    width, cross, height = value.partition("x")
    if not (
        cross and width.isdecimal() and height.isdecimal() and 16 <= int(width) <= 7680 and 16 <= int(height) <= 4320
    ):
        raise SettingsError(f"{option}: {value!r} is not WIDTHxHEIGHT between 16x16 and 7680x4320, e.g. 1280x720")
