"""argv → Settings → app; exit codes; the only print."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from livebg.cli import doctor, help, image, panel, preset, setup, tray, video
from livebg.cli.options import add_bench_options, add_settings, in_groups, settings_from, settings_path
from livebg.cli.parser import Parser, process_number
from livebg.core.errors import LivebgError, SettingsError, one_line
from livebg.core.option import option_number, option_path
from livebg.core.settings import OPTIONS
from livebg.core.shortage import MESSAGE, is_limited
from livebg.core.version import VERSION
from livebg.pipeline.live.requests import ACTIONS

EXIT_CODES = (
    "exit codes: 0 ended well (Ctrl-C too), 1 another failure, 2 settings, 3 source, 4 model, 5 background, 6 output, "
    "7 some files failed, 8 doctor found warnings, 9 doctor found errors, 130 cut off"
)


def main(argv: Sequence[str]) -> int:
    """Runs one command; returns the exit code. A failure that a user can meet is one line on stderr."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.error("say what to do, e.g. livebg run; livebg --help lists the commands")
    logging.basicConfig(format="livebg: %(message)s", level=logging.WARNING, stream=sys.stderr, force=True)
    logging.getLogger("livebg").setLevel(logging.DEBUG if arguments.verbose else logging.INFO)
    try:
        if is_limited():
            raise LivebgError(MESSAGE)
        for line in arguments.command(arguments):
            print(one_line(line), flush=True)
    except LivebgError as failure:
        print(f"livebg: {failure}", file=sys.stderr)
        return failure.exit_code
    except FileNotFoundError:
        if not _is_nowhere():
            raise
        print("livebg: the current folder is no longer there; change to another one: cd FOLDER", file=sys.stderr)
        return LivebgError.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _is_nowhere() -> bool:
    """Whether the current folder was deleted: relative names mean nothing there."""
    try:
        os.getcwd()
    except OSError:
        return True
    return False


def build_parser() -> Parser:
    parser = Parser(
        prog="livebg",
        usage="livebg COMMAND [OPTION ...]",
        description="A real-time virtual background.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"livebg {VERSION}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="livebg")

    def add(name: str, help: str, command: Any, words: str = "") -> Parser:
        usage = f"livebg {name} [OPTION ...] {words}"
        added = commands.add_parser(name, help=help, description=help, usage=usage, epilog=EXIT_CODES)
        added.add_argument("--verbose", action="store_true", help="say more on stderr")
        added.set_defaults(command=command)
        return added

    what = "set everything up: virtual camera, engine, camera, background; then test it"
    setup.add_options(add("setup", what, setup.run))
    live = add("run", "the live loop: camera → matte → background → outputs", _run)
    preset.add_choice(live)
    panel.add_run_options(live)
    add_settings(live, OPTIONS)
    what = "a page in your browser that shows and steers a running livebg; it starts one where none runs"
    page = add("panel", what, panel.run)
    panel.add_own_options(page)
    preset.add_choice(page)
    add_settings(page, OPTIONS)
    what = "run the live loop for 10 s (or --seconds) on a built-in scene or a clip, and keep what it made"
    demo = add("demo", what, _demo, "[CLIP]")
    demo.add_argument("clip", nargs="?", default="", metavar="CLIP", help="a video file instead of the built-in scene")
    demo.add_argument("--seconds", metavar="S", help="how long it runs [10]")
    add_settings(demo, [name for name in OPTIONS if name not in ("source", "to", "matte_to", "camera", "seconds")])
    plate = add("plate", "take a picture of the empty room, which makes mattes better", _plate)
    plate.add_argument("-o", "--output", metavar="FILE", default="livebg-plate.png", help="PNG; default: %(default)s")
    plate.add_argument("--wait", metavar="S", default="5", help="time to leave the picture; default: %(default)s")
    add_settings(plate, [*in_groups("source"), "force"])
    what = "video files, folders of them: the background replaced or removed, sound kept"
    video.add_options(add("video", what, video.run, "IN ..."))
    what = "pictures, folders of them: the background replaced or removed"
    image.add_options(add("image", what, image.run, "IN ..."))
    what = "steer a running livebg: hide me, show me, another background, status ..."
    ctl = add("ctl", what, _ctl, "[ACTION [VALUE ...]]")
    ways = ", ".join(each.words for each in ACTIONS if each.name != "status")
    ctl.add_argument("action", nargs="?", default="status", metavar="ACTION", help=f"status (default), {ways}")
    ctl.add_argument("values", nargs="*", metavar="VALUE", help="what stands in capitals behind the action")
    ctl.add_argument("--pid", type=process_number, metavar="PID", help="the process to ask, where several run")
    shown = ctl.add_mutually_exclusive_group()
    shown.add_argument("--short", action="store_true", help="the status in two or three words")
    shown.add_argument("--json", action="store_true", help="the status as one JSON object")
    what = "named sets of settings: put one on, save, list, by key or by the time of day"
    preset.add_options(
        add("preset", what, preset.run, "[NAME | save NAME | show NAME | rename NAME NAME | delete NAME]")
    )
    tray.add_options(add("tray", "an icon on the desktop that shows and steers the running livebg", tray.run))
    what = "livebg in the background from login on; the camera is off while nobody watches"
    setup.add_service_options(add("service", what, setup.run_service, "[install | status | logs | uninstall]"))
    add("devices", "list cameras, microphones and virtual cameras", _devices)
    doctor.add_options(add("doctor", "check this system, and say what mends what is wrong", doctor.run))
    backgrounds = add("backgrounds", "list backgrounds that can be named", _backgrounds)
    add_settings(backgrounds, ["background_folder"], all_in_help=True)
    what = "list matting engines, fetch one for a machine that will be offline, or quantise"
    models = add("models", what, _models, "[list | fetch NAME | quantise rmbg]")
    actions = ("list", "fetch", "quantise")
    models.add_argument("action", nargs="?", choices=actions, default="list", help="default: list")
    models.add_argument("name", nargs="?", default="", metavar="NAME", help="fetch: selfie or rmbg; quantise: rmbg")
    models.add_argument("--calibrate", metavar="CLIP", help="quantise: fitted to this video of you, and judged on it")
    add_settings(models, ["model", "weights", "matte_size"], all_in_help=True)
    add_bench_options(add("bench", "measure this machine: rate, latency, cost, and what to run on it", _bench))
    completion = add(
        "completion", "print a script that completes livebg's commands in your shell", _completion, "SHELL"
    )
    setup.add_completion_options(completion)
    completion.set_defaults(program=parser)
    what = "pages on the virtual camera, the matte, files, settings, privacy, troubleshooting ..."
    pages = add("help", what, _help, "[TOPIC]")
    pages.add_argument("topic", nargs="?", default="", metavar="TOPIC", help="default: the list of topics")
    pages.set_defaults(commands=commands.choices)
    return parser


