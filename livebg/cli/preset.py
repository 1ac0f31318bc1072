"""`livebg preset`: lists, puts on, saves, shows, renames and deletes presets."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from livebg.cli.options import add_settings, given
from livebg.cli.parser import Parser, process_number
from livebg.core.errors import LivebgError, SettingsError
from livebg.core.settings import Settings
from livebg.pipeline import presets
from livebg.pipeline.presets import OFF, PRESET_OPTIONS, Preset
from livebg.pipeline.schedule import scheduled

FOLDER = "$HOME/Library/Application Support" if sys.platform == "darwin" else "${XDG_CONFIG_HOME:-$HOME/.config}"
NAMES: Any = {  # how a shell completes a preset's name, without starting Python
    "bash": "_livebg_presets",
    "zsh": "_livebg_presets",
    "fish": "(_livebg_presets)",
    "preamble": {
        "bash": f"""
_livebg_presets() {{
  local each
  for each in "{FOLDER}/livebg/presets/$1"*.toml; do
    if [ -e "$each" ]; then each="${{each##*/}}"; printf '%s\\n' "${{each%.toml}}"; fi
  done
}}
""",
        "zsh": f"""
_livebg_presets() {{
  local -a found
  found=("{FOLDER}"/livebg/presets/*.toml(N:t:r))
  compadd -a found
}}
""",
        "fish": f"""
function _livebg_presets
  for each in (sh -c 'printf "%s" "{FOLDER}"')/livebg/presets/*.toml
    basename $each .toml
  end
end
""",
    },
}


def add_options(parser: Parser) -> None:
    ways = (
        f"NAME puts that preset on, {OFF} your usual settings; or save NAME, show NAME, rename NAME NAME, delete NAME; "
        "nothing: the list"
    )
    words = parser.add_argument("words", nargs="*", metavar="WHAT", help=ways)
    words.complete = NAMES  # type: ignore[attr-defined]  # shtab reads it
    parser.add_argument("--pid", type=process_number, metavar="PID", help="the process to ask, where several run")
    parser.add_argument(
        "--force", dest="replaces", action="store_true", help="save: replace the settings of an existing one"
    )
    parser.description = (
        f"{parser.description}. save takes the settings from these options, else from a running livebg."
    )
    add_settings(parser, PRESET_OPTIONS, has_file=False)


def add_choice(parser: Parser) -> None:
    """--preset of `livebg run`."""
    what = "begin with this preset ('livebg preset' lists them); what else the command line says comes over it"
    option = parser.add_argument("--preset", metavar="NAME", help=what)
    option.complete = NAMES  # type: ignore[attr-defined]


def choice(arguments: argparse.Namespace, usual: Settings) -> Preset:
    """The preset with which a run begins: the user's, else the one that its times put on now, else an empty one.

    Raises SettingsError.
    """
    if arguments.preset is not None:
        return presets.load_preset(arguments.preset)
    known = presets.list_presets() if usual.schedule else []
    name = scheduled([(each.name, each.spans) for each in known], datetime.now())
    return next((each for each in known if each.name == name), Preset(""))


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """The lines to print. Raises LivebgError."""
    words: list[str] = arguments.words
    values = given(arguments)
    action, rest = (words[0], words[1:]) if words and words[0] in presets.ACTIONS else ("", words)
    if values and action != "save":
        raise SettingsError("settings go into a preset by 'save': livebg preset save NAME --background blur")
    commands: Mapping[str, tuple[int, Callable[..., Iterator[str]]]] = {
        "save": (1, lambda name: _save(name, values, arguments)),
        "show": (1, _show),
        "delete": (1, _delete),
        "rename": (2, _rename),
        "": (1 if words else 0, lambda *names: _put_on(names[0], arguments.pid) if names else _list(arguments.pid)),
    }
    count, command = commands[action]
    if len(rest) != count:
        usage = f"livebg preset {action}{' ' * bool(action)}{' '.join(['NAME'] * count)}"
        raise SettingsError(f"say it so: {usage}; put a name of several words in quotes")
    yield from command(*rest)


def _list(pid: int | None) -> Iterator[str]:
    from livebg.pipeline.inventory import table

    known = presets.list_presets()
    if not known:
        yield "no preset is saved yet; to save one: livebg preset save NAME --background bookshelf"
        return
    on = ""
    with contextlib.suppress(LivebgError):  # none runs, or several
        on = _preset_of(pid)
    rows = [
        (str(key) if key <= 9 else "", each.name, _summary(each), "on" if each.name == on else "")
        for key, each in enumerate(known, 1)
    ]
    yield from table(("KEY", "NAME", "WHAT", "NOW"), rows)


def _preset_of(pid: int | None) -> str:
    from livebg.pipeline.live.client import Client

    with Client(pid) as livebg:
        return str(livebg.status()["preset"])


def _summary(preset: Preset) -> str:
    lines = [preset.fault] if preset.fault else preset.lines()
    return f"broken: {lines[0]}" if preset.fault else "; ".join(lines)


def _put_on(name: str, pid: int | None) -> Iterator[str]:
    from livebg.pipeline.live.client import Client

    name = name if name == OFF else presets.load_preset(name).name  # says a wrong one also where no livebg runs
    try:
        livebg = Client(pid)
    except LivebgError as failure:
        how = "start one: livebg run" if name == OFF else f"start one with it: livebg run --preset {_quoted(name)}"
        raise LivebgError(str(failure).replace("start one: livebg run", how)) from failure
    with livebg:
        status = livebg.do("preset", name)
    waits = f"; at the next start: {', '.join(status['preset_waits'])}" if status["preset_waits"] else ""
    yield f"{name if name != OFF else 'the usual settings'}: on{waits}"


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _save(name: str, values: Mapping[str, Any], arguments: argparse.Namespace) -> Iterator[str]:
    """From the options, else from the running livebg. Raises LivebgError."""
    presets.checked_name(name)
    if not arguments.replaces and presets.is_known(name):
        raise SettingsError(f"there is a preset {name!r} already; --force replaces its settings")
    if values:
        from livebg.pipeline.preset_saving import with_whole_paths

        saved = presets.save_preset(name, with_whole_paths(values, Path.cwd()), force=arguments.replaces)
    else:
        saved = _save_running(name, arguments)
    yield f"saved {saved.name}: {_summary(saved)}"
    yield f"  {presets.presets_folder() / saved.name}{presets.SUFFIX}"


def _save_running(name: str, arguments: argparse.Namespace) -> Preset:
    from livebg.pipeline.live.client import Client
    from livebg.pipeline.preset_saving import save_running

    try:
        livebg = Client(arguments.pid)
    except LivebgError as failure:
        options = f"livebg preset save {_quoted(name)} --background bookshelf"
        raise LivebgError(f"{failure}; or give the settings: {options}") from failure
    with livebg:
        return save_running(livebg, name, arguments.replaces)


def _show(name: str) -> Iterator[str]:
    preset = presets.load_preset(name)
    path = presets.presets_folder() / f"{preset.name}{presets.SUFFIX}"
    yield from (preset.name, *(f"  {each}" for each in preset.lines()), f"  {path}")


def _delete(name: str) -> Iterator[str]:
    yield f"deleted {presets.delete_preset(name)}"


def _rename(old: str, new: str) -> Iterator[str]:
    yield "{} is now {}".format(*presets.rename_preset(old, new))
