"""What every Background promises, whichever stands behind the person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from implementations import implementations
from PIL import Image
from plugin_package import installed

import livebg.scene.backgrounds
from livebg.core.settings import Settings
from livebg.core.types import Background, Frame
from livebg.scene.backgrounds import open_background

NAMES = {
    "ColourBackground": "#336699",
    "ImageBackground": "studio-warm",
    "VideoBackground": "{folder}/loop.gif",
    "BlurBackground": "blur",
    "TransparentBackground": "none",
    "PluginBackground": "plain:60",
}
MARKER = (255, 0, 255)  # the room's colour, in none of the backgrounds


@pytest.fixture(params=sorted(NAMES))
def background(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Background]:
    Image.new("RGB", (64, 36), "navy").save(
        tmp_path / "loop.gif",
        save_all=True,
        append_images=[Image.new("RGB", (64, 36), "teal")],
        duration=100,
        loop=0,
    )
    with installed(tmp_path / "package"):
        opened = open_background(Settings(background=NAMES[request.param].format(folder=tmp_path)))
        assert type(opened).__name__ == request.param
        yield opened
        opened.close()


def _frame(height: int, width: int, at_s: float = 0.0) -> Frame:
    return Frame(np.full((height, width, 3), MARKER, np.uint8), 0, 0.0, at_s)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(90, 160), (67, 101), (1, 1), (160, 90)])
def test_the_picture_has_the_frames_size(background: Background, size: tuple[int, int]) -> None:
    frame = _frame(*size)
    picture = background.picture(frame, np.zeros(size, np.float32))
    assert picture.shape == (*size, 3)
    assert picture.dtype == np.uint8
    assert background.picture(frame, np.ones(size, np.float32)).shape == (*size, 3)


def test_standby_holds_nothing_of_the_camera(background: Background) -> None:
    background.picture(_frame(90, 160), np.zeros((90, 160), np.float32))
    card = background.standby(90, 160)
    assert card.shape == (90, 160, 3)
    assert card.dtype == np.uint8
    assert not cv2.inRange(card, np.array(MARKER) - 40, np.array(MARKER)).any()


def test_time_may_go_anywhere(background: Background) -> None:
    for at_s in (0.0, 0.15, 5.0, 0.0, 3600.0):
        assert background.picture(_frame(36, 64, at_s), np.zeros((36, 64), np.float32)).shape == (36, 64, 3)


def test_closing_twice_is_allowed(background: Background) -> None:
    background.close()
    background.close()


def test_every_implementation_is_here() -> None:
    assert implementations(livebg.scene.backgrounds, "standby") == set(NAMES)
