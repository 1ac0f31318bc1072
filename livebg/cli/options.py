"""The settings as options of the command line: declared from settings.py, read back into Settings.

Loads nothing heavy.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from livebg.cli.parser import Parser
from livebg.core.errors import SettingsError
from livebg.core.option import as_number, in_words, option_path
from livebg.core.settings import OF_PICTURES, OPTIONS, TYPES, Settings, change, option_name
from livebg.core.settings_file import load_file

BENCH_COVERS = (
    "Every configuration runs in a process of its own, flat out and then live at the frame rate, on frames that lie "
    "in memory. Covered: the loop from a captured frame to an output that keeps nothing. Not covered: the camera and "
    "its decoding, drawing the scene, encoding."
)


def add_settings(parser: Parser, names: Iterable[str], all_in_help: bool = False, has_file: bool = True) -> None:
    """One option for each of these settings, with default, range and unit in its help.

    all_in_help: the short help lists all of them, not only the common ones. has_file: a settings file counts, too.
    """
    if has_file:
        parser.add_argument("--settings", metavar="FILE", help="TOML settings file instead of the user's own")
    groups: dict[str, Any] = {}
    for name in names:
        spec, default = OPTIONS[name], Settings.__dataclass_fields__[name].default
        if spec.group not in groups:
            groups[spec.group] = parser.add_argument_group(spec.group)
        details = [
            default not in ("", ()) and f"default: {in_words(default)}",
            spec.span and not spec.choices and f"range: {spec.span}",
            spec.is_live and "live",
        ]
        said = "; ".join(each for each in details if each)
        text = f"{spec.help}{f' [{said}]' if said else ''}".replace("%", "%%")
        options: dict[str, Any] = {"dest": name, "default": None, "help": text}
        if TYPES[name] is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = spec.metavar or "|".join(spec.choices) or spec.unit.upper() or "NUMBER"
            options["action"] = "append" if get_args(TYPES[name]) else "store"
        groups[spec.group].add_argument(option_name(name), **options)
        if not (spec.is_common or all_in_help):
            parser.hide(option_name(name))


def settings_path(arguments: argparse.Namespace) -> Path:
    """The settings file in use: the one that the user names, else the user's own, which need not exist."""
    from livebg.pipeline.inventory import settings_file

    return option_path("--settings", arguments.settings) if arguments.settings else settings_file()


def settings_from(arguments: argparse.Namespace, preset: Mapping[str, Any] | None = None) -> Settings:
    """Defaults < settings file < preset < command line. Raises SettingsError."""
    path = settings_path(arguments)
    values = load_file(path) if arguments.settings or path.exists() else {}
    return change(Settings(), {**values, **(preset or {}), **given(arguments)})


def given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line names, by name. Raises SettingsError for what should be a number."""
    found = {name: text for name, text in vars(arguments).items() if name in OPTIONS and text is not None}
    return {name: _number(name, text) if TYPES[name] in (int, float) else text for name, text in found.items()}


def _number(name: str, text: str) -> float:
    return as_number(option_name(name), OPTIONS[name], text)


def add_skipping(group: argparse._ArgumentGroup) -> None:
    """--skip-existing of the commands that make files from files."""
    group.add_argument(
        "--skip-existing", action="store_true", help="what has its output already is done, and left as it is"
    )


def check_skipping(skips_existing: bool, settings: Settings) -> None:
    """Raises SettingsError if the user wants both to leave and to overwrite existing outputs."""
    if skips_existing and settings.force:
        raise SettingsError("--skip-existing leaves what is there, --force overwrites it; give one of the two")


def in_groups(*groups: str) -> list[str]:
    """The names of the settings in these groups, in order of declaration."""
    return [name for name, spec in OPTIONS.items() if spec.group in groups]


def add_bench_options(parser: Parser) -> None:
    parser.description = f"{parser.description}. {BENCH_COVERS}"
    options = parser.add_argument_group("bench")
    options.add_argument("--source", metavar="CLIP", help="a clip's first 3 s instead of the built-in scene's")
    options.add_argument("--seconds", metavar="S", help="how long each pass is measured, after 2 s of warm-up [10]")
    options.add_argument("--json", action="store_true", help="no table; the last line of stdout is one JSON object")
    add_settings(parser, ["size", "fps", *in_groups(*OF_PICTURES)])
