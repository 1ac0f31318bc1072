"""argv → Settings → app; exit codes; the only print. Knows nothing about frames, devices or models."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from livebg import __version__
from livebg.errors import LivebgError, SettingsError
from livebg.settings import KNOBS, TYPES, Settings, change, load_file, option_name

EXIT_CODES = (
    "exit codes: 0 ended well (Ctrl-C too), 2 settings, 3 source, 4 model, 5 background, 6 output, 130 interrupted"
)


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit code. A failure that a user can meet is one line on stderr."""
    arguments = build_parser().parse_args(argv)
    logging.basicConfig(format="livebg: %(message)s", level=logging.WARNING, stream=sys.stderr, force=True)
    logging.getLogger("livebg").setLevel(logging.DEBUG if arguments.verbose else logging.INFO)
    try:
        for line in arguments.command(arguments):
            print(line, flush=True)
    except LivebgError as failure:
        print(f"livebg: {failure}", file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def script() -> None:
    """The `livebg` command."""
    sys.exit(main(sys.argv[1:]))


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="livebg", description="A real-time virtual background.", epilog=EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"livebg {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, help: str, command: Any) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help, epilog=EXIT_CODES, allow_abbrev=False)
        added.add_argument("--verbose", action="store_true", help="say more on stderr")
        added.set_defaults(command=command)
        return added

    add_settings(add("run", "the live loop: camera → matte → background → outputs", _run), KNOBS)
    demo = add("demo", "run the live loop for 10 s on a built-in scene or a clip, and keep what it made", _demo)
    demo.add_argument("clip", nargs="?", default="", metavar="CLIP", help="a video file instead of the built-in scene")
    add_settings(demo, [name for name in KNOBS if name not in ("source", "to", "matte_to", "force", "camera")])
    add("devices", "list cameras and virtual cameras", _devices)
    backgrounds = add("backgrounds", "list backgrounds that can be named", _backgrounds)
    add_settings(backgrounds, ["background_folder"])
    models = add("models", "list matting engines, or fetch one for a machine that will be offline", _models)
    models.add_argument("action", nargs="?", choices=("list", "fetch"), default="list", help="default: list")
    models.add_argument("name", nargs="?", default="", metavar="NAME", help="the engine to fetch: selfie or rmbg")
    add_settings(models, ["model"])
    return parser


def add_settings(parser: argparse.ArgumentParser, names: Any) -> None:
    """One option for each of these settings, with default, range and unit in its help."""
    parser.add_argument("--settings", metavar="FILE", help="TOML settings file instead of the user's own")
    groups: dict[str, Any] = {}
    for name in names:
        knob, default = KNOBS[name], Settings.__dataclass_fields__[name].default
        if knob.group not in groups:
            groups[knob.group] = parser.add_argument_group(knob.group)
        details = [
            f"default: {_shown(default)}",
            knob.span and not knob.choices and f"range: {knob.span}",
            knob.is_live and "live",
        ]
        text = f"{knob.help} [{'; '.join(each for each in details if each)}]".replace("%", "%%")
        options: dict[str, Any] = {"dest": name, "default": None, "help": text}
        if TYPES[name] is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = knob.metavar or "|".join(knob.choices) or knob.unit.upper() or "NUMBER"
            options["action"] = "append" if get_args(TYPES[name]) else "store"
        groups[knob.group].add_argument(option_name(name), **options)


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, float):
        return f"{default:g}"
    return (" ".join(default) if isinstance(default, tuple) else str(default)) or "none"


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Defaults < settings file < command line. Raises SettingsError."""
    from livebg.inventory import settings_file

    path = Path(arguments.settings).expanduser() if arguments.settings else settings_file()
    values = load_file(path) if arguments.settings or path.exists() else {}
    for name, text in vars(arguments).items():
        if name in KNOBS and text is not None:
            values[name] = _number(name, text) if TYPES[name] in (int, float) else text
    return change(Settings(), values)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"{option_name(name)}: {text!r} is not a number ({KNOBS[name].span})") from None


def _run(arguments: argparse.Namespace) -> list[str]:
    from livebg import app

    return [app.run(settings_from(arguments)).snapshot.line()]


def _demo(arguments: argparse.Namespace) -> list[str]:
    from livebg import demo

    return demo.run(settings_from(arguments), arguments.clip)


def _devices(_: argparse.Namespace) -> list[str]:
    from livebg import inventory

    return inventory.devices()


def _backgrounds(arguments: argparse.Namespace) -> list[str]:
    from livebg import inventory

    return inventory.backgrounds(settings_from(arguments))


def _models(arguments: argparse.Namespace) -> list[str]:
    from livebg import inventory

    if (arguments.action == "fetch") != bool(arguments.name):
        raise SettingsError("say which model to fetch: livebg models fetch selfie, or livebg models fetch rmbg")
    if arguments.action == "fetch":
        return inventory.fetch_model(arguments.name, settings_from(arguments))
    return inventory.models(settings_from(arguments))
