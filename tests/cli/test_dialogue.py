from __future__ import annotations

import io
import sys

import pytest

from livebg.cli.dialogue import SafeAnswers, Terminal


def says(text: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return Terminal()


@pytest.mark.parametrize(
    ("text", "agrees"), [("y\n", True), ("YES\n", True), ("\n", False), ("", False), ("n\n", False)]
)
def test_only_a_yes_is_a_yes(text: str, agrees: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert says(text, monkeypatch).agrees("run it") == agrees


@pytest.mark.parametrize(
    ("text", "chosen"), [("2\n", 1), ("\n", 2), ("", 2), ("blur\n", 0), ("9\n0\nnone\n1\n", 0), ("9\n", 2)]
)
def test_a_choice_by_number_or_name_asks_again(
    text: str, chosen: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says(text, monkeypatch).chooses("which", ["blur", "beach", "shelf"], 2) == chosen
    shown = capsys.readouterr().out
    assert shown.splitlines()[:3] == ["    1 blur", "    2 beach", "    3 shelf"]
    assert "which? 1 to 3 [3] " in shown
    assert ("9 is none of them; a number or a name, or Enter for shelf\n" in shown) == text.startswith("9")


def test_safe_answers_show_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    safe = SafeAnswers()
    assert safe.agrees("run modprobe it")
    assert safe.chooses("which", ["a", "b"], 1) == 1
    assert capsys.readouterr().out == "run modprobe it\n"
    assert not safe.is_asking
