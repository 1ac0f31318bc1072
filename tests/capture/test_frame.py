"""Where frames enter: what is no picture of the source's size and type does not."""

from __future__ import annotations

import time

import numpy as np
import pytest

from livebg.capture.frame import new_frame, next_frame
from livebg.core.errors import SourceError
from livebg.core.threads import Latest
from livebg.core.types import EndOfSource, Frame, SourceInfo

INFO = SourceInfo("cam", width=4, height=2, fps=30, is_live=True)


def test_frame_carries_the_very_picture_and_the_clock() -> None:
    picture = np.zeros((2, 4, 3), np.uint8)
    before_s = time.monotonic()
    frame = new_frame(picture, 7, 0.25, INFO)
    assert frame.image is picture
    assert (frame.sequence, frame.media_time_s) == (7, 0.25)
    assert before_s <= frame.captured_at_s <= time.monotonic()


def test_the_small_pictures_that_most_stages_look_at_are_there_already() -> None:
    info = SourceInfo("cam", width=640, height=360, fps=30, is_live=True)
    assert set(new_frame(np.zeros((360, 640, 3), np.uint8), 0, 0.0, info).shrunk) == {(256, 144), (320, 180)}


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((2, 4), np.uint8),
        np.zeros((2, 4, 4), np.uint8),
        np.zeros((4, 2, 3), np.uint8),
        np.zeros((2, 4, 3), np.float32),
        None,
    ],
)
def test_anything_else_is_told_with_what_was_seen(picture: object) -> None:
    with pytest.raises(SourceError, match=r"^cam delivered something else than a 4x2 picture"):
        new_frame(picture, 0, 0.0, INFO)


def test_the_newest_frame_of_a_slot_then_the_end_of_its_source() -> None:
    slot: Latest[Frame] = Latest()
    assert next_frame(slot, 0.0) is None
    frame = new_frame(np.zeros((2, 4, 3), np.uint8), 0, 0.0, INFO)
    slot.put(frame)
    assert next_frame(slot, 0.0) is frame
    slot.close()
    with pytest.raises(EndOfSource):
        next_frame(slot, 0.0)