def _run(arguments: argparse.Namespace) -> list[str]:
    from livebg.core.settings_file import SettingsFile
    from livebg.pipeline.live import run
    from livebg.pipeline.live.preset_switch import PresetSwitch

    usual = settings_from(arguments)
    chosen = preset.choice(arguments, usual)
    settings = settings_from(arguments, chosen.values)
    file = SettingsFile(settings_path(arguments), lambda: settings_from(arguments, chosen.values), settings)
    presets = partial(
        PresetSwitch, usual=lambda: settings_from(arguments), name=chosen.name, is_chosen=arguments.preset is not None
    )
    with panel.beside(arguments):
        return [run.run(settings, file=file, is_steered=settings.control, presets=presets).snapshot.line()]


def _demo(arguments: argparse.Namespace) -> list[str]:
    from livebg.pipeline import demo

    return demo.run(settings_from(arguments), arguments.clip)


def _plate(arguments: argparse.Namespace) -> Iterator[str]:
    from livebg.pipeline import plate_capture

    wait_s = option_number("--wait", arguments.wait, 0, 600, "s")
    path = option_path("--output", arguments.output)
    return plate_capture.make_plate(settings_from(arguments), path, wait_s, bool(arguments.force))


def _ctl(arguments: argparse.Namespace) -> Iterator[str]:
    from livebg.cli import ctl

    return ctl.run(arguments)


def _devices(_: argparse.Namespace) -> list[str]:
    from livebg.pipeline import inventory

    return inventory.devices()


def _backgrounds(arguments: argparse.Namespace) -> list[str]:
    from livebg.pipeline import inventory

    return inventory.backgrounds(settings_from(arguments))


def _models(arguments: argparse.Namespace) -> list[str]:
    from livebg.pipeline import inventory

    settings = settings_from(arguments)
    if (arguments.action != "list") != bool(arguments.name):
        raise SettingsError("say which model: livebg models fetch selfie, fetch rmbg, or quantise rmbg")
    if arguments.action == "list":
        return inventory.models(settings)
    if arguments.action == "fetch":
        return inventory.fetch_model(arguments.name, settings)
    return inventory.quantise_model(arguments.name, settings, arguments.calibrate or "")


def _completion(arguments: argparse.Namespace) -> list[str]:
    return setup.run_completion(arguments, arguments.program)


def _help(arguments: argparse.Namespace) -> Iterable[str]:
    """A page, or else what `livebg COMMAND --help` prints."""
    if arguments.topic in arguments.commands and arguments.topic not in help.TOPICS:
        return str(arguments.commands[arguments.topic].format_help()).splitlines()
    return help.show(arguments.topic)


def _bench(arguments: argparse.Namespace) -> Iterator[str]:
    from livebg import bench

    settings = bench.own_settings(settings_from(arguments), arguments.source, arguments.seconds)
    return bench.run(settings, arguments.json)
