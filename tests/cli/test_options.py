"""Settings become options and come back; the words around them are the settings' own (the rest is in test_init.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.cli.options import add_settings, settings_from
from livebg.cli.parser import Parser
from livebg.core.errors import SettingsError
from livebg.core.settings import Settings


def test_options_come_back_as_settings(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("fps = 15\nsmoothing = 0.5")
    parser = Parser()
    add_settings(parser, ["fps", "still_gate", "to", "matte_size"])
    argv = ["--settings", str(tmp_path / "a.toml"), "--no-still-gate", "--to", "a.mp4", "--to", "window"]
    wanted = Settings(fps=15, smoothing=0.5, still_gate=False, to=("a.mp4", "window"))
    assert settings_from(parser.parse_args(argv)) == wanted
    with pytest.raises(SettingsError, match="--fps: 'fast' is not a number"):
        settings_from(parser.parse_args([*argv, "--fps", "fast"]))


def test_help_says_default_range_and_whether_live(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser()
    add_settings(parser, ["smoothing", "force"], all_in_help=True)
    parser.print_help()
    text = " ".join(capsys.readouterr().out.split())
    assert "[default: 0.9; range: 0..1; live]" in text
    assert "[default: no]" in text
