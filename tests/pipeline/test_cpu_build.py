"""The host's processor as the settings say: engine in or beside the loop, late where asked, corrections in order."""

from __future__ import annotations

import logging
import threading
import time
from itertools import pairwise
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from salient import HEIGHT, WIDTH, Finder, SalientRuntime, frame, network

from livebg import models
from livebg.capture import open_source
from livebg.core.errors import SettingsError
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Composite, Frame, SourceInfo
from livebg.matting.item import Item
from livebg.models.constant import ConstantEngine
from livebg.models.guided.engine import GuidedEngine
from livebg.pipeline.cpu import SceneCompositor
from livebg.pipeline.cpu_build import live_processor, open_as_live, open_cpu_processor, open_plate
from livebg.pipeline.film.processor import open_film_processor
from livebg.pipeline.live import run
from livebg.pipeline.live.load_control import SIZES_PX
from livebg.pipeline.plate_file import save_plate
from livebg.scene.backgrounds.still import ColourBackground
from livebg.sinks.null import NullSink

LIVE = Settings(source="synthetic", size="64x36", seconds=1.0, background="#102030", still_gate=False)


class Watched(ConstantEngine):
    """Notes the frames it is asked for, and in which thread; takes pause_s for each."""

    def __init__(self, pause_s: float = 0.0) -> None:
        super().__init__(0.0)
        self._pause_s = pause_s
        self.asked: list[int] = []
        self.threads: set[str] = set()
        self.sizes: list[int] = []

    def matte(self, frame: Frame) -> Alpha:
        time.sleep(self._pause_s)
        self.asked.append(frame.sequence)
        self.threads.add(threading.current_thread().name)
        return super().matte(frame)


class Resizable(Watched):
    matte_size = 288

    def resize(self, matte_size: int) -> None:
        self.sizes.append(matte_size)


class Keeping(NullSink):
    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []

    def write(self, composite: Composite) -> None:
        super().write(composite)
        if composite.frame is not None:
            self.late.append(time.monotonic() - composite.frame.captured_at_s)


def _run(monkeypatch: pytest.MonkeyPatch, engine: Watched, settings: Settings) -> tuple[run.Report, Keeping]:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: engine)
    sink = Keeping()
    return run.run(settings, [sink]), sink


@pytest.mark.slow
def test_a_quick_engine_looks_at_every_frame_in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Watched()
    report, _ = _run(monkeypatch, engine, LIVE)
    assert engine.threads == {"livebg-pictures"}
    assert report.snapshot.propagated == 0
    assert report.snapshot.key_frames == report.snapshot.frames > 3


@pytest.mark.slow
def test_a_slow_engine_looks_at_key_frames_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Watched(pause_s=0.1)
    report, _ = _run(monkeypatch, engine, LIVE)
    assert engine.threads == {"livebg-pictures", "livebg-matte"}  # timed in the one, at work in the other
    assert report.snapshot.propagated > report.snapshot.key_frames > 1
    assert report.snapshot.standby_frames == 0


@pytest.mark.slow
def test_at_every_frame_a_stride_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Watched()
    report, _ = _run(monkeypatch, engine, change(LIVE, {"pace": "every-frame", "stride": 3, "seconds": 0.5}))
    gaps = [later - earlier for earlier, later in pairwise(engine.asked)]
    assert max(gaps) == 3  # less only where too much of the picture is new
    assert report.snapshot.propagated + report.snapshot.key_frames == report.snapshot.frames


@pytest.mark.slow
def test_matched_shows_the_picture_late_by_the_frames_it_says(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    _, sink = _run(monkeypatch, Watched(), change(LIVE, {"latency": "matched", "stride": 4}))
    assert "the picture is 3 frames late (100 ms)" in caplog.text
    assert np.median(sink.late) >= 0.095


@pytest.mark.slow
def test_a_pinned_size_is_what_the_engine_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Resizable()
    _run(monkeypatch, engine, change(LIVE, {"matte_size": 320}))
    assert set(engine.sizes) == {320}


@pytest.mark.slow
def test_an_engine_too_slow_for_fresh_mattes_gets_smaller_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Resizable(pause_s=0.35)
    engine.matte_size = 384
    _run(monkeypatch, engine, change(LIVE, {"seconds": 2.5}))
    assert engine.sizes[0] == 384
    assert engine.sizes[1] == SIZES_PX[SIZES_PX.index(384) + 1]


class Near(Watched):
    has_closer_look = True

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[bool] = []

    def set_closer_look(self, is_on: bool) -> None:
        self.looks.append(is_on)


@pytest.mark.slow
@pytest.mark.parametrize("pace", ["own", "every-frame"])
@pytest.mark.parametrize("is_on", [True, False])
def test_the_closer_look_is_the_settings(monkeypatch: pytest.MonkeyPatch, pace: str, is_on: bool) -> None:
    engine = Near()
    _run(monkeypatch, engine, change(LIVE, {"seconds": 0.4, "pace": pace, "closer_look": is_on}))
    assert engine.looks
    assert set(engine.looks) == {is_on}


def test_the_steps_come_in_their_order_and_all_off_is_the_engines_own_alpha() -> None:
    stats, engine = Stats(), ConstantEngine(0.5)
    off = {"presence": False, "plate": "off", "smoothing": 0.0, "colours": False}
    settings, frame = change(Settings(), off), Frame(np.full((36, 64, 3), 90, np.uint8), 0, 0.0, 0.0)
    (item,) = live_processor(engine, settings, stats)._chain.feed(Item(frame), settings)
    assert np.allclose(item.full, 0.5, atol=0.01)
    assert list(stats.snapshot().stages) == ["matte", "subject", "plate", "smooth", "reach", "colours", "edges"]


@pytest.mark.slow
def test_only_a_matched_latency_delays_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: Watched())
    for latency, is_delayed in (("lowest", False), ("matched", True)):
        settings = change(LIVE, {"latency": latency, "stride": 4})
        source = open_source(settings)
        processor, given = open_cpu_processor(settings, source, Stats())
        assert (given is not source) is is_delayed
        assert given.info == source.info
        processor.close()
        source.close()


