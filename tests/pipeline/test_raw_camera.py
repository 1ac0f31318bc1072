"""The camera's own picture leaves only in a frame that nobody overlooks, and only to those who watch."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.errors import SettingsError
from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.pipeline.live import run
from livebg.pipeline.raw_camera import ShownCamera
from livebg.scene.backgrounds.still import ColourBackground
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


@pytest.mark.parametrize("outputs", [("a.mp4",), ("window", "a.png"), ("window", "rtmp://h/app/key")])
def test_it_is_never_recorded(outputs: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="never records"):
        run.completed(Settings(show_camera=True, to=outputs), False)


def test_every_pixel_but_the_frames_is_the_cameras() -> None:
    frame = Frame(np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8), 0, 0.0, 0.0)
    composite = ShownCamera().begin(frame, Settings(), ColourBackground((0, 0, 0))).finish()
    assert composite.frame is frame
    assert (composite.image[40:50, 60:100] == frame.image[40:50, 60:100]).all()
    for rim in (composite.image[0], composite.image[-1], composite.image[:, 0], composite.image[:, -1]):
        assert (rim == WARNING_FRAME_COLOUR).all()
