"""What is read is never written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livebg.core.errors import SettingsError
from livebg.core.same_file import READ, check_inputs_kept
from livebg.core.settings import Settings, change


@pytest.mark.parametrize("name", READ)
def test_an_output_that_a_setting_reads(tmp_path: Path, name: str) -> None:
    file, link = tmp_path / "a.png", tmp_path / "b.png"
    file.write_bytes(b"a")
    os.link(file, link)
    settings = change(Settings(), {name: str(file)})
    check_inputs_kept([tmp_path / "c.png"], settings)
    with pytest.raises(SettingsError, match="itself, which livebg never overwrites"):
        check_inputs_kept([tmp_path / "c.png", link], settings)


def test_other_files_that_are_read(tmp_path: Path) -> None:
    more = [("the settings file", tmp_path / "settings.mp4")]
    with pytest.raises(SettingsError, match=r"settings\.mp4 is the settings file itself"):
        check_inputs_kept([tmp_path / "." / "settings.mp4"], Settings(), more)
