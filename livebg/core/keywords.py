"""The words of the Python API: a failure's sentence names keyword arguments, where the command line names options.

Every message is written once, with options; this turns them on their way out of the API. Any thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

import numpy as np

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.option import seen
from livebg.core.settings import OPTIONS, TYPES, option_name

_OPTION = re.compile(r"(?<![\w-])--(no-)?([a-z][a-z-]*[a-z])(?![\w-])(: |[ =](?=[\w/.:*\"'-]))?")
_VALUE = re.compile(r"b?['\"\d\[({]|-\d|True\b|False\b|None\b|a monstrous ")
_WORD = re.compile(r"[\w./*-]*\w|'[^']*'")
_CONTENT = frozenset({"FILE", "PATH", "FOLDER", "WHAT", "REPO", "NAME", "SOURCE", "CAMERA"})  # stand for a text


@contextmanager
def in_keywords() -> Iterator[None]:
    """A LivebgError that leaves this context says `background=`, not `--background`; also a decorator."""
    try:
        yield
    except LivebgError as failure:
        failure.args = (with_keywords(str(failure)), *failure.args[1:])
        raise


def with_keywords(text: str) -> str:
    """The sentence in the words of the API: '--engine rmbg' → 'engine="rmbg"', '--force' → 'force=True'.

    Leaves what is no setting.
    """
    parts, position = list[str](), 0
    for found in _OPTION.finditer(text):
        if found.start() < position:
            continue
        name = found[2].replace("-", "_")
        if name in OPTIONS:
            said, end = _said(text, found, name)
            parts += [text[position : found.start()], said]
            position = end
    return "".join([*parts, text[position:]])


def _said(text: str, found: re.Match[str], name: str) -> tuple[str, int]:
    """The keyword in place of this option, and where the text goes on."""
    after, end = found[3] or "", found.end()
    if after == ": ":
        is_value = not found[1] and _VALUE.match(text, end)
        return (f"{name}=", end) if is_value else (f"{name}: ", end)
    if found[1] or TYPES[name] is bool:
        return f"{name}={not found[1]}", found.end(2)
    word = _WORD.match(text, end) if after else None
    if word is None or not _is_value(name, word[0]):
        return f"{name}=", found.end(2)
    value = word[0].strip("'")
    shown = value if TYPES[name] in (int, float) else value if value in _CONTENT else f'"{value}"'
    return f"{name}={f'[{shown}]' if get_args(TYPES[name]) else shown}", word.end()


def _is_value(name: str, word: str) -> bool:
    """Whether the word after an option is its value, not the sentence's next word."""
    spec = OPTIONS[name]
    is_named = word in spec.choices or word in _CONTENT or word[0] == "'"
    return is_named or any(each in word for each in "./0123456789") or word in ("auto", "off", "window", "blur")


def check_stop(stop: object) -> None:
    """Raises SettingsError for what is no event."""
    if stop is not None and not hasattr(stop, "is_set"):
        raise SettingsError(f"stop: {seen(stop)} is no threading.Event; give one, or leave it out")


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments as values of settings: paths become texts, NumPy's numbers Python's. Raises SettingsError."""
    plain = {}
    for name, value in values.items():
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
            if not isinstance(value, str):
                raise SettingsError(f"{option_name(name)}: a path of bytes; give one of text")
        elif isinstance(value, np.generic):
            value = value.item()
        elif isinstance(value, list | tuple):
            value = [os.fspath(each) if isinstance(each, os.PathLike) else each for each in value]
        plain[name] = value
    return plain
