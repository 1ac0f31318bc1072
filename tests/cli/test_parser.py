"""argparse with two helps and suggestions; what the commands make of it is in test_init.py."""

from __future__ import annotations

import pytest

from livebg.cli.parser import Parser, process_number


@pytest.fixture
def parser() -> Parser:
    made = Parser(prog="try")
    made.add_argument("--often", help="what many need")
    group = made.add_argument_group("rare things")
    group.add_argument("--seldom", choices=("this", "that"), help="what few need")
    made.hide("--seldom")
    return made


def test_what_is_hidden_is_in_the_whole_help_alone(parser: Parser, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parser.parse_args(["--help"])
    short = capsys.readouterr().out
    assert "--often" in short
    assert "--seldom" not in short
    assert "rare things" not in short
    with pytest.raises(SystemExit, match="0"):
        parser.parse_args(["--help-all"])
    shown = capsys.readouterr().out
    assert "what few need" in shown
    assert "--seldom this|that" in shown  # as settings show their choices


def test_a_process_is_a_number(parser: Parser, capsys: pytest.CaptureFixture[str]) -> None:
    parser.add_argument("--pid", type=process_number)
    assert parser.parse_args(["--pid", "12"]).pid == 12
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["--pid", "x"])
    assert capsys.readouterr().err.startswith("try: --pid: 'x' is no process number;")


def test_what_is_hidden_works(parser: Parser) -> None:
    assert parser.parse_args(["--seldom", "this"]).seldom == "this"


@pytest.mark.parametrize("word", ["--sel\ndom", "-x", "--" + "a" * 100_000])
def test_whatever_was_typed_the_answer_is_one_short_line(
    word: str, parser: Parser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([word])
    error = capsys.readouterr().err
    assert error.startswith("try: there is no option ")
    assert error.count("\n") == 1
    assert len(error) < 300
