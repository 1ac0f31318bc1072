"""`livebg help`: the pages of livebg/docs, laid out for a terminal. Loads nothing heavy."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import zip_longest
from typing import Any

from livebg.core.errors import SettingsError
from livebg.core.option import did_you_mean, seen

TOPICS = (
    "install",
    "setup",
    "virtual-camera",
    "applications",
    "control",
    "panel",
    "presets",
    "sources",
    "backgrounds",
    "engines",
    "matte",
    "recording",
    "streaming",
    "video",
    "image",
    "studio",
    "settings",
    "python",
    "performance",
    "privacy",
    "troubleshooting",
    "architecture",
    "glossary",
)
WIDEST = 100  # columns; longer lines are hard to read
GAP = "  "  # between a table's columns
WRAPPING: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}


def show(topic: str) -> Iterator[str]:
    """Lines for the user: the topics, or one page. A page longer than the terminal goes to the user's pager.

    Raises SettingsError if there is no such topic.
    """
    size = shutil.get_terminal_size()
    lines = page(topic, min(size.columns, WIDEST)) if topic else topics()
    if sys.stdout.isatty() and len(lines) >= size.lines:
        import pydoc

        pydoc.pager("\n".join(lines))
    else:
        yield from lines


def topics() -> list[str]:
    """Each topic with the first line of its page."""
    width = max(len(each) for each in TOPICS)
    return [f"{each:{width}}  {_text(each).splitlines()[2]}" for each in TOPICS] + [
        "",
        "one of them: livebg help TOPIC",
    ]


def page(topic: str, width: int) -> list[str]:
    """The page for a terminal of so many columns. Raises SettingsError."""
    if topic not in TOPICS:
        nearest = did_you_mean(topic, TOPICS) or f"; there are {', '.join(TOPICS)}"
        raise SettingsError(f"there is no topic {seen(topic)}{nearest}")
    return laid_out(_text(topic), width)


def _text(topic: str) -> str:
    return (files("livebg") / "docs" / f"{topic}.md").read_text(encoding="utf-8")


def laid_out(markdown: str, width: int) -> list[str]:
    """Plain lines: paragraphs wrapped, tables in columns, code as it is. Of Markdown, what the pages use."""
    lines: list[str] = []
    for block in _blocks(markdown):
        laid = list(_block(block, width))
        lines += [*laid, ""] if laid else []
    return lines[:-1]


def _blocks(markdown: str) -> Iterator[list[str]]:
    """Lines that belong together: a paragraph, a heading, a table, a list, or a piece of code with its fences."""
    block: list[str] = []
    is_code = False
    for line in markdown.splitlines():
        is_fence = line.startswith("```")
        if not is_code and block and (is_fence or not line):
            yield block
            block = []
        if line or is_code:
            block.append(line)
        is_code ^= is_fence
        if is_fence and not is_code:
            yield block
            block = []
    if block:
        yield block


def _block(lines: Sequence[str], width: int) -> Iterator[str]:
    first = lines[0]
    if first.startswith("```"):
        yield from (f"    {each}".rstrip() for each in lines[1:-1])
    elif first.startswith("#"):
        title = _plain(first.lstrip("# "))
        yield title.upper() if first.startswith("# ") else title
        if first.startswith("## "):
            yield "-" * len(title)
    elif first.startswith("|"):
        yield from _table([_cells(each) for each in lines if not each.startswith("|-")], width)
    elif not first.startswith(("![", "<!--")):
        for item in re.split(r"\n(?=- |\d+\. )", "\n".join(lines)):
            mark = re.match(r"- |\d+\. |", item)
            indent = " " * len(mark[0]) if mark else ""
            yield from textwrap.wrap(_plain(item), width, subsequent_indent=indent, **WRAPPING)


def _plain(text: str) -> str:
    """Without marks; a link becomes the command that shows its page, or its address."""

    def link(found: re.Match[str]) -> str:
        text, target = found[1], found[2].partition("#")[0]
        topic = target.removesuffix(".md")
        if topic in TOPICS:
            command = f"`livebg help {topic}`"
            return command if text.lower().replace(" ", "-") == topic else f"{text} ({command})"
        return f"{text} ({target})" if target.startswith("https:") else text

    return re.sub(r"\[([^]]+)\]\(([^)]+)\)", link, " ".join(text.split())).replace("**", "")


def _cells(row: str) -> list[str]:
    return [_plain(each).replace("`", "").replace("\\|", "|") for each in re.split(r"(?<!\\)\|", row)[1:-1]]


def _table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Columns as wide as necessary; if that is too much, wraps the widest, but never within a word."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, each)) for each in columns]
    least = [max(len(word) for cell in each for word in cell.split()) for each in columns]
    while sum(widths) + len(GAP) * (len(widths) - 1) > width and widths != least:
        widest = max(range(len(widths)), key=lambda column: (widths[column] > least[column], widths[column]))
        widths[widest] -= 1
    for number, row in enumerate(rows):
        cells = [textwrap.wrap(cell, each, **WRAPPING) for cell, each in zip(row, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            yield GAP.join(part.ljust(each) for part, each in zip(parts, widths, strict=True)).rstrip()
        if number == 0:
            yield GAP.join("-" * each for each in widths)
