"""The frame's journey with fakes at both ends: order, fail-closed, statistics, sinks that fail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livebg.controls import Controls
from livebg.errors import ModelError, SinkError, SourceError
from livebg.journey import HostJourney
from livebg.matting.fixed import FixedMatter
from livebg.pipeline import Pipeline, Stages, show_standby
from livebg.settings import Settings
from livebg.sinks.null import NullSink
from livebg.stages import Alpha, Background, Composite, EndOfSource, Frame, Image, Matte, Matter, SourceInfo
from livebg.stats import Stats
from tests.engines import FlatEdges

HEIGHT, WIDTH, ROOM, BACKGROUND = 36, 64, 200, 50


class ScriptedSource:
    """Gives `script` in turn: a frame for an int, None for None, and raises an exception."""

    info = SourceInfo("scripted", WIDTH, HEIGHT, 30.0, False)
    dropped = 2

    def __init__(self, *script: int | Exception | None) -> None:
        self._script = list(script)

    def rest(self, is_resting: bool) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        del timeout_s
        entry = self._script.pop(0) if self._script else EndOfSource()
        if isinstance(entry, Exception):
            raise entry
        return None if entry is None else _frame(entry)

    def close(self) -> None: ...


class PlainBackground:
    is_transparent = False
    needs_matte = False

    def picture(self, frame: Frame, alpha: Matte) -> Image:
        assert alpha.shape == (frame.height, frame.width)
        return self.standby(frame.height, frame.width)

    def standby(self, height: int, width: int) -> Image:
        return np.full((height, width, 3), BACKGROUND, np.uint8)

    def close(self) -> None: ...


class FaultyMatter(FixedMatter):
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


def _frame(sequence: int) -> Frame:
    return Frame(np.full((HEIGHT, WIDTH, 3), ROOM, np.uint8), sequence, 0.0, sequence / 30)


def _run(source: ScriptedSource, matter: Matter, *sinks: NullSink) -> Stats:
    stats = Stats()
    journey = HostJourney(matter, {}, FlatEdges(), stats)
    stages = Stages(source, journey, lambda _: PlainBackground(), sinks)
    Pipeline(stages, Controls(Settings()), stats).run(lambda: False)
    return stats


def test_each_frame_reaches_each_sink_as_one_composite() -> None:
    first, second = KeepingSink(), NullSink()
    stats = _run(ScriptedSource(0, 1, 2), FixedMatter(0.5), first, second)
    assert [each.frame.sequence for each in first.kept if each.frame] == [0, 1, 2]
    assert (first.kept[0].image == (ROOM + BACKGROUND) // 2).all()
    assert second.composites == 3
    assert (stats.frames, stats.dropped, stats.standby_frames) == (3, 2, 0)
    stages = {"matte", "edges", "framing", "background", "compose", "output", "frame", "latency"}
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
    stats = _run(ScriptedSource(0, 1, 2), FaultyMatter(fault), sink)
    assert [int(each.image[0, 0, 0]) for each in sink.kept] == [ROOM, BACKGROUND, ROOM]
    assert (sink.kept[1].image == BACKGROUND).all()
    assert sink.kept[1].alpha is None
    assert sink.kept[1].frame is not None
    assert stats.standby_frames == 1


def test_while_no_frame_comes_only_those_who_watch_see_the_background() -> None:
    watching, recording = KeepingSink(is_live=True), KeepingSink()
    _run(ScriptedSource(None, 0), FixedMatter(1.0), watching, recording)
    assert [each.frame is None for each in watching.kept] == [True, False]
    assert len(recording.kept) == 1
    assert (watching.kept[0].image == BACKGROUND).all()


def test_before_anything_else_those_who_watch_see_the_background() -> None:
    watching, recording = KeepingSink(is_live=True), KeepingSink()
    show_standby([watching, recording], PlainBackground(), ScriptedSource.info)
    assert (watching.kept[0].image == BACKGROUND).all()
    assert not recording.kept


@pytest.mark.expects_error_log
def test_a_sink_that_fails_is_left_behind_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    good, bad = NullSink(), FailingSink()
    stats = _run(ScriptedSource(0, 1, 2), FixedMatter(1.0), bad, good)
    assert (good.composites, bad.composites) == (3, 1)
    assert [str(each) for each in stats.failures] == ["disk full"]
    assert caplog.text.count("going on without it") == 1


@pytest.mark.expects_error_log
def test_a_sink_that_fails_while_no_frame_comes_is_left_behind_too() -> None:
    good, bad = NullSink(), FailingSink(is_live=True)
    stats = _run(ScriptedSource(None, None, 0), FixedMatter(1.0), bad, good)
    assert (good.composites, bad.composites) == (1, 1)
    assert [str(each) for each in stats.failures] == ["disk full"]


def test_the_last_sink_that_fails_ends_the_loop() -> None:
    with pytest.raises(SinkError, match="disk full"):
        _run(ScriptedSource(0, 1), FixedMatter(1.0), FailingSink())


def test_a_source_that_fails_ends_the_loop() -> None:
    with pytest.raises(SourceError, match="unplugged"):
        _run(ScriptedSource(0, SourceError("unplugged")), FixedMatter(1.0), NullSink())


class Asynchronous:
    """A journey whose frames go on by themselves; notes the order of what is asked of it."""

    description, is_asynchronous = "asynchronous", True

    def __init__(self) -> None:
        self.calls: list[str] = []

    def begin(self, frame: Frame, settings: Settings, background: Background) -> AsynchronousTicket:
        del settings, background
        self.calls.append(f"begin {frame.sequence}")
        return AsynchronousTicket(self, frame)

    def govern(self, settings: Settings) -> None: ...

    def close(self) -> None: ...


class AsynchronousTicket:
    def __init__(self, journey: Asynchronous, frame: Frame) -> None:
        self.frame, self._journey = frame, journey

    def finish(self) -> Composite:
        self._journey.calls.append(f"finish {self.frame.sequence}")
        if self.frame.sequence == 1:
            raise ModelError("no matte")
        return Composite(self.frame.image, self.frame)


@pytest.mark.expects_error_log
def test_on_a_gpu_one_frame_is_under_way_while_the_one_before_goes_out() -> None:
    journey, sink, stats = Asynchronous(), KeepingSink(), Stats()
    stages = Stages(ScriptedSource(0, 1, None, 2), journey, lambda _: PlainBackground(), [sink])
    Pipeline(stages, Controls(Settings()), stats).run(lambda: False)
    assert journey.calls == ["begin 0", "begin 1", "finish 0", "finish 1", "begin 2", "finish 2"]
    assert [each.frame.sequence for each in sink.kept if each.frame] == [0, 1, 2]
    assert (sink.kept[1].image == BACKGROUND).all()
    assert stats.standby_frames == 1
