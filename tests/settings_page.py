"""The settings page's tables, made from livebg/core/settings.py: `python tests/settings_page.py` rewrites them, and
settings_dict.FILE."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import settings_dict

from livebg.core.option import in_words
from livebg.core.settings import OPTIONS, Settings, option_name

PAGE = Path(__file__).resolve().parent.parent / "livebg" / "docs" / "settings.md"
BEGIN, END = "<!-- generated from settings.py: begin -->\n", "<!-- generated from settings.py: end -->"


def tables() -> str:
    """Markdown, a table for each group, one row for each setting in order of declaration; • marks the common ones."""
    parts = []
    for group, names in groupby(OPTIONS, lambda name: OPTIONS[name].group):
        rows = [f"### {group.capitalize()}", "", "| option | default | what |", "|---|---|---|", *map(_row, names), ""]
        parts.append("\n".join(rows) + "\n")
    return "".join(parts)


def _row(name: str) -> str:
    option, shown = OPTIONS[name], in_words(getattr(Settings(), name))
    details = [each for each in (option.span.replace("|", " \\| "), "live" if option.is_live else "") if each]
    what = f"{option.help} [{'; '.join(details)}]" if details else option.help
    mark = " •" if option.is_common else ""
    return f"| `{option_name(name)}`{mark} | {f'`{shown}`' if shown else ''} | {what} |"


def with_tables(text: str) -> str:
    """The page's text with the tables put between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{PAGE} has lost its marks"
    return before + BEGIN + "\n" + tables() + END + after


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
    settings_dict.FILE.write_text(settings_dict.module())
