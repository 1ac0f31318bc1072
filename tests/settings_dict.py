"""livebg/core/settings_dict.py, made from livebg/core/settings.py: `python tests/settings_page.py` rewrites it."""

from __future__ import annotations

import textwrap
from itertools import groupby
from pathlib import Path
from typing import get_args

from livebg.core.settings import OPTIONS, TYPES

FILE = Path(__file__).resolve().parent.parent / "livebg" / "core" / "settings_dict.py"
HEAD = '''"""The settings as keyword arguments, for editors and type checkers; settings.py declares them.

`python tests/settings_page.py` writes this file anew.
"""

from __future__ import annotations

from os import PathLike
from typing import Literal, TypedDict


class StreamSettings(TypedDict, total=False):
    """Every setting but the source, which `livebg.stream` takes itself."""
'''
TAIL = '''

class SettingsDict(StreamSettings, total=False):
    """Every setting of livebg by name, as `livebg.matte(..., **settings)` and the others take them."""

'''
INDENT = "    "
WIDTH = 120
NAMES_A_FILE = ("FILE", "FOLDER", "PATH", "WHAT", "SOURCE", "auto|off|FILE")


def module() -> str:
    """The whole file."""
    parts = [HEAD]
    for group, names in groupby(OPTIONS, lambda name: OPTIONS[name].group):
        parts += [f"\n{INDENT}# {group}\n", *(_field(each) for each in names if each != "source")]
    return "".join([*parts, TAIL, _field("source")])


def _field(name: str) -> str:
    spec = OPTIONS[name]
    details = [spec.span if not spec.choices else "", "live" if spec.is_live else ""]
    shown = ", ".join(each for each in details if each)
    text = f"{spec.help} [{shown}]" if shown else spec.help
    lines = textwrap.wrap(f'"""{text[0].upper()}{text[1:]}."""', WIDTH - len(INDENT), break_on_hyphens=False)
    return f"{INDENT}{name}: {_type(name)}\n" + "".join(f"{INDENT}{line}\n" for line in lines)


def _type(name: str) -> str:
    kind, spec = TYPES[name], OPTIONS[name]
    if get_args(kind):
        return "list[str | PathLike[str]] | list[str] | tuple[str | PathLike[str], ...]"
    if spec.choices:
        chosen = "Literal[" + ", ".join(f'"{each}"' for each in spec.choices) + "]"
        return f"{chosen} | str" if spec.plugins else chosen
    if kind is str and spec.metavar in NAMES_A_FILE:
        return "str | PathLike[str]"
    return str(kind.__name__)
