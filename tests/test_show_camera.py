"""The camera's own picture leaves only in a frame that nobody overlooks, and only to those who watch."""

from __future__ import annotations

import numpy as np
import pytest

from livebg import app
from livebg.errors import SettingsError
from livebg.settings import Settings
from livebg.show_camera import FRAME_COLOUR, framed
from livebg.sinks.null import NullSink


def test_the_frame_is_on_every_side_and_the_rest_is_the_camera() -> None:
    image = np.full((100, 200, 3), 7, np.uint8)
    shown = framed(image)
    for rim in (shown[:3], shown[-3:], shown[:, :3], shown[:, -3:]):
        assert (rim == FRAME_COLOUR).all()
    assert (shown[3:-3, 3:-3] == 7).all()
    assert (image == 7).all()


def test_no_engine_is_opened_for_it() -> None:
    sink = NullSink()
    settings = Settings(source="synthetic", size="64x36", pace="every-frame", seconds=0.2, show_camera=True)
    report = app.run(settings, [sink])
    assert "--show-camera" in report.engine
    assert sink.newest is not None
    assert (sink.newest.image[0] == FRAME_COLOUR).all()


@pytest.mark.parametrize("outputs", [("a.mp4",), ("window", "a.png")])
def test_it_is_never_recorded(outputs: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="not recorded"):
        app.completed(Settings(show_camera=True, to=outputs), False)
