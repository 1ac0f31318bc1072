"""What the engine only half believes in, beside somebody, goes; somebody's soft edge stays."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.nearness import DOUBTFUL, SURE
from livebg.core.settings import Settings, change
from livebg.core.types import Alpha, Frame
from livebg.matting.subject.reach import Reach

FRAME = Frame(np.zeros((180, 320, 3), np.uint8), 7, 0.0, 0.0)
REACH_PX = 6


@pytest.fixture
def seen() -> Alpha:
    """A person with a soft edge, 4 px of 0.5, and a chair beside them that the engine half believes in."""
    values = np.zeros((180, 320), np.float32)
    values[60:, 100:200] = 0.5
    values[64:, 104:196] = 1
    values[120:, 200:260] = 0.6
    return Alpha(values, 7)


def test_a_chair_that_is_half_believed_in_goes_and_soft_hair_stays(seen: Alpha) -> None:
    result = Reach().apply(seen, FRAME, Settings())
    assert result.sequence == 7
    assert (result.values[:, 196 + REACH_PX + 1 :] == 0).all()
    assert (result.values[64:, 104:196] == 1).all()
    assert (result.values[62:, 102] > 0.4).all()
    assert (result.values <= seen.values).all()


def test_what_is_surely_there_stays_wherever_it_is() -> None:
    values = np.zeros((180, 320), np.float32)
    values[20:30, 20:30] = SURE
    assert (Reach().apply(Alpha(values, 7), FRAME, Settings()).values[20:30, 20:30] == np.float32(SURE)).all()


def test_where_nobody_is_surely_there_all_falls_to_0(seen: Alpha) -> None:
    doubtful = Alpha(np.minimum(seen.values, np.float32(DOUBTFUL)), 7)
    assert not Reach().apply(doubtful, FRAME, Settings()).values.any()


@pytest.mark.parametrize("off", [{"presence": False}, {"subject": "anything"}])
def test_it_leaves_alone_what_is_not_about_people(seen: Alpha, off: dict[str, object]) -> None:
    assert Reach().apply(seen, FRAME, change(Settings(), off)) is seen
    assert Reach(has_presence=False).apply(seen, FRAME, Settings()) is seen
