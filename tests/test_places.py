"""Where a user's files lie, also where the system knows no such user."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from livebg import places
from livebg.errors import LivebgError


def test_as_the_system_says() -> None:
    assert places.config_folder() == platformdirs.user_config_path("livebg")
    assert places.cache_folder() == platformdirs.user_cache_path("livebg")
    assert places.state_folder() == platformdirs.user_state_path("livebg")


def test_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(_: str) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("user_config_path", "user_state_path"):
        monkeypatch.setattr(platformdirs, name, no_home)
    assert not (places.config_folder() / "settings.toml").exists()
    assert places.state_folder() == platformdirs.user_cache_path("livebg")
    monkeypatch.setattr(platformdirs, "user_cache_path", no_home)
    with pytest.raises(LivebgError, match="HOME or XDG_CACHE_HOME"):
        places.cache_folder()
