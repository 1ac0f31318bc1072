from __future__ import annotations

import pytest

from livebg.panel.answer import Refused
from livebg.panel.studio.item import LONGEST_NAME, Rules, amount, shown_name


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("film.mp4", "film.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\film.mp4", "film.mp4"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        ("a\0b\nc\x1b[31m.mp4", "a b c [31m.mp4"),
        ("gpj\u202egnp.exe", "gpj gnp.exe"),
        ("half\ud800.mp4", "half .mp4"),  # Windows takes such names
        ("<script>alert(1)<", "<script>alert(1)<"),
        ("Vídeo de mamá 🎬.mov", "Vídeo de mamá 🎬.mov"),
    ],
)
def test_a_name_is_text_to_show_and_never_a_path(given: str, shown: str) -> None:
    assert shown_name(given) == shown


@pytest.mark.parametrize("name", ["x" * 5000 + ".mp4", "x" * 5000, "." + "x" * 5000])
def test_a_long_name_is_cut_and_keeps_its_ending(name: str) -> None:
    shown = shown_name(name)
    assert len(shown) <= LONGEST_NAME
    assert shown.endswith(".mp4") == name.endswith(".mp4")


@pytest.mark.parametrize(
    "values", [{"after_h": 0}, {"after_h": 24.0}, {"keeps": 1}, {"largest_gb": 10**9}, {"after_h": "24"}]
)
def test_rules_have_few_values(values: dict[str, int]) -> None:
    with pytest.raises(Refused, match=next(iter(values))):
        Rules(**values)


def test_amounts_are_short() -> None:
    assert [amount(each) for each in (1, 17, 1500, 34e6, 3.44e9)] == ["1 byte", "17 bytes", "1.5 kB", "34 MB", "3.4 GB"]
