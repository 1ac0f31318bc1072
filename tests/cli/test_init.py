"""argv in, exit code and one line out; every option is there and says its default."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livebg import __version__, bench
from livebg.cli import main
from livebg.core.errors import SinkError
from livebg.core.settings import OPTIONS, Settings, option_name
from livebg.core.stats import Stats
from livebg.core.types import SourceInfo
from livebg.pipeline.live import run as app


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Settings]:
    """The settings that reach the app, which does nothing; no settings file of the user's."""
    seen: list[Settings] = []

    def run(settings: Settings, **_: object) -> app.Report:
        seen.append(settings)
        return app.Report(SourceInfo("test", 1, 1, 0.0, False), "test", Stats().snapshot())

    monkeypatch.setattr(app, "run", run)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return seen


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"livebg {__version__}\n"


def _help(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit, match="0"):
        main(argv)
    return capsys.readouterr().out


def test_the_whole_help_has_every_option_with_default_and_range(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(_help(capsys, "run", "--help-all").split())
    for name, spec in OPTIONS.items():
        assert f" {option_name(name)}" in text
        assert spec.span in text
    has_default = [each for each in OPTIONS if getattr(Settings(), each) not in ("", ())]
    assert text.count("default: ") == len(has_default)
    assert "default: none" not in text, "'none' is a value of --to and --background"
    assert "exit codes" in text


def test_the_short_help_has_what_people_use(capsys: pytest.CaptureFixture[str]) -> None:
    text = _help(capsys, "run", "--help")
    shown = [name for name in OPTIONS if f"\n  {option_name(name)} " in text.replace(",", " ")]
    assert shown == [name for name, spec in OPTIONS.items() if spec.is_common]
    assert 10 <= len(shown) <= 14
    assert "--help-all" in text


@pytest.mark.parametrize("command", ["run", "demo", "plate", "video", "image", "bench"])
def test_every_command_with_settings_has_a_short_help_and_a_whole_one(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    short, whole = (_help(capsys, command, each).count("\n  -") for each in ("--help", "--help-all"))
    assert short <= 24
    assert whole > short


def test_the_demo_says_how_long_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--seconds S how long it runs [10]" in " ".join(_help(capsys, "demo", "--help").split())
    assert main(["demo", "--seconds", "soon"]) == 2
    assert "--seconds: 'soon' is not a number" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "option"), [("backgrounds", "--background-folder"), ("models", "--weights")])
def test_a_command_with_few_settings_shows_them(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = _help(capsys, command, "--help")
    assert option in text
    assert "--help-all" not in text


def test_defaults_then_file_then_command_line(taken: list[Settings], tmp_path: Path) -> None:
    (tmp_path / "livebg").mkdir()
    (tmp_path / "livebg" / "settings.toml").write_text('smoothing = 0.3\nbackground = "blur"\n')
    assert main(["run", "--background", "#fff", "--to", "a.mp4", "--to", "window", "--force"]) == 0
    assert taken[0] == Settings(smoothing=0.3, background="#fff", to=("a.mp4", "window"), force=True)
    other = tmp_path / "other.toml"
    other.write_text("fps = 15")
    assert main(["run", "--settings", str(other), "--no-force"]) == 0
    assert taken[1] == Settings(fps=15)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["run", "--fps", "many"], "--fps: 'many' is not a number"),
        (["run", "--fps", "nan"], "--fps"),
        (["run", "--smoothing", "2"], "outside 0..1"),
        (["run", "--engine", "magic"], "none of auto, rmbg, selfie"),
        (["run", "--engine", "selfy"], "did you mean selfie?"),
        (["run", "--settings", "absent.toml"], "absent.toml"),
        (["models", "fetch"], "say which model"),
        (["models", "list", "rmbg"], "say which model"),
    ],
)
def test_a_wrong_value_is_one_line_and_exit_2(
    argv: list[str], words: str, taken: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not taken


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["run", "--bakground", "blur"], "'--bakground'; did you mean --background or --background-fit?"),
        (["run", "--back", "blur"], "'--back'; did you mean --background or"),  # a beginning is no option
        (["run", "--ENGINE=rmbg"], "'--ENGINE'; did you mean --engine?"),
        (["run", "--zzz"], "there is no option '--zzz'; livebg run --help-all lists"),
        (["devices", "--zzz"], "there is no option '--zzz'; livebg devices --help lists"),
        (["run", "blur"], "'blur' is one word too many"),
        (["run", "--camera"], "--camera: expected one argument"),
        (["vidoe", "a.mp4"], "livebg: 'vidoe' is none of setup, run, panel"),
        (["vidoe", "a.mp4"], "did you mean video?"),
        (["models", "ftech"], "did you mean fetch?"),
        (["video", "a.mp4", "--codec", "h246"], "--codec: 'h246' is none of"),
        ([], "say what to do"),
        (["--verzion"], "did you mean --version?"),
    ],
)
def test_a_mistyped_word_is_one_line_with_the_nearest_one_and_exit_2(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(argv)
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_failure_is_one_line_and_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def run(_: Settings, **__: object) -> app.Report:
        raise SinkError("disk full")

    monkeypatch.setattr(app, "run", run)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert main(["run"]) == 6
    assert capsys.readouterr().err == "livebg: disk full\n"


def test_bench_takes_the_settings_that_cost_and_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[tuple[Settings, bool]] = []

    def run(settings: Settings, is_json: bool) -> Iterator[str]:
        asked.append((settings, is_json))
        yield "{}"

    monkeypatch.setattr(bench, "run", run)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert (
        main(["bench", "--engine", "selfie", "--size", "1920x1080", "--seconds", "2", "--stride", "2", "--json"]) == 0
    )
    assert asked[0] == (Settings(engine="selfie", size="1920x1080", seconds=2, stride=2), True)
    assert capsys.readouterr().out == "{}\n"
    assert main(["bench", "--source", "a.mp4"]) == 0
    assert asked[1] == (Settings(source="a.mp4", seconds=10), False)
    assert main(["bench", "--seconds", "-1"]) == 2
    assert "--seconds: -1 is outside" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["bench", "--to", "window"])


def test_an_interrupted_command_says_what_it_had_and_is_exit_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def run(*_: object) -> Iterator[str]:
        yield "measured until then"
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "run", run)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert main(["bench"]) == 130
    assert capsys.readouterr().out == "measured until then\n"


def test_python_m_livebg_is_the_same_command() -> None:
    finished = subprocess.run([sys.executable, "-m", "livebg", "--version"], capture_output=True, text=True, check=True)
    assert finished.stdout == f"livebg {__version__}\n"
