"""Engines of other packages: what they answer is checked, whatever it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plugin_package import installed

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Frame, SourceInfo
from livebg.models import open_engine
from livebg.models.plugin import PluginEngine, open_plugin_engine

INFO = SourceInfo("test", 64, 36, 30.0, True)
FRAME = Frame(np.zeros((36, 64, 3), np.uint8), 3, 0.0, 0.0)


def test_it_is_opened_by_its_name(tmp_path: Path) -> None:
    with installed(tmp_path):
        engine = open_engine(Settings(engine="half"), INFO)
        assert isinstance(engine, PluginEngine)
        assert engine.description == "half of livebg-extra 1.2: upper half"
        assert engine.matte(FRAME).values.mean() == 0.5
        engine.close()
        assert FRAME.image.flags.writeable


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("raising", "fails: ZeroDivisionError: by itself"),
        ("bare", "gives a ndarray, not a plain Alpha"),
        ("doubles", "float64 of shape"),
        ("stale", "of frame 2, not 3"),
    ],
)
def test_whatever_is_wrong_is_a_model_error(tmp_path: Path, name: str, words: str) -> None:
    with installed(tmp_path):
        engine = open_plugin_engine(Settings(engine=name), INFO)
        assert engine is not None
        with pytest.raises(ModelError, match=words):
            engine.matte(FRAME)


def test_a_scenes_alphas_have_one_size(tmp_path: Path) -> None:
    with installed(tmp_path):
        engine = open_plugin_engine(Settings(engine="breathing"), INFO)
        assert engine is not None
        frames = [replace(FRAME, sequence=each) for each in range(6)]
        assert {engine.matte(each).values.shape for each in frames} == {(6, 8)}
        assert all(engine.matte(each).values.mean() == pytest.approx(0.5) for each in frames)
        engine.reset()
        assert engine.matte(frames[1]).values.shape == (8, 9)
