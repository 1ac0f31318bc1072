"""The demo writes its video and contact sheet, and says what ran."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import pytest

from livebg import models
from livebg.core.settings import Settings
from livebg.models.constant import ConstantEngine
from livebg.pipeline import demo
from livebg.sinks.preview import display


def test_it_leaves_a_video_and_a_strip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    monkeypatch.setattr(display, "has_screen", lambda: False)
    for _ in range(2):
        lines = demo.run(Settings(size="320x180", seconds=1.0), "")
    text = "\n".join(lines)
    for word in ("source", "engine", "background", "not opened: there is no screen", "fps", "latency p50", "dropped"):
        assert word in text
    with av.open(str(demo.VIDEO)) as video:
        assert sum(1 for _ in video.decode(video=0)) > 5
    assert cv2.imread(str(demo.SHEET)) is not None
