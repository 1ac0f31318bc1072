"""What is asked of `livebg image`, and what follows from it: which contents are written, under which names."""

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
    """What the options ask for. watched: a folder, or None; ending: of --format, or ''; what: of --what; kept: files
    that are read, with the words for them."""

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
    """What is written where the output has this ending; '': not known yet."""
    if request.what == "pair":
        return ("foreground", "matte")
    for each in CONTENTS:
        if each == request.what:
            return (each,)
    return ("composite",) if request.has_background else (natural_content(ending),)


def mark(content: Content) -> str:
    """What tells such an output from the usual one, in its name."""
    return f"-{content}" if content in ("matte", "foreground") else ""
