"""The camera's own picture leaves only in a frame that nobody overlooks, and only to those who watch."""

from __future__ import annotations

import pytest

from livebg.core.errors import SettingsError
from livebg.core.settings import Settings
from livebg.pipeline.live import run
from livebg.sinks.null import NullSink
from livebg.sinks.preview.overlay import WARNING_FRAME_COLOUR


@pytest.mark.slow
def test_no_engine_is_opened_for_it() -> None:
    sink = NullSink()
    settings = Settings(source="synthetic", size="64x36", pace="every-frame", seconds=0.2, show_camera=True)
    report = run.run(settings, [sink])
    assert "--show-camera" in report.engine
    assert sink.newest is not None
    assert (sink.newest.image[0] == WARNING_FRAME_COLOUR).all()


@pytest.mark.parametrize("outputs", [("a.mp4",), ("window", "a.png")])
def test_it_is_never_recorded(outputs: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="never records"):
        run.completed(Settings(show_camera=True, to=outputs), False)
