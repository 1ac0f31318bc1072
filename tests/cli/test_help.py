"""`livebg help`: the topics, a page for a terminal, the pager, and what is no topic."""

from __future__ import annotations

import pydoc
import sys

import pytest

from livebg.cli import main
from livebg.cli.help import TOPICS, laid_out, page, show, topics
from livebg.core.errors import SettingsError

TABLE = """\
| option | what |
|---|---|
| `--to WHERE` | where composites go: a file, \\| or the window |
| `--mic` | |
"""


@pytest.mark.parametrize("topic", TOPICS)
def test_every_page_begins_with_one_line_and_fits_the_terminal(topic: str) -> None:
    lines = page(topic, 80)
    assert lines[0].isupper()
    assert lines[1] == ""
    assert len(next(each for each in topics() if each.startswith(f"{topic} "))) <= 120
    long = [each for each in lines if len(each) > 80 and not each.startswith("    ") and "https:" not in each]
    assert not long
    assert not [each for each in lines if "](" in each or "**" in each or "<!--" in each]


def test_topics_come_with_a_line_each() -> None:
    lines = topics()
    assert [each.split()[0] for each in lines[: len(TOPICS)]] == list(TOPICS)
    assert all(len(each.split()) > 3 for each in lines[: len(TOPICS)])


def test_a_paragraph_and_a_list_are_wrapped_and_code_is_left_alone() -> None:
    text = "# A title\n\none two\nthree\n\n- four five six\n  seven\n- eight\n\n```bash\nlivebg run  # so\n\n  b\n```\n"
    assert laid_out(text, 13) == [
        *("A TITLE", "", "one two three", "", "- four five", "  six seven", "- eight", ""),
        *("    livebg run  # so", "", "      b"),
    ]


def test_a_table_is_laid_out_in_columns() -> None:
    assert laid_out(TABLE, 34) == [
        "option      what",
        "----------  ----------------------",
        "--to WHERE  where composites go: a",
        "            file, | or the window",
        "--mic",
    ]


def test_links_name_the_command_or_the_address() -> None:
    text = "See [matte](matte.md), [the steps](matte.md#x), [Ray](https://www.ray.io), [a test](../../tests/x.py)."
    assert laid_out(text, 200) == [
        "See `livebg help matte`, the steps (`livebg help matte`), Ray (https://www.ray.io), a test."
    ]


def test_a_long_page_on_a_terminal_goes_to_the_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    paged: list[str] = []
    monkeypatch.setattr(pydoc, "pager", paged.append)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("COLUMNS", "80")
    assert list(show("matte")) == []
    assert paged == ["\n".join(page("matte", 80))]


def test_elsewhere_it_is_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "glossary"]) == 0
    assert capsys.readouterr().out.startswith("GLOSSARY\n\n")
    assert main(["help"]) == 0
    assert "virtual-camera" in capsys.readouterr().out


def test_the_name_of_a_command_shows_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "run"]) == 0
    assert "--background" in capsys.readouterr().out


def test_what_is_no_topic_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "mate"]) == 2
    assert "did you mean matte" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="no topic"):
        page("../settings", 80)
