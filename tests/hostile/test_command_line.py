"""Any words on the command line: an exit code and at most one line on stderr, whatever they are; never a traceback."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebg import bench, cli
from livebg.cli import build_parser, main
from livebg.core.settings import OPTIONS, Settings, option_name
from livebg.core.stats import Stats
from livebg.core.types import SourceInfo
from livebg.pipeline import demo, inventory, plate_capture
from livebg.pipeline.live import run as app
from livebg.pipeline.plate_file import check_target

COMMANDS = ("run", "demo", "plate", "backgrounds", "models", "bench")
OPTIONS = [option_name(name) for name in OPTIONS]
OPTIONS += ["--settings", "--wait", "-o", "--calibrate", "--picture", "--cases", "--json", "--compare", "--verbose"]
PARSER = lru_cache(build_parser)
AT_REST = settings(max_examples=100, deadline=None, derandomize=True)

words = (
    st.text(max_size=20)
    | st.text(st.characters(categories=["Cc", "Cs", "Zs"]), max_size=5)
    | st.integers().filter(lambda number: abs(number) < 10**300).map(str)
    | st.floats().map(repr)
    | st.sampled_from(
        ["~nobody/x", "~", "/", ".", "..", "\0", "a\nb", "nan", "1e999", "--", "-", "%s", "{}", "x" * 5000]
    )
    | st.sampled_from(
        ["blur:", "blur:nan", "#", "#12345", "rgb(1,2", "hsl(0,0%,", "http://[", "://", "x://\0", "file://"]
    )
)


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What would take a device, a network or long is not done; the words are read all the same, and paths looked at."""
    monkeypatch.setattr(cli, "build_parser", PARSER)  # half of the time of a command that does nothing
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("LIVEBG_SHARED", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(values: Settings, *_: object, **__: object) -> app.Report:
        completed = app.completed(values, False)
        return app.Report(SourceInfo(completed.source, 1, 1, 0.0, False), "none", Stats().snapshot())

    monkeypatch.setattr(app, "run", run)
    monkeypatch.setattr(demo, "run", lambda values, clip: [str(run(values)), clip])
    monkeypatch.setattr(plate_capture, "make_plate", lambda _, path, *words: [str(check_target(path, words[1]))])
    monkeypatch.setattr(inventory, "fetch_model", lambda name, _: [name])
    monkeypatch.setattr(inventory, "quantise_model", lambda name, _, clip: [name, clip])
    monkeypatch.setattr(bench, "run", lambda *_: iter(["measured"]))


def ended(argv: Sequence[str]) -> None:
    """Runs it; whatever it says is one line of what can be shown, or argparse's usage."""
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        try:
            code = main(argv)
        except SystemExit as end:
            code = int(end.code or 0)
            assert code in (0, 2)
            return
    assert code in (0, 1, 2, 3, 4, 5, 6)
    said.getvalue().encode()
    lines = told.getvalue().splitlines()
    assert len(lines) == (1 if code else 0), lines
    assert all(line.startswith("livebg: ") and line.isprintable() for line in lines)


@pytest.mark.slow
@AT_REST
@given(st.sampled_from(COMMANDS), st.lists(st.tuples(st.sampled_from(OPTIONS), words), max_size=3))
def test_any_value_of_any_option(command: str, pairs: list[tuple[str, str]]) -> None:
    known = {each for action in _actions(command) for each in action.option_strings}
    ended([command, *(word for option, value in pairs if option in known for word in (option, value))])


@pytest.mark.slow
@AT_REST
@given(st.lists(words | st.sampled_from([*COMMANDS, "devices", *OPTIONS]), max_size=5))
def test_any_words_in_any_order(argv: list[str]) -> None:
    if argv[:1] != ["devices"]:
        ended(argv)


WORST = ("", "~nobody/x", "\0", "a\nb\x1b[2J", "\ud800", "\udcff", "9" * 5000, "nan", "x" * 300)
WORST_PATHS = ("x" * 300 + ".png", "a" * 300 + "/b.png", "\0.png", "\ud800.png")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_worst_words_for_every_option(command: str) -> None:
    known = {each for action in _actions(command) for each in action.option_strings}
    settings_once = set(OPTIONS[: len(OPTIONS)]) if command != "run" else set()  # the same code for each command
    for option in sorted(known & set(OPTIONS) - settings_once):
        for word in WORST + (WORST_PATHS if option not in OPTIONS[: len(OPTIONS)] else ()):
            ended([command, f"{option}={word}" if option.startswith("--") else f"{option}{word}"])


def test_a_background_folder_with_names_that_no_screen_can_show(tmp_path: Path) -> None:
    for name in (b"\xff.jpg", b"a\nb.png", b"\x1b[31m.mp4"):
        (tmp_path / name.decode("utf-8", "surrogateescape")).write_bytes(b"no picture")
    ended(["backgrounds", "--background-folder", str(tmp_path)])


def _actions(command: str) -> list:
    commands = next(each for each in build_parser()._actions if each.choices and "run" in each.choices)
    return commands.choices[command]._actions
