"""Backgrounds of other packages: pictures of the frame's size, and never the camera's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from plugin_package import installed

from livebg.core.errors import BackgroundError
from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.scene.backgrounds import open_background
from livebg.scene.backgrounds.plugin import PluginBackground

FRAME = Frame(np.full((36, 64, 3), 200, np.uint8), 0, 0.0, 0.0)
NOBODY = np.zeros((36, 64), np.float32)


def test_it_is_opened_by_its_name_with_the_rest(tmp_path: Path) -> None:
    with installed(tmp_path):
        background = open_background(Settings(background="plain:7"))
        assert isinstance(background, PluginBackground)
        assert (background.picture(FRAME, NOBODY) == 7).all()
        assert not background.is_transparent
        background.close()


@pytest.mark.parametrize(("name", "words"), [("mirror", "camera's own picture"), ("small", r"uint8 \(1, 1, 3\)")])
def test_what_it_must_not_give_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with installed(tmp_path):
        background = open_background(Settings(background=name))
        with pytest.raises(BackgroundError, match=words):
            background.picture(FRAME, NOBODY)


def test_one_without_a_standby_image_does_not_open(tmp_path: Path) -> None:
    with installed(tmp_path), pytest.raises(BackgroundError, match="gives NoneType, not uint8"):
        open_background(Settings(background="dark"))


def test_a_standby_image_that_fails_later_is_dark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with installed(tmp_path):
        background = open_background(Settings(background="plain"))
        monkeypatch.setattr("livebg_extra.Background.standby", lambda *_: None)
        card = background.standby(36, 64)
        assert card.shape == (36, 64, 3)
        assert card.max() < 50


def test_a_name_nearly_right_is_suggested(tmp_path: Path) -> None:
    with installed(tmp_path), pytest.raises(BackgroundError, match=r"did you mean .*mirror"):
        open_background(Settings(background="miror"))
