"""The demo writes its video and contact sheet, and says what ran."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import pytest

from livebg import models
from livebg.core.errors import SinkError
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import SourceInfo
from livebg.models.constant import ConstantEngine
from livebg.pipeline import demo
from livebg.pipeline.live import run as app
from livebg.sinks.preview import display


@pytest.mark.slow
def test_it_leaves_a_video_and_a_strip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    monkeypatch.setattr(display, "has_screen", lambda: False)
    for force in (False, True):
        lines = demo.run(Settings(size="320x180", seconds=1.0, pace="every-frame", force=force), "")
    text = "\n".join(lines)
    for word in ("source", "engine", "background", "not opened: there is no screen", "fps", "latency p50", "dropped"):
        assert word in text
    with av.open(str(demo.VIDEO)) as video:
        assert sum(1 for _ in video.decode(video=0)) > 5
    assert cv2.imread(str(demo.SHEET)) is not None


def test_one_that_ends_at_once_has_written_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = app.Report(SourceInfo("synthetic", 64, 48, 30.0, False), "constant", Stats().snapshot())
    monkeypatch.setattr(app, "run", lambda *_: report)
    monkeypatch.setattr(display, "has_screen", lambda: False)
    assert demo.run(Settings(), "")[-1] == "written     nothing"


@pytest.mark.parametrize("name", [demo.VIDEO, demo.SHEET])
def test_it_overwrites_nothing_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(app, "run", lambda *_: pytest.fail("it began"))
    name.write_bytes(b"kept")
    with pytest.raises(SinkError, match=f"output {name}: exists already; overwrite it with --force, or run the demo"):
        demo.run(Settings(), "")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"kept"]
