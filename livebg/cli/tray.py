"""`livebg tray`: an icon on the desktop."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import sys
from collections.abc import Iterator

from livebg.cli.parser import Parser, process_number
from livebg.core.errors import LivebgError


def add_options(parser: Parser) -> None:
    parser.add_argument("--pid", type=process_number, metavar="PID", help="the process to steer, where several run")


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Shows the icon until the user closes it. Raises LivebgError where the desktop has no tray."""
    library = "dbus_fast" if sys.platform.startswith("linux") else "pystray"
    if importlib.util.find_spec(library) is None:
        raise LivebgError(f"the tray icon needs {library}; to install it: python -m pip install 'livebg[tray]'")
    from livebg.panel.tray.steer import Steering

    if library == "dbus_fast":
        from livebg.panel.tray import status_notifier as face
    else:
        from livebg.panel.tray import other_systems as face  # type: ignore[no-redef]
    steering = Steering(arguments.pid)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            face.run(steering.look, steering.act)
    finally:
        steering.close()
    yield from ()
