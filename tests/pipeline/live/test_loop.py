"""The frame's way with fakes at both ends: order, fail-closed, statistics, sinks that fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from patience import until

from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError, SinkError, SourceError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Background, Composite, EndOfSource, Frame, SourceInfo
from livebg.models.constant import ConstantEngine
from livebg.pipeline.live.feed import Feed
from livebg.sinks.null import NullSink
from livebg.sinks.virtual_camera.i420 import converted
from tests.chains import FlatEdges, processor
from tests.loops import BACKGROUND, run_loop

HEIGHT, WIDTH, ROOM = 36, 64, 200


class ScriptedSource:
    """Gives `script` in turn: a frame for an int, None for None, and raises an exception."""

    info = SourceInfo("scripted", WIDTH, HEIGHT, 30.0, False)

    def __init__(self, *script: int | Exception | None) -> None:
        self._script = list(script)
        self.dropped = 0

    def rest(self, is_resting: bool) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        del timeout_s
        self.dropped = 2
        entry = self._script.pop(0) if self._script else EndOfSource()
        if isinstance(entry, Exception):
            raise entry
        return None if entry is None else _frame(entry)

    def close(self) -> None: ...


class FaultyEngine(ConstantEngine):
    """Answers with the fault that is its number's turn."""

    def __init__(self, fault: Callable[[Frame], Alpha]) -> None:
        super().__init__(1.0)
        self._fault = fault

    def matte(self, frame: Frame) -> Alpha:
        return self._fault(frame) if frame.sequence == 1 else super().matte(frame)


class FailingSink(NullSink):
    def write(self, composite: Composite) -> None:
        super().write(composite)
        raise SinkError("disk full")


class KeepingSink(NullSink):
    def __init__(self, is_live: bool = False) -> None:
        super().__init__(is_live)
        self.kept: list[Composite] = []

    def write(self, composite: Composite) -> None:
        self.kept.append(composite)


def _frame(sequence: int, captured_at_s: float = 0.0) -> Frame:
    return Frame(np.full((HEIGHT, WIDTH, 3), ROOM, np.uint8), sequence, captured_at_s, sequence / 30)


def _run(source: ScriptedSource, matter: MattingEngine, *sinks: NullSink) -> Stats:
    stats = Stats()
    run_loop(source, lambda _: processor(matter, stats, FlatEdges()), sinks, stats)
    return stats


