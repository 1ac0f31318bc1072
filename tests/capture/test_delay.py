"""Frames come late by a stated number, each is seen on arrival, and none is lost at the end."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.capture.delay import Delayed
from livebg.core.errors import SourceError
from livebg.core.types import EndOfSource, Frame, SourceInfo

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Script:
    """FrameSource that does what it is told at each read: a frame, None, or an exception."""

    info = SourceInfo("script", 4, 4, 30.0, is_live=True)
    dropped = 5

    def __init__(self, *steps: str) -> None:
        self._steps = list(steps)
        self._sequence = -1
        self.closes = 0
        self.timeouts_s: list[float] = []

    def rest(self, is_resting: bool) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        self.timeouts_s.append(timeout_s)
        step = self._steps.pop(0) if self._steps else "end"
        if step == "frame":
            self._sequence += 1
            return Frame(PICTURE, self._sequence, 0.0, self._sequence / 30)
        if step == "none":
            return None
        raise EndOfSource if step == "end" else SourceError("broken")

    def close(self) -> None:
        self.closes += 1


def numbers(source: Delayed) -> list[int]:
    found = []
    while True:
        try:
            frame = source.read(1.0)
        except EndOfSource:
            return found
        if frame is not None:
            found.append(frame.sequence)


@pytest.mark.parametrize("delay", [0, 1, 3, 9])
def test_every_frame_comes_in_order_and_late_by_the_delay(delay: int) -> None:
    seen: list[int] = []
    source = Delayed(Script(*["frame"] * 6), delay, lambda frame: seen.append(frame.sequence))
    first = source.read(1.0)
    assert first is not None
    assert first.sequence == 0
    assert seen == list(range(min(delay + 1, 6)))
    assert numbers(source) == [1, 2, 3, 4, 5]
    assert seen == list(range(6))
    with pytest.raises(EndOfSource):
        source.read(1.0)


def test_nothing_came_is_passed_on_and_nothing_is_lost() -> None:
    source = Delayed(Script("frame", "none", "frame", "none", "frame"), 1, lambda _: None)
    assert source.read(1.0) is None
    assert source.read(1.0).sequence == 0  # type: ignore[union-attr]
    assert source.read(1.0) is None
    assert source.read(1.0).sequence == 1  # type: ignore[union-attr]
    assert source.read(1.0).sequence == 2  # type: ignore[union-attr]


def test_a_failure_is_passed_on() -> None:
    source = Delayed(Script("frame", "failure"), 2, lambda _: None)
    with pytest.raises(SourceError, match="broken"):
        source.read(1.0)


def test_the_wait_is_not_longer_than_asked() -> None:
    script = Script("frame", "frame", "frame")
    Delayed(script, 2, lambda _: None).read(0.5)
    assert max(script.timeouts_s) <= 0.5


def test_what_the_source_says_is_said() -> None:
    script = Script("frame", "frame")
    source = Delayed(script, 1, lambda _: None)
    assert source.info is script.info
    assert source.dropped == 5
    source.read(1.0)
    source.close()
    source.close()
    assert script.closes == 2
    with pytest.raises(EndOfSource):
        source.read(1.0)
