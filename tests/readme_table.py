"""The README's settings table, made from livebg/settings.py: `python tests/readme_table.py` rewrites it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from livebg.core.settings import OPTIONS, TYPES, Settings, option_name

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- settings table: begin -->\n", "<!-- settings table: end -->"


def table() -> str:
    """Markdown, one row for each setting in order of declaration."""
    defaults = Settings()
    rows = ["| option | default | range | live | what |", "|---|---|---|---|---|"]
    for name, knob in OPTIONS.items():
        default = getattr(defaults, name)
        shown = ("yes" if default else "no") if isinstance(default, bool) else default
        shown = " ".join(shown) if get_args(TYPES[name]) else f"{shown:g}" if isinstance(shown, float) else str(shown)
        span = knob.span.replace("|", " \\| ")
        live = "yes" if knob.is_live else ""
        cells = (f"`{option_name(name)}`", f"`{shown}`" if shown else "", span, live, knob.help)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def with_table(text: str) -> str:
    """The README's text with the table put between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{README} has lost its marks"
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    README.write_text(with_table(README.read_text()))
