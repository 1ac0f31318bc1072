"""What the studio knows of a file: values alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from livebg.core.errors import counted
from livebg.panel.answer import Refused
from livebg.panel.decoding import Look

State = Literal["waiting", "working", "done", "failed", "cancelled", "interrupted", "background"]
OVER = ("done", "failed", "cancelled", "interrupted", "background")  # nothing is to be done any more: its time runs
LONGEST_NAME = 200
MOST_FILES = 50
GB = 2**30
HOURS = (1, 6, 24, 72, 168)
SIZES_GB = (1, 4, 16, 64)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a file. background: see choices.py; video, photo: the format for each kind of file."""

    background: str = "studio-warm"
    video: str = "mp4"
    photo: str = "png"


@dataclass(frozen=True, slots=True)
class Rules:
    """after_h: finished files are removed so many hours later; keeps: they stay when the panel ends."""

    after_h: int = 24
    keeps: bool = False
    largest_gb: int = 4

    def __post_init__(self) -> None:
        """Raises Refused."""
        for name, value, allowed in (
            ("after_h", self.after_h, HOURS),
            ("keeps", self.keeps, (False, True)),
            ("largest_gb", self.largest_gb, SIZES_GB),
        ):
            if type(value) is not type(allowed[0]) or value not in allowed:
                raise Refused(400, f"{name} can be {', '.join(map(str, allowed))}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Item:
    """One uploaded file and what became of it. id: of ours, random; name: as its user calls it, text only.

    since_s: the time of day at which its state began. result: the name of our file, '' if there is none.
    """

    id: str
    name: str
    bytes: int
    look: Look
    wish: Wish
    state: State
    created_s: float
    since_s: float
    error: str = ""
    notes: tuple[str, ...] = ()
    result: str = ""
    result_bytes: int = 0
    has_alpha: bool = False
    took_s: float = 0.0


@dataclass(slots=True)
class Progress:
    """Of a file in work. frames: 0 while nothing is known; left_s: None if unknown. note: what it does just now."""

    done: int = 0
    frames: int = 0
    fps: float = 0.0
    left_s: float | None = None
    note: str = ""
    began_s: float = field(default=0.0)


def shown_name(text: str) -> str:
    """A file's name as text to show: its last part, without characters that nobody sees; never a path."""
    last = re.split(r"[/\\]", _INVISIBLE.sub(" ", text))[-1].strip(" .")
    if len(last) > LONGEST_NAME:
        stem, dot, ending = last.rpartition(".")
        last = stem[: LONGEST_NAME - 11] + "…" + dot + ending[:9] if dot else last[: LONGEST_NAME - 1] + "…"
    return last or "file"


def amount(count: float) -> str:
    """'3.4 GB', '120 MB', '17 bytes'."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            number = count / size
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return counted(int(count), "byte")
