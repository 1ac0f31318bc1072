"""Where a user's files lie, also where the system knows no such user."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from livebg.core import user_folders
from livebg.core.errors import LivebgError


def test_as_the_system_says() -> None:
    assert user_folders.config_folder() == platformdirs.user_config_path("livebg")
    assert user_folders.cache_folder() == platformdirs.user_cache_path("livebg")
    assert user_folders.state_folder() == platformdirs.user_state_path("livebg")


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(_: str) -> Path:
        raise RuntimeError("Could not determine home directory.")

    assert user_folders.videos_folder() == platformdirs.user_videos_path()
    monkeypatch.setattr(platformdirs, "user_videos_path", lambda: no_home(""))
    with pytest.raises(LivebgError, match="name a file"):
        user_folders.videos_folder()
    for name in ("user_config_path", "user_state_path"):
        monkeypatch.setattr(platformdirs, name, no_home)
    assert not (user_folders.config_folder() / "settings.toml").exists()
    assert user_folders.state_folder() == platformdirs.user_cache_path("livebg")
    monkeypatch.setattr(platformdirs, "user_cache_path", no_home)
    with pytest.raises(LivebgError, match="HOME or XDG_CACHE_HOME"):
        user_folders.cache_folder()


def test_a_run_is_reached_through_a_folder_of_this_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert user_folders.runtime_folder() == tmp_path / "livebg"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert user_folders.runtime_folder().name.startswith("livebg-")
