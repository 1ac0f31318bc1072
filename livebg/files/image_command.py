"""`livebg image`: its options, and what they ask for. Loads nothing heavy until it runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from livebg.options import add_settings, in_groups


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs", nargs="+", metavar="IN", help="pictures, folders or patterns such as '*.jpg'; - reads from stdin"
    )
    add_settings(parser, [*in_groups("matte", "picture", "background"), "force"])


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines for the user. Raises LivebgError."""
    raise NotImplementedError