@pytest.mark.slow
def test_every_frame_of_a_clip_is_made_as_live_without_load_control(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, settings = Resizable(), change(LIVE, {"pace": "every-frame", "max_cpu": 5})
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: engine)
    processor = open_as_live(settings, SourceInfo("clip", 64, 36, 30.0, is_live=False), Stats())
    background = ColourBackground((1, 2, 3))
    for index in range(4):
        frame = Frame(np.full((36, 64, 3), 60 * index, np.uint8), index, 0.0, index / 30)
        (composite,) = processor.feed(frame, settings, background)
        assert isinstance(composite, Composite)
        assert (composite.image == (1, 2, 3)).all(), "nobody is there"
        processor.govern(settings)
    assert engine.asked == [0, 1, 2, 3]
    assert engine.sizes == []
    processor.close()


class ErringFinder(Finder):
    """From frame `since` on it is sure of the chair, too."""

    since = 20

    def matte(self, frame: Frame) -> Alpha:
        found = super().matte(frame)
        if frame.sequence >= self.since:
            found.values[45:, 5:25] = 1
        return found


@pytest.mark.parametrize("is_film", [False, True])
def test_a_guided_engines_finder_is_not_believed_at_once_about_what_stands_still(
    is_film: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is always sure of the chair, the finder from frame 20 on."""
    engine = GuidedEngine(ErringFinder(), network(SalientRuntime()))
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: engine)
    settings, background = change(LIVE, {"pace": "every-frame"}), ColourBackground((1, 2, 3))
    rows, columns = slice(200, None), slice(30, 90)  # the middle of the chair
    frames = [frame([(260, 100, 420, 360)], n) for n in range(25)]
    if is_film:
        film = open_film_processor(settings, WIDTH, HEIGHT, 30.0)
        made = [each for one in frames for each in film.feed(one)] + list(film.flush())
        film.close()
    else:
        live = open_as_live(settings, SourceInfo("clip", WIDTH, HEIGHT, 30.0, is_live=False), Stats())
        made = [each for one in frames for each in live.feed(one, settings, background)]
        live.close()
    alphas = [each.alpha for each in made if isinstance(each, Composite) and each.alpha is not None]
    assert len(alphas) == len(frames)
    assert max(each[rows, columns].max() for each in alphas) == 0
    assert min(each[250:, 300:380].min() for each in alphas) > 0.9


def test_an_engine_whose_plate_cannot_be_read_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = list[bool]()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    monkeypatch.setattr(ConstantEngine, "close", lambda _: closed.append(True))
    with pytest.raises(SettingsError, match="does not exist"):
        open_as_live(change(LIVE, {"plate": "absent.png"}), SourceInfo("clip", 64, 36, 30.0, is_live=False), Stats())
    assert closed


def test_a_given_plate_is_shown_to_the_compositor(tmp_path: Path) -> None:
    room = np.random.default_rng(2).integers(60, 200, (72, 128, 3), dtype=np.uint8)
    room = room.repeat(4, axis=0).repeat(4, axis=1)
    save_plate(tmp_path / "room.png", room, is_forced=False)
    settings = Settings(plate=str(tmp_path / "room.png"))
    plate = open_plate(settings)
    assert plate.picture is None
    for index in range(3):
        plate.apply(
            Alpha(np.zeros((144, 256), np.float32), index), Frame(room, index, index / 30, index / 30), settings
        )
    assert plate.picture is not None
    assert np.abs(plate.picture.astype(int) - room).mean() < 2
    seen = list[object]()
    compositor, nobody = SceneCompositor(plate, Stats()), Alpha(np.zeros((144, 256), np.float32), 3)
    with mock.patch.object(compositor.compositor, "over", side_effect=lambda *each: seen.append(each[4]) or room):
        item = Item(Frame(room, 3, 0.1, 0.1), nobody, full=np.zeros(room.shape[:2], np.float32))
        compositor.composite(item, settings, ColourBackground((0, 0, 0)))
    assert seen == [plate.picture]
