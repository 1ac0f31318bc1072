"""Parts are built, wired and stopped; backgrounds change while running; signals end the loop."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from composites import read_recording
from network_camera import NetworkCamera, network_camera
from photos import LeftHalf

from livebg import models
from livebg.cli import main
from livebg.core.errors import BackgroundError, LivebgError, SettingsError, SinkError, SourceError
from livebg.core.settings import Settings, change
from livebg.core.settings_file import SettingsFile, load_file
from livebg.core.types import Composite, FrameSink, FrameSource
from livebg.core.user_folders import runtime_folder
from livebg.media.video.writer import Recording
from livebg.models.constant import ConstantEngine
from livebg.pipeline.live import run
from livebg.pipeline.live.remote import Remote
from livebg.sinks.null import NullSink
from livebg.sinks.recording import recorder


@pytest.fixture
def fixed_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))


FAST = Settings(source="synthetic", size="64x36", pace="every-frame", seconds=0.5, to=(), background="#102030")


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
def test_a_run_reports_what_ran() -> None:
    sink = NullSink()
    report = run.run(FAST, [sink])
    assert report.engine == "fixed alpha 0"
    assert (report.source.width, report.source.height) == (64, 36)
    assert report.snapshot.frames == sink.composites > 3
    assert sink.newest is not None
    assert sink.newest.image[5, 5].tolist() == [0x30, 0x20, 0x10]


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"source": "absent.mp4"}, SourceError),
        ({"background": "no-such-thing"}, BackgroundError),
        ({"background": "no-such-thing", "source": "absent.mp4"}, BackgroundError),  # before a camera's light goes on
        ({"to": ("absent/folder/a.mp4",)}, SinkError),
        ({"to": ("a.doc",)}, SinkError),
        ({"background": "none", "to": ("a.mp4",)}, SinkError),
    ],
)
def test_what_cannot_be_opened_is_said_and_nothing_stays_open(
    values: dict[str, object], kind: type[LivebgError]
) -> None:
    before = threading.active_count()
    with pytest.raises(kind):
        run.run(change(FAST, values))
    assert threading.active_count() == before


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
def test_who_hides_has_a_mark_before_the_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A livebg that died in between would start again with its user shown."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    stop, marks = threading.Event(), list[bool]()

    def serve(_: Remote, command: Callable[[str, tuple[str, ...]], object]) -> None:
        for each in ("hide", "show"):
            command(each, ())
            marks.append((runtime_folder() / f"hidden-{os.getpid()}").exists())
        stop.set()

    monkeypatch.setattr(Remote, "serve", serve)
    run.run(FAST, [NullSink()], is_steered=True, stop=stop)
    assert marks[:2] == [True, False]


def test_what_the_caller_has_opened_is_closed_where_the_settings_are_refused() -> None:
    sink, source = mock.create_autospec(FrameSink), mock.create_autospec(FrameSource)
    with pytest.raises(SettingsError, match="which livebg never records"):
        run.run(change(FAST, {"show_camera": True, "to": ("a.mp4",)}), [sink], source)
    sink.close.assert_called_once_with()
    source.close.assert_called_once_with()


def test_an_output_that_is_the_source_is_refused(tmp_path: Path) -> None:
    clip = str(tmp_path / "a.mp4")
    for outputs in ({"to": ("window", str(tmp_path / "." / "a.mp4"))}, {"matte_to": clip}):
        with pytest.raises(SettingsError, match="is the source itself"):
            run.completed(change(Settings(source=clip), outputs), False)
    assert run.completed(Settings(matte_to=clip), False) == Settings(matte_to=clip)


def test_without_any_output_it_is_the_virtual_camera() -> None:
    assert run.completed(Settings(), False).to == ("virtual-camera",)
    assert run.completed(Settings(), True).to == ()
    assert run.completed(Settings(matte_to="m.mkv"), False).to == ()


def test_where_only_pictures_go_out_one_look_is_enough() -> None:
    photo = Settings(source="me.jpg", to=("out.png",), matte_to="matte.PNG")
    assert run.completed(photo, False).pace == "every-frame"
    assert run.completed(photo, True).pace == "auto"
    assert run.completed(change(photo, {"to": ("out.png", "window")}), False).pace == "auto"
    assert run.completed(change(photo, {"source": ""}), False).pace == "auto"


class Signalling(NullSink):
    """Sends the process these signals at its third composite."""

    def __init__(self, *numbers: signal.Signals) -> None:
        super().__init__()
        self._numbers = numbers

    def write(self, composite: Composite) -> None:
        super().write(composite)
        if self.composites == 3:
            for number in self._numbers:
                os.kill(os.getpid(), number)


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_loop(number: signal.Signals) -> None:
    sink = Signalling(number)
    run.run(change(FAST, {"seconds": 60.0}), [sink])
    assert sink.composites in (3, 4)


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
def test_a_second_interrupt_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt):
        run.run(change(FAST, {"seconds": 60.0}), [Signalling(signal.SIGINT, signal.SIGINT)])


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
def test_hanging_up_reads_the_settings_file_again(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    file = SettingsFile(path, lambda: change(FAST, load_file(path)), FAST)
    path.write_text('background = "#00ff00"')
    sink = Signalling(signal.SIGHUP)
    run.run(FAST, [sink], file=file)
    assert sink.newest is not None
    assert sink.newest.image[5, 5].tolist() == [0, 255, 0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"to": ("window",), "control": False}, "--mic: no output can hold sound"),
        ({"to": ("a.png",), "matte_to": "m.mkv", "control": False}, "--mic: no output can hold sound"),
        ({"to": ("a.mp4",), "pace": "every-frame"}, "--mic: --pace every-frame"),
    ],
)
def test_a_microphone_needs_a_recording_that_keeps_time(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        run.completed(change(Settings(mic="default"), values), False)
    for able in ("a.webm", "rtmp://h/app/key", "whip:https://h/a.png"):
        assert run.completed(Settings(mic="default", to=("window", able), control=False), False).mic == "default"
    later = Settings(mic="default", to=("window",))
    assert run.completed(later, False) == later, "a recording may begin later"


def test_a_stream_keeps_the_pace_whatever_its_address_ends_in() -> None:
    assert run.completed(Settings(source="a.mp4", to=("rtmp://h/app/a.png",)), False).pace == "auto"


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
def test_frames_that_could_not_be_recorded_are_in_the_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = partial(recorder.Recorder, limits=recorder.Limits(queue_least=1, queue_most=4))
    monkeypatch.setattr(recorder, "Recorder", small)
    monkeypatch.setattr(Recording, "add", lambda *_: time.sleep(0.2))
    settings = change(FAST, {"pace": "own", "fps": 60.0, "seconds": 1.5, "to": (str(tmp_path / "a.mkv"),)})
    report = run.run(settings)
    assert report.snapshot.unwritten > 0
    assert report.snapshot.line().endswith(f", {report.snapshot.unwritten} could not be recorded")


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_engine")
def test_a_signal_pauses_and_the_recording_closes_the_gap(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.mkv"
    sink = Signalling(signal.SIGUSR2, signal.SIGUSR1)
    with caplog.at_level(logging.INFO):
        report = run.run(change(FAST, {"pace": "own", "seconds": 3.0, "to": (str(path),)}), [sink])
    assert report.snapshot.frames > 5
    assert len(read_recording(path).times_s) <= 4
    assert "marker 1" in caplog.text
    assert "paused" in caplog.text


class Watched(NullSink):
    """Somebody watches: every composite is looked at; the camera goes with the third one that shows its picture."""

    def __init__(self, camera: NetworkCamera) -> None:
        super().__init__(is_live=True)
        self._camera = camera
        self.shown: list[bool] = []

    def write(self, composite: Composite) -> None:
        super().write(composite)
        self.shown.append(bool((composite.image[:, :16] > 150).any()))
        if self.shown.count(True) == 3:
            self._camera.stop()


@pytest.mark.slow
def test_a_stream_that_is_lost_shows_the_card_and_the_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: LeftHalf())
    settings = change(FAST, {"pace": "auto", "seconds": 4.0, "presence": False})
    with network_camera() as camera:
        camera.shade = 200
        sink, begun_s = Watched(camera), time.monotonic()
        report = run.run(change(settings, {"source": camera.address}), [sink])
    assert time.monotonic() - begun_s >= 4.0
    assert report.source.name == camera.address
    assert sum(sink.shown) >= 3
    last = len(sink.shown) - sink.shown[::-1].index(True)
    assert len(sink.shown) - last >= 10, "the card, at full rate"


def test_a_stream_that_cannot_be_opened_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with network_camera() as camera:
        address = camera.address
    assert main(["run", "--source", address, "--to", "a.mp4"]) == 3
    assert capsys.readouterr().err == (
        f"livebg: stream {address} (connection refused); check the address and the network\n"
    )
