"""The pictures' thread: an engine that fails, hangs, or is changed while livebg runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from patience import HANGS_S, until

from livebg.core.errors import ModelError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.threads import Closed
from livebg.core.types import Background, Composite, Frame, Result, SourceInfo
from livebg.pipeline.live.supervisor import Supervisor
from livebg.pipeline.live.worker import Openers
from tests.loops import Always, PlainBackground


class Endless:
    """A source that always has a frame."""

    info = SourceInfo("endless", 16, 9, 30.0, True)
    dropped = 0

    def __init__(self) -> None:
        self.sequence = -1

    def read(self, timeout_s: float) -> Frame | None:
        threading.Event().wait(min(timeout_s, 0.005))
        self.sequence += 1
        return Frame(np.zeros((9, 16, 3), np.uint8), self.sequence, time.monotonic(), self.sequence / 30)

    def rest(self, is_resting: bool) -> None: ...

    def close(self) -> None: ...


class Scripted:
    """A processor, and its own pending frame: `answer` is called for each frame."""

    is_asynchronous = False

    def __init__(self, name: str, answer: Callable[[Frame], None] = lambda _: None) -> None:
        self.description, self._answer, self.is_closed = name, answer, False

    def begin(self, frame: Frame, settings: Settings, background: Background) -> Scripted:
        del settings, background
        self.frame = frame
        return self

    def finish(self) -> Composite:
        self._answer(self.frame)
        return Composite(self.frame.image, self.frame)

    def govern(self, settings: Settings) -> None: ...

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def open_making() -> Iterator[Callable[..., Supervisor]]:
    opened: list[Supervisor] = []

    def open_with(
        *journeys: Scripted | Exception, controls: LiveSettings | None = None, **times_s: float
    ) -> Supervisor:
        waiting = list(journeys)

        def processor(_: Settings) -> tuple[Scripted, Endless]:
            following = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            if isinstance(following, Exception):
                raise following
            return following, Endless()

        openers = Openers(processor, lambda: Always(PlainBackground()))
        opened.append(Supervisor(openers, controls or LiveSettings(Settings()), Stats(), **times_s))
        return opened[-1]

    yield open_with
    for each in opened:
        each.close()


def _until(pictures: Supervisor, is_it: Callable[[Result | None], bool], limit_s: float = HANGS_S) -> Result | None:
    ends_s = time.monotonic() + limit_s
    while time.monotonic() < ends_s:
        result = pictures.next(0.05)
        if is_it(result):
            return result
    raise AssertionError("it did not come")


def _is_good(result: Result | None) -> bool:
    return result is not None and result.composite is not None


def test_the_engine_is_opened_beside_the_loop(open_making: Callable[..., Supervisor]) -> None:
    pictures = open_making(Scripted("one"))
    _until(pictures, _is_good)
    assert pictures.description == "one"
    assert pictures.ready_at_s is not None


def test_what_keeps_the_first_engine_from_opening_is_the_callers(open_making: Callable[..., Supervisor]) -> None:
    pictures = open_making(ModelError("no weights"))
    with pytest.raises(ModelError, match="no weights"):
        _until(pictures, lambda _: False)


@pytest.mark.parametrize("failure", [ModelError("broken"), MemoryError(), RuntimeError("driver lost\nbadly")])
def test_whatever_an_engine_raises_is_this_frames_fault_alone(
    open_making: Callable[..., Supervisor], failure: Exception
) -> None:
    def answer(frame: Frame) -> None:
        if frame.sequence == 3:
            raise failure

    pictures = open_making(Scripted("one", answer))
    result = _until(pictures, lambda each: each is not None and each.composite is None)
    assert result is not None
    assert result.fault
    assert "\n" not in result.fault
    assert result.frame.sequence == 3
    assert (result.standby == 50).all()
    _until(pictures, _is_good)


@pytest.mark.slow
def test_an_engine_that_only_fails_is_opened_anew(open_making: Callable[..., Supervisor]) -> None:
    def fail(_: Frame) -> None:
        raise ModelError("broken for good")

    broken, fresh = Scripted("broken", fail), Scripted("fresh")
    pictures = open_making(broken, fresh, renew_s=0.1)
    _until(pictures, _is_good)
    assert pictures.description == "fresh"
    assert broken.is_closed


@pytest.mark.slow
@pytest.mark.expects_error_log
def test_an_engine_that_hangs_is_left_behind(
    open_making: Callable[..., Supervisor], caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()
    hanging, fresh = Scripted("hanging", lambda _: assert_waited(gate)), Scripted("fresh")
    pictures = open_making(hanging, ModelError("not yet"), fresh, stuck_s=0.2, renew_s=0.1)
    assert _until(pictures, _is_good) is not None
    assert pictures.description == "fresh"
    assert caplog.text.count("leaves it behind and opens a new one") == 1
    assert caplog.text.count("not yet") == 1
    gate.set()
    until(lambda: hanging.is_closed, "its end, by itself when it can")


def assert_waited(gate: threading.Event) -> None:
    assert gate.wait(HANGS_S)


@pytest.mark.slow
@pytest.mark.parametrize("failure", [ModelError("no such weights"), RuntimeError("out of memory")])
def test_settings_that_name_another_engine_open_it(
    open_making: Callable[..., Supervisor], caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    caplog.set_level(logging.INFO)
    controls = LiveSettings(Settings(engine="selfie"))
    first, second = Scripted("first"), Scripted("second")
    pictures = open_making(first, second, failure, controls=controls)
    _until(pictures, _is_good)
    controls.propose(engine="rmbg")
    _until(pictures, lambda _: pictures.description == "second")
    assert first.is_closed
    controls.propose(weights="absent.pth")
    _until(pictures, lambda _: f"{failure}; the engine stays as it was" in caplog.text)
    _until(pictures, _is_good)
    assert pictures.description == "second"
    assert not second.is_closed


@pytest.mark.slow
def test_an_engine_that_does_not_end_in_order_gives_way_all_the_same(
    open_making: Callable[..., Supervisor], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("driver lost")

    controls = LiveSettings(Settings(engine="selfie"))
    first, second = Scripted("first"), Scripted("second")
    monkeypatch.setattr(first, "close", fail)
    pictures = open_making(first, second, controls=controls)
    _until(pictures, _is_good)
    controls.propose(engine="rmbg")
    _until(pictures, lambda _: pictures.description == "second")
    _until(pictures, _is_good)
    assert "the engine did not end in order: RuntimeError: driver lost" in caplog.text


def test_after_the_last_frame_it_is_closed(open_making: Callable[..., Supervisor]) -> None:
    pictures = open_making(Scripted("one"))
    _until(pictures, _is_good)
    pictures.close()
    with pytest.raises(Closed):
        _until(pictures, lambda _: False)