def test_each_frame_reaches_each_sink_as_one_composite() -> None:
    first, second = KeepingSink(), NullSink()
    stats = _run(ScriptedSource(0, 1, 2), ConstantEngine(0.5), first, second)
    assert [each.frame.sequence for each in first.kept if each.frame] == [0, 1, 2]
    assert (first.kept[0].image == (ROOM + BACKGROUND) // 2).all()
    assert second.composites == 3
    assert (stats.frames, stats.dropped, stats.standby_frames) == (3, 2, 0)
    stages = {"matte", "flatedges", "framing", "background", "compose", "output", "frame", "latency"}
    assert set(stats.snapshot().stages) == stages


def _raise(_: Frame) -> Alpha:
    raise ModelError("out of memory")


@pytest.mark.expects_error_log
@pytest.mark.parametrize(
    "fault",
    [
        _raise,
        lambda frame: Alpha(np.full((4, 4), np.nan, np.float32), frame.sequence),
        lambda frame: Alpha(np.full((4, 4), 7, np.float32), frame.sequence),
        lambda frame: Alpha(np.ones((4, 4), np.float32), frame.sequence - 1),
        lambda frame: Alpha(np.ones((4,), np.float32), frame.sequence),
    ],
)
def test_no_valid_matte_means_the_background_never_the_room(fault: Callable[[Frame], Alpha]) -> None:
    sink = KeepingSink()
    stats = _run(ScriptedSource(0, 1, 2), FaultyEngine(fault), sink)
    assert [int(each.image[0, 0, 0]) for each in sink.kept] == [ROOM, BACKGROUND, ROOM]
    assert (sink.kept[1].image == BACKGROUND).all()
    assert sink.kept[1].alpha is None
    assert sink.kept[1].frame is not None
    assert stats.standby_frames == 1


class Waiting(ScriptedSource):
    """A live source that gives nothing for a second and a half after its frames, then ends."""

    info = SourceInfo("waiting", WIDTH, HEIGHT, 30.0, True)

    def __init__(self, *script: int | Exception | None) -> None:
        super().__init__(*script)
        self._pause, self._ends_s = threading.Event(), 0.0

    def read(self, timeout_s: float) -> Frame | None:
        if self._script:
            frame = super().read(timeout_s)
            return None if frame is None else replace(frame, captured_at_s=time.monotonic())
        self._ends_s = self._ends_s or time.monotonic() + 1.5
        if time.monotonic() > self._ends_s:
            raise EndOfSource
        self._pause.wait(timeout_s)
        return None


def test_before_the_first_frame_those_who_watch_see_the_card() -> None:
    watching, recording = KeepingSink(is_live=True), KeepingSink()
    _run(ScriptedSource(0), ConstantEngine(1.0), watching, recording)
    assert [each.frame is None for each in watching.kept] == [True, False]
    assert len(recording.kept) == 1
    assert (watching.kept[0].image == BACKGROUND).all()


@pytest.mark.slow
def test_while_no_frame_comes_those_who_watch_see_the_last_composite_for_a_moment_then_the_card() -> None:
    watching, recording = KeepingSink(is_live=True), KeepingSink()
    _run(Waiting(0), ConstantEngine(1.0), watching, recording)
    levels = [int(each.image[0, 0, 0]) for each in watching.kept]
    held = levels[1:].index(BACKGROUND)
    assert levels[0] == BACKGROUND
    assert set(levels[1 : 1 + held]) == {ROOM}, "a composite that passed, here without any background"
    assert set(levels[1 + held :]) == {BACKGROUND}
    assert held > 2, "at full rate"
    assert len(levels) - held > 10, "at full rate"
    assert len(recording.kept) == 1


class Unwatched(KeepingSink):
    """Watched from its 3rd composite on."""

    @property
    def is_watched(self) -> bool:
        return len(self.kept) >= 3


class Asleep(NullSink):
    """Never watched."""

    is_watched = False


@pytest.mark.slow
def test_while_nobody_watches_the_source_rests() -> None:
    class Camera(Waiting):
        info = SourceInfo("camera", WIDTH, HEIGHT, 30.0, True, can_rest=True)

        def rest(self, is_resting: bool) -> None:
            calls.append(is_resting)

    calls: list[bool] = []
    sink = Unwatched(is_live=True)
    _run(Camera(), ConstantEngine(1.0), sink)
    assert calls == [True, False]
    calls.clear()
    stats, controls = Stats(), LiveSettings(Settings(always_on=True))
    made = processor(ConstantEngine(1.0), stats, FlatEdges())
    run_loop(Camera(), lambda _: made, [Unwatched(is_live=True)], stats, controls=controls)
    assert calls == []


@pytest.mark.slow
def test_a_resting_source_wakes_for_who_asks_for_a_preview_and_rests_again() -> None:
    class Camera(ScriptedSource):
        info = SourceInfo("camera", WIDTH, HEIGHT, 30.0, True, can_rest=True)

        def __init__(self) -> None:
            super().__init__()
            self.is_resting, self.sequence = False, 0

        def rest(self, is_resting: bool) -> None:
            calls.append(is_resting)
            self.is_resting = is_resting

        def read(self, timeout_s: float) -> Frame | None:
            time.sleep(min(0.01, timeout_s))
            self.sequence += 1
            return None if self.is_resting else _frame(self.sequence, time.monotonic())

    calls, states = list[bool](), list[str]()
    controls, stats = LiveSettings(Settings()), Stats()
    feed, stopping = Feed(controls, linger_s=0.2), threading.Event()

    def ask() -> None:
        until(lambda: calls == [True], "a rest")
        sequence = None
        while "live" not in states:
            shown = feed.next(lambda _: True, sequence, 1.0)
            if shown is not None:
                states.append(shown.state)
                sequence = shown.sequence
        until(lambda: calls == [True, False, True], "another rest")
        stopping.set()

    asker = threading.Thread(target=ask)
    asker.start()
    made = processor(ConstantEngine(1.0), stats, FlatEdges())
    sinks = [Asleep(is_live=True)]
    run_loop(Camera(), lambda _: made, sinks, stats, controls=controls, should_stop=stopping.is_set, feed=feed)
    asker.join()
    assert calls[:3] == [True, False, True]


@pytest.mark.expects_error_log
def test_a_sink_that_fails_is_left_behind_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    good, bad = NullSink(), FailingSink()
    stats = _run(ScriptedSource(0, 1, 2), ConstantEngine(1.0), bad, good)
    assert (good.composites, bad.composites) == (3, 1)
    assert [str(each) for each in stats.failures] == ["disk full"]
    assert caplog.text.count("going on without it") == 1


@pytest.mark.slow
@pytest.mark.expects_error_log
def test_a_sink_that_fails_while_no_frame_comes_is_left_behind_too() -> None:
    good, bad = NullSink(), FailingSink(is_live=True)
    stats = _run(Waiting(0), ConstantEngine(1.0), bad, good)
    assert (good.composites, bad.composites) == (1, 1)
    assert [str(each) for each in stats.failures] == ["disk full"]


def test_the_last_sink_that_fails_ends_the_loop() -> None:
    with pytest.raises(SinkError, match="disk full"):
        _run(ScriptedSource(0, 1), ConstantEngine(1.0), FailingSink())


def test_a_source_that_fails_ends_the_loop() -> None:
    with pytest.raises(SourceError, match="unplugged"):
        _run(ScriptedSource(0, SourceError("unplugged")), ConstantEngine(1.0), NullSink())


class Asynchronous:
    """A processor whose frames go on by themselves; notes the order of what is asked of it."""

    description, is_asynchronous = "asynchronous", True

    def __init__(self) -> None:
        self.calls: list[str] = []

    def begin(self, frame: Frame, settings: Settings, background: Background) -> AsynchronousFrame:
        del settings, background
        self.calls.append(f"begin {frame.sequence}")
        return AsynchronousFrame(self, frame)

    def govern(self, settings: Settings) -> None: ...

    def close(self) -> None: ...


class AsynchronousFrame:
    def __init__(self, made: Asynchronous, frame: Frame) -> None:
        self.frame, self._processor = frame, made

    def finish(self) -> Composite:
        self._processor.calls.append(f"finish {self.frame.sequence}")
        if self.frame.sequence == 1:
            raise ModelError("no matte")
        return Composite(self.frame.image, self.frame)


@pytest.mark.expects_error_log
def test_on_a_gpu_one_frame_is_under_way_while_the_one_before_goes_out() -> None:
    made, sink, stats = Asynchronous(), KeepingSink(), Stats()
    run_loop(ScriptedSource(0, 1, None, 2), lambda _: made, [sink], stats)
    assert made.calls == ["begin 0", "begin 1", "finish 0", "finish 1", "begin 2", "finish 2"]
    assert [each.frame.sequence for each in sink.kept if each.frame] == [0, 1, 2]
    assert (sink.kept[1].image == BACKGROUND).all()
    assert stats.standby_frames == 1


@pytest.mark.slow
def test_an_output_that_is_switched_on_gets_bgr_from_a_gpu_that_makes_i420() -> None:
    class InI420:
        """A processor that makes what the virtual camera takes."""

        description, is_asynchronous = "i420", False

        def __init__(self) -> None:
            self._processor = processor(ConstantEngine(1.0), Stats(), FlatEdges())

        def begin(self, *parts: object) -> object:
            pending = self._processor.begin(*parts)  # type: ignore[arg-type]
            return SimpleNamespace(frame=pending.frame, finish=lambda: converted(pending.finish()))

        def govern(self, settings: Settings) -> None: ...

        def close(self) -> None: ...

    camera, window = KeepingSink(), KeepingSink()
    camera.reads = "i420"
    run_loop(ScriptedSource(0, 1), lambda _: InI420(), [camera, window], Stats())  # type: ignore[arg-type,return-value]
    assert {each.image.ndim for each in camera.kept} == {2}
    assert {each.image.shape for each in window.kept} == {(HEIGHT, WIDTH, 3)}
    assert abs(int(window.kept[0].image[5, 5, 0]) - ROOM) <= 2
