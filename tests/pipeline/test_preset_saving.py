"""Presets of a running livebg: which settings, which paths, which picture."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from livebg.core.settings import Settings, change
from livebg.pipeline.live.answers import described
from livebg.pipeline.live.client import Client, Picture
from livebg.pipeline.preset_saving import save_running, with_whole_paths


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _livebg(picture: Picture | None = None, pid: int = 0, **values: Any) -> Client:
    settings = described(change(Settings(), values))
    settings["of_the_future"] = settings["grow"]
    found = SimpleNamespace(pid=pid or os.getpid(), settings=lambda: settings, preview=lambda *_: picture)
    return cast(Client, found)


def test_what_is_unusual_is_kept_and_files_with_their_whole_path(home: Path) -> None:
    (home / "beach.png").write_bytes(b"no picture, but a file")
    livebg = _livebg(Picture(b"seen", 1, 0.0, "live"), background="beach.png", grow=2.0, hide=True, to=("window",))
    saved = save_running(livebg, "now")
    assert saved.values == {"background": str(home / "beach.png"), "grow": 2.0}
    assert saved.thumbnail is not None
    assert saved.thumbnail.read_bytes() == b"seen"


@pytest.mark.parametrize("picture", [None, *(Picture(b"x", 1, 0.0, each) for each in ("hidden", "standby", "resting"))])
def test_where_viewers_do_not_see_the_user_the_thumbnail_is_the_background(picture: Picture | None) -> None:
    saved = save_running(_livebg(picture), "now")
    assert saved.values == {"background": "studio-warm"}
    assert saved.thumbnail is not None
    assert saved.thumbnail.read_bytes()[:3] == b"\xff\xd8\xff"


def test_of_a_process_that_the_system_does_not_show_paths_stay() -> None:
    assert save_running(_livebg(pid=2**22 + 1, background="#123456"), "now").values == {"background": "#123456"}


def test_files_get_their_whole_path(home: Path) -> None:
    (home / "beach.jpg").touch()
    (home / "blur").mkdir()  # a folder is no background
    values = {"background": "beach.jpg", "standby": "gone.png", "background_folder": "blur", "grow": 1.0}
    assert with_whole_paths(values, home) == {
        "background": str(home / "beach.jpg"),
        "standby": "gone.png",
        "background_folder": str(home / "blur"),
        "grow": 1.0,
    }
    assert with_whole_paths({"background": "blur"}, home) == {"background": "blur"}
