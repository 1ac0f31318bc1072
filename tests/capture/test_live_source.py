"""What every live device is held to, with one that does as it is told; cameras and streams have tests of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from patience import until

from livebg.capture import live_source
from livebg.capture.live_source import LiveSource, Lost, covering
from livebg.core.types import Image


def _grey(level: int, width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), level, np.uint8)


class Told:
    """A Place and its Device: gives the answers in turn, the last one for ever."""

    has_noise, patience_s, longest_pause_s = False, 0.2, 0.2

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.found_at_s = list[float]()
        self.released = 0

    def __str__(self) -> str:
        return "it"

    def find(self, is_over: Callable[[], bool]) -> tuple[Told, Image] | None:  # noqa: ARG002 - a Place has it
        self.found_at_s.append(time.monotonic())
        return None

    def read(self) -> Any:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def why_silent(self) -> str:
        return "nobody knows why"

    def release(self) -> None:
        self.released += 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Lost("it fell"), "it was lost: it fell; livebg looks for it"),
        (None, "s, nobody knows why; livebg looks for it"),
        (
            np.zeros((48, 64), np.float32),
            "s, it delivers something else than pictures of 8-bit colour (float32 (48, 64))",
        ),
    ],
)
def test_lost_it_is_told_and_looked_for_ever_more_seldom(
    answer: Any, reason: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live_source, "POLL_S", 0.05)
    told = Told(_grey(2), answer)
    source = LiveSource(told, (told, _grey(1)), 0.0)
    until(lambda: source.read(0.0) is None and len(told.found_at_s) >= 4, "four looks for it")
    source.close()
    assert told.released == 1
    said = [each.getMessage() for each in caplog.records]
    assert len(said) == 1
    assert reason in said[0]
    gaps_s = np.diff(told.found_at_s)
    assert gaps_s[0] >= 0.05
    assert gaps_s[2] >= 0.1


@pytest.mark.slow
def test_a_device_without_noise_may_show_a_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "FROZEN_S", 0.05)
    still = _grey(7)
    told = Told(still)
    source = LiveSource(told, (told, still.copy()), 0.0)
    ends_s = time.monotonic() + 0.3
    while time.monotonic() < ends_s:
        source.read(0.05)
    source.close()
    assert not told.found_at_s


def test_closed_before_its_thread_begins_it_releases_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late:
        """A Worker whose thread begins when it has to end already."""

        def __init__(self, _name: str, body: Callable[[threading.Event], None], *_: object) -> None:
            self._body = body

        def stop(self) -> None:
            stopping = threading.Event()
            stopping.set()
            self._body(stopping)

    monkeypatch.setattr(live_source, "Worker", Late)
    told = Told(_grey(1))
    LiveSource(told, (told, _grey(1)), 0.0).close()
    assert told.released == 1
    assert not told.found_at_s


@pytest.mark.parametrize("size", [(100, 30), (30, 100), (64, 48), (1, 1)])
def test_covering_holds_nothing_but_picture(size: tuple[int, int]) -> None:
    fitted = covering(_grey(7, *size), 48, 64)
    assert fitted.shape == (48, 64, 3)
    assert (fitted == 7).all()
