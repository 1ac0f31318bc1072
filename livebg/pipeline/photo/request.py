"""A request to `livebg image`, and its results: which contents it writes, under which names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from livebg.core.settings import Settings
from livebg.media.image.formats import Content, natural_content

CONTENTS: tuple[Content, ...] = get_args(Content)
STREAM = "-"  # as an input: stdin to stdout


@dataclass(frozen=True, slots=True)
class Request:
    """The user's options. watched: a folder, or None; ending: of --format, or ''; what: of --what; kept: input files,
    with the words for them."""

    settings: Settings
    inputs: tuple[str, ...]
    is_recursive: bool
    watched: Path | None
    output: str
    ending: str
    what: str
    has_background: bool
    quality: int
    is_premultiplied: bool
    skips_existing: bool = False
    kept: tuple[tuple[str, Path], ...] = ()


def contents_of(request: Request, ending: str) -> tuple[Content, ...]:
    """The contents for an output with this ending; '': not known yet."""
    if request.what == "pair":
        return ("foreground", "matte")
    for each in CONTENTS:
        if each == request.what:
            return (each,)
    return ("composite",) if request.has_background else (natural_content(ending),)


def mark(content: Content) -> str:
    """The part of the name by which such an output differs from the usual one."""
    return f"-{content}" if content in ("matte", "foreground") else ""
