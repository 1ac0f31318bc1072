"""`livebg panel`, and the options of the panel that `livebg run` has, too."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator

from livebg.cli.options import settings_from
from livebg.cli.parser import Parser, process_number
from livebg.core.errors import SettingsError
from livebg.core.option import Option, as_number, checked
from livebg.core.settings import OPTIONS, Settings

HERE = "127.0.0.1"


def add_options(parser: Parser) -> None:
    """Those that both commands have."""
    panel = parser.add_argument_group("panel")
    panel.add_argument("--port", metavar="PORT", help="of the page; left out: 8642, or any that is free")
    what = "the address to serve it at; another one opens it to your network, still only with the token"
    panel.add_argument("--host", metavar="ADDRESS", default=HERE, help=f"{what}; left out: %(default)s")
    panel.add_argument("--no-browser", action="store_true", help="print the page's address, and open no browser")


def add_own_options(parser: Parser) -> None:
    parser.add_argument("--pid", type=process_number, metavar="PID", help="the livebg to show, where several run")
    add_options(parser)


def add_run_options(parser: Parser) -> None:
    parser.add_argument("--panel", action="store_true", help="open the panel, a page to watch and steer it")
    add_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines to print; ends with the panel. Raises LivebgError."""
    from livebg.panel import server
    from livebg.pipeline.presets import load_preset

    settings = _steerable(arguments)
    if arguments.background:  # else the page could only say so, and start the same again
        from livebg.scene.backgrounds import find_background

        find_background(settings)
    options = [f"--settings={arguments.settings}"] if arguments.settings else []
    options += run_options(arguments)
    if arguments.preset is not None:
        options.append(f"--preset={load_preset(arguments.preset).name}")
    hint = "" if settings.to else server.why_no_virtual_camera()
    if hint:
        options.append("--to=none")
    return server.run(
        server.Wish(
            host=arguments.host,
            port=_port(arguments),
            has_browser=not arguments.no_browser,
            options=tuple(options),
            pid=arguments.pid,
            own_backgrounds=settings.background_folder,
            hint=hint,
        )
    )


def beside(arguments: argparse.Namespace) -> contextlib.AbstractContextManager[None]:
    """The panel of `livebg run --panel`, for as long as the context lasts. Raises SettingsError."""
    if not arguments.panel:
        given = [f"--{name}" for name in ("port", "no_browser") if getattr(arguments, name)]
        if given or arguments.host != HERE:
            option = (given or ["--host"])[0].replace("_", "-")
            raise SettingsError(f"{option} is about the panel; give --panel, too")
        return contextlib.nullcontext()
    _steerable(arguments)
    from livebg.panel.beside import panel_beside

    options = [f"--port={_port(arguments)}"] if arguments.port else []
    options += [f"--host={arguments.host}", *["--no-browser"] * bool(arguments.no_browser)]
    if arguments.settings:
        options.append(f"--settings={arguments.settings}")
    return panel_beside(options)


def _steerable(arguments: argparse.Namespace) -> Settings:
    """The settings. Raises SettingsError for those with which no panel can reach livebg."""
    settings = settings_from(arguments)
    if not settings.control:
        raise SettingsError("--no-control keeps the panel out, too; leave it out, also of the settings file")
    return settings


def run_options(arguments: argparse.Namespace) -> list[str]:
    """The settings on this command line, as options for `livebg run`."""
    from livebg.panel.live import as_options

    given = {name: value for name, value in vars(arguments).items() if name in OPTIONS and value is not None}
    return as_options(given)


def _port(arguments: argparse.Namespace) -> int:
    """0: the user asks for none. Raises SettingsError."""
    if arguments.port is None:
        return 0
    spec = Option("", "", low=1, high=65535)
    return int(checked("--port", spec, int, as_number("--port", spec, arguments.port)))
