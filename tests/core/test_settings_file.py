"""The settings file: read, and followed while livebg runs; a bad one is kept out."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from livebg.core.errors import SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings, change
from livebg.core.settings_file import SettingsFile, load_file


def test_the_file_gives_values_by_name_with_dashes_or_underscores(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('background-fit = "tile"\nmatte_size = 320\nto = ["window", "a.mp4"]\n')
    settings = change(Settings(), load_file(path))
    assert (settings.background_fit, settings.matte_size, settings.to) == ("tile", 320, ("window", "a.mp4"))


@pytest.mark.parametrize("text", ["matte_size = ", "\x00", "colour = 1", "[run]\nfps = 3"])
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        load_file(path)


def test_a_file_that_is_not_there_or_not_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("absent.toml", "binary.toml", ""):
        with pytest.raises(SettingsError, match="settings file"):
            load_file(tmp_path / name)


@pytest.fixture
def path(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Path:
    caplog.set_level(logging.INFO)
    return tmp_path / "settings.toml"


def _followed(path: Path) -> tuple[SettingsFile, LiveSettings]:
    def read() -> Settings:
        return change(Settings(), load_file(path) if path.exists() else {})

    return SettingsFile(path, read, read(), look_s=0.0), LiveSettings(read())


def test_a_saved_file_is_adopted(path: Path) -> None:
    file, controls = _followed(path)
    path.write_text('background = "blur"\nsmoothing = 0.5')
    file.look(controls, False)
    assert (controls.settings.background, controls.settings.smoothing) == ("blur", 0.5)
    path.unlink()
    file.look(controls, False)
    assert controls.settings == Settings()


def test_what_a_key_has_changed_meanwhile_stays(path: Path) -> None:
    file, controls = _followed(path)
    controls.propose(background="office")
    path.write_text("smoothing = 0.5")
    file.look(controls, False)
    assert (controls.settings.background, controls.settings.smoothing) == ("office", 0.5)


@pytest.mark.parametrize("text", ["smoothing = 7", "smoothing = ", "nonsense = 1", "level_low = 0.9\nlevel_high = 0.5"])
def test_a_bad_file_is_kept_out_and_said_once(path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text("smoothing = 0.5")
    file, controls = _followed(path)
    path.write_text(text)
    for _ in range(3):
        file.look(controls, False)
    assert controls.settings.smoothing == 0.5
    assert caplog.text.count("stay as they were") == 1
    path.write_text("smoothing = 0.25")
    file.look(controls, False)
    assert controls.settings.smoothing == 0.25


def test_what_applies_later_is_said(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, controls = _followed(path)
    path.write_text("fps = 25\nfeather = 3")
    file.look(controls, False)
    assert (controls.settings.fps, controls.settings.feather) == (30, 3)
    assert "--fps: changed in the settings file, applies at the next start" in caplog.text


def test_asked_for_it_is_read_even_if_nothing_was_saved(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, controls = _followed(path)
    file.look(controls, False)
    assert not caplog.records
    file.look(controls, True)
    assert "nothing has changed" in caplog.text
