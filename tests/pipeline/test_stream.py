"""A stream of composites from any source: all of it, a part of it, or none; afterwards nothing is left."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from engines import Engine, scene
from films import make_film

import livebg
from livebg import models
from livebg.core.errors import ModelError, SettingsError, SourceError
from livebg.pipeline.stream import stream

pytestmark = pytest.mark.slow
PLAIN: dict[str, Any] = {"background": "#000000", "presence": False, "plate": "off"}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: made)
    return made


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before, threading.enumerate()


def test_every_frame_of_a_file_comes(tmp_path: Path) -> None:
    make_film(tmp_path / "clip.mp4", 12)
    outs = list(livebg.stream(source=tmp_path / "clip.mp4", **PLAIN))
    assert [each.frame.sequence for each in outs if each.frame] == list(range(12))
    assert all(each.fault == "" for each in outs)


def test_a_picture_is_one_frame_and_leaving_early_closes(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "me.png"), scene(0).image)
    assert len(list(livebg.stream(str(tmp_path / "me.png"), **PLAIN))) == 1
    for out in livebg.stream(source="synthetic", size="160x90", **PLAIN):
        assert out.image.shape == (90, 160, 3)
        break


def test_frames_of_the_callers_own_come_in_turn(engine: Engine) -> None:
    frames = (scene(number, 40 + 10 * number).image for number in range(4))
    outs = list(livebg.stream(frames, still_gate=False, rgb=True, **PLAIN))
    assert len(outs) == len(engine.seen) == 4


def test_stream_session_and_run_make_the_same_pictures(tmp_path: Path) -> None:
    make_film(tmp_path / "clip.mp4", 9, fps=25)
    options: dict[str, Any] = {**PLAIN, "settle": True, "smoothing": 0.9}
    runs = list[livebg.Composite]()
    livebg.run(runs.append, source=str(tmp_path / "clip.mp4"), pace="every-frame", **options)
    streamed = list(livebg.stream(tmp_path / "clip.mp4", **options))
    given = list[livebg.Composite]()
    with livebg.Session(pace="every-frame", **options) as session:
        for each in runs:
            assert each.frame is not None
            given.append(session(each.frame.image, time_s=each.frame.media_time_s))
    assert len(runs) == len(streamed) == 9
    for one, two, three in zip(runs, streamed, given, strict=True):
        assert np.array_equal(one.image, two.image)
        assert np.array_equal(one.image, three.image)


def test_it_ends_when_it_shall(engine: Engine) -> None:
    stop = threading.Event()
    count = 0
    for _ in livebg.stream("synthetic", size="160x90", stop=stop, **PLAIN):
        count += 1
        if count == 3:
            stop.set()
    assert count == 3
    assert len(list(livebg.stream("synthetic", size="160x90", seconds=0.3, pace="own", **PLAIN))) > 0
    assert list(livebg.stream("synthetic", size="160x90", stop=stop, **PLAIN)) == []
    assert list(livebg.stream([scene(0).image], stop=stop, **PLAIN)) == []
    assert len(list(livebg.stream(itertools.repeat(scene(0).image), seconds=0.3, **PLAIN))) > 0
    assert engine.closes


def test_an_exception_in_the_loop_closes_it_all(engine: Engine) -> None:
    def use() -> None:
        for _ in livebg.stream("synthetic", size="160x90", **PLAIN):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()
    assert engine.closes


@pytest.mark.parametrize(
    ("source", "values", "words"),
    [
        ("synthetic", {"to": ["a.mp4"]}, "^to: a stream gives composites to you"),
        ("synthetic", {"show_camera": True}, "^show_camera: a stream"),
        ("synthetic", {"smoothing": 2}, "^smoothing=2"),
        (0, {}, "source=0 is neither a name nor an iterable of frames; camera='0' names a camera"),
        (0, {"camera": 0}, "source=0"),
        (None, {"camera": 0}, 'camera=0 is not text; write "0"'),
        ([], {"seconds": -3}, "^seconds=-3 is outside"),
        ([], {"to": ["a.mp4"]}, "^to: a session"),
        ([], {"stop": 3}, "^stop: 3 is no threading.Event"),
    ],
)
def test_what_is_wrong_is_said_at_once(source: Any, values: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        livebg.stream(source, **values)


def test_what_fails_later_is_said_and_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match=r"gone\.mp4 does not exist .*; check the path$"):
        next(livebg.stream(tmp_path / "gone.mp4"))
    (tmp_path / "here.mp4").write_bytes(b"no film")
    with pytest.raises(SettingsError, match=r'^pace="live" is for streams, .*; leave pace= out$'):
        next(livebg.stream(tmp_path / "here.mp4", pace="live"))
    with pytest.raises(SettingsError, match="a frame is an array"):
        list(livebg.stream([np.zeros((3, 3), np.uint8)]))

    def fail(*_: object) -> None:
        raise ModelError("try --device cpu")

    monkeypatch.setattr(models, "open_engine", fail)
    with pytest.raises(ModelError, match=r'try device="cpu"'):
        list(stream("synthetic", {"size": "160x90"}, False, None))
