"""Outputs are switched on and off while others go on: whole files, one sentence for what cannot be, nothing lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from composites import LEFT, composite, read_recording
from patience import SLACK, until
from sound import FakeSounds

from livebg import sinks
from livebg.capture.microphone import MicrophoneSource
from livebg.core.errors import LivebgError, SinkError
from livebg.core.settings import Settings, change
from livebg.core.types import Composite, Frame, FrameSink, Reads
from livebg.media import free_space
from livebg.pipeline.live import new_output
from livebg.pipeline.live.outputs import LiveOutputs, say_failure
from livebg.sinks import SinkNeeds, is_file, is_recording, is_virtual_camera, recordings
from livebg.sinks.null import NullSink
from livebg.sinks.preview import display
from livebg.sinks.virtual_camera import every

FPS = 25


class Camera(NullSink):
    """A virtual camera. opens: set once it may open."""

    reads: Reads = "i420"

    def __init__(self, opens: threading.Event) -> None:
        super().__init__(is_live=True)
        self._opens, self.is_closed, self.fails = opens, False, False
        self.threads = list[str]()
        self.first: Composite | None = None

    def write(self, composite: Composite) -> None:
        if self.first is None:
            self._opens.wait(60)
            self.first = composite
        self.threads.append(threading.current_thread().name)
        if self.fails:
            raise SinkError("the camera has burnt")
        super().write(composite)

    def close(self) -> None:
        self.is_closed = True


class World:
    """A loop that writes a picture to each output 25 times a second while something is awaited."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, always: list[FrameSink], **values: Any) -> None:
        self.opens, self.cameras = threading.Event(), list[Camera]()
        self.opens.set()
        monkeypatch.setattr(every, "open_virtual_camera", self._camera)
        monkeypatch.setattr(display, "has_screen", lambda: False)
        card = np.full((24, 32, 3), 77, np.uint8)
        sound = values.pop("sound", None)
        settings = change(Settings(to=()), values)
        self.needs = SinkNeeds(settings, True, False, lambda _: None, str, FPS, sound=sound, standby=lambda: card)
        self.outputs = LiveOutputs(always)
        self.outputs.open(self.needs)
        self.sequence, self.longest_s = 0, 0.0

    def _camera(self, *_: object) -> FrameSink:
        self.cameras.append(Camera(self.opens))
        return self.cameras[-1]

    def write(self, captured_at_s: float | None = None) -> None:
        made, began_s = composite(), time.perf_counter()
        assert made.frame is not None
        now_s = time.monotonic() if captured_at_s is None else captured_at_s
        frame = Frame(made.frame.image, self.sequence, now_s, self.sequence / FPS)
        self.sequence += 1
        self.outputs.look()
        for sink in self.outputs.sinks:
            try:
                sink.write(Composite(made.image, frame, made.alpha))
            except SinkError as failure:
                self.outputs.drop(sink, failure)
        self.longest_s = max(self.longest_s, time.perf_counter() - began_s)

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        def step() -> bool:
            self.write()
            return is_so()

        until(step, what, rarest_s=1 / FPS)

    def done(self, future: Future[None]) -> None:
        """Raises what it raises."""
        self.until(future.done, "its end")
        future.result()

    def write_many(self, count: int) -> None:
        for _ in range(count):
            self.write()
            time.sleep(1 / FPS)


@pytest.fixture
def other() -> NullSink:
    return NullSink(is_live=True)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, other: NullSink) -> Iterator[World]:
    made = World(monkeypatch, [other])
    yield made
    made.opens.set()
    made.outputs.close()


def test_a_recording_begins_and_ends_while_others_go_on(world: World, other: NullSink, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    world.write_many(3)
    world.done(world.outputs.record(str(path)))
    begun = other.composites
    world.write_many(10)
    about = world.outputs.recording
    assert about is not None
    assert (about["file"], about["is_paused"]) == (str(path), False)
    until(lambda: (world.outputs.recording or {})["seconds"] > 0.2, "its length")
    assert {"where": str(path), "is_on": True} in world.outputs.can_switch()
    ended = world.outputs.stop_recording()
    assert world.outputs.recording is None
    frames = other.composites - begun
    world.done(ended)
    recording = read_recording(path)
    assert abs(len(recording.times_s) - frames) <= 1
    assert recording.times_s[-1] == pytest.approx((len(recording.times_s) - 1) / FPS, abs=0.002)
    assert np.abs(recording.pictures[0][5, 5, :3].astype(int) - LEFT).max() < 12
    assert other.composites > begun + frames, "the other output went on while the file was finished"
    assert world.longest_s < 0.25 * SLACK


def test_the_sound_of_a_recording_that_begins_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: NullSink
) -> None:
    sounds = FakeSounds()
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", sounds)
    microphone = MicrophoneSource("default", sounds.clock)
    world = World(monkeypatch, [other], sound=microphone)
    for name in ("a.mkv", "b.mkv"):
        done = world.outputs.record(str(tmp_path / name))
        until(lambda done=done: world.outputs.look() or done.done(), "a recording")
        begin_s = sounds.now_s
        sounds.pulses.append(begin_s + 0.5)
        for step in range(FPS):
            world.write(begin_s + step / FPS)
            sounds.advance(1 / FPS)
        sounds.advance(1.0)
        done = world.outputs.stop_recording()
        until(lambda done=done: world.outputs.look() or done.done(), "its end")
        done.result()
        length_s, peak_s = _sound(tmp_path / name)
        assert length_s == pytest.approx(1.0, abs=1.5 / FPS), "to the end of the last frame"
        assert peak_s == pytest.approx(0.5, abs=0.02)
        assert len(read_recording(tmp_path / name).times_s) == FPS
    assert [each.is_closed for each in microphone._feeds] == [True], "the feed before is forgotten"
    world.outputs.close()
    microphone.close()


def _sound(path: Path) -> tuple[float, float]:
    """Length, and the time of the loudest sample, s."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        samples = np.concatenate(frames, axis=1)[0]
        rate = container.streams.audio[0].rate
    return samples.size / rate, int(np.abs(samples).argmax()) / rate


def test_without_a_name_it_goes_into_the_folder_of_videos(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "home" / "Videos"
    monkeypatch.setattr(new_output, "videos_folder", lambda: folder)
    monkeypatch.setattr(new_output.time, "strftime", lambda *_: "livebg-2026-01-02-030405")  # log lines, too
    for expected in ("livebg-2026-01-02-030405.mp4", "livebg-2026-01-02-030405-2.mp4"):
        world.done(world.outputs.record())
        with pytest.raises(LivebgError, match=f"livebg records already, to .*{expected}"):
            world.outputs.record()
        world.write_many(3)
        world.done(world.outputs.stop_recording())
        assert len(read_recording(folder / expected).times_s) >= 3
    with pytest.raises(LivebgError, match="livebg does not record"):
        world.outputs.stop_recording()


def test_what_cannot_be_opened_is_a_sentence_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, world: World, other: NullSink, tmp_path: Path
) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"mine")
    wrong = {
        str(there): "exists already",
        str(tmp_path / "a.doc"): "is neither",
        str(tmp_path / "nowhere" / "a.mp4"): "does not exist",
        "rtmp://host": "is no address",
        "window": "no screen|cannot be opened",
        str(tmp_path): "is a folder",
    }
    monkeypatch.delenv("DISPLAY", raising=False)
    for where, message in wrong.items():
        with pytest.raises(LivebgError, match=message):
            world.done(world.outputs.switch_on(where))
    assert there.read_bytes() == b"mine"
    for where in ("window", "virtual-camera", str(tmp_path / "me.png"), ""):
        with pytest.raises(LivebgError, match=r"is no file for a video|exists already") as raised:
            world.done(world.outputs.record(where or str(there)))
        assert "\n" not in str(raised.value)
    monkeypatch.setattr(free_space, "free_bytes", lambda _: 1000)
    with pytest.raises(LivebgError, match="free space"):
        world.done(world.outputs.record(str(tmp_path / "full.mp4")))
    before = other.composites
    world.write_many(2)
    assert other.composites == before + 2
    assert world.outputs.sinks == (other,)


def test_an_output_is_itself_also_while_its_file_appears(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(range(9))
    monkeypatch.setattr(new_output, "identity", lambda _: next(looks))
    assert new_output.is_same("/videos/a.mp4", "/videos/a.mp4")
    assert not new_output.is_same("/videos/a.mp4", "/videos/b.mp4")
    assert not new_output.is_same("/videos/a.mp4", "window")


def test_force_at_the_start_overwrites_nothing_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: NullSink
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"mine")
    world = World(monkeypatch, [other], force=True)
    with pytest.raises(LivebgError, match="exists already"):
        world.done(world.outputs.record(str(tmp_path / "a.mp4")))
    assert (tmp_path / "a.mp4").read_bytes() == b"mine"
    world.outputs.close()


def test_a_device_that_opens_slowly_keeps_nobody_waiting(world: World, other: NullSink) -> None:
    world.opens.clear()
    opening = world.outputs.switch_on("virtual-camera")
    world.until(lambda: bool(world.cameras), "the thread that opens it")
    before = other.composites
    world.write_many(5)
    assert other.composites == before + 5
    assert not opening.done()
    with pytest.raises(LivebgError, match="is being switched on already"):
        world.outputs.switch_on("virtual-camera")
    with pytest.raises(LivebgError, match="is being switched on; try again"):
        world.outputs.switch_off("virtual-camera")
    world.opens.set()
    world.done(opening)
    (camera,) = world.cameras
    assert camera.first is not None
    assert (camera.first.image == 77).all(), "it opens with the standby image: a picture of the user may be an old one"
    world.write_many(1)
    assert camera.threads[0] == "livebg-output"
    assert set(camera.threads[1:]) == {threading.current_thread().name}


def test_the_last_one_goes_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, [], to=("virtual-camera",))
    world.write_many(2)
    assert world.outputs.can_switch() == ({"where": "virtual-camera", "is_on": True},)
    world.done(world.outputs.switch_off("virtual-camera"))
    assert world.cameras[0].is_closed
    assert world.outputs.sinks == ()
    assert world.outputs.can_switch() == ({"where": "virtual-camera", "is_on": False},)
    world.write_many(1)
    with pytest.raises(LivebgError, match="output virtual-camera: is not on; on are: none"):
        world.outputs.switch_off("virtual-camera")
    world.done(world.outputs.switch_on("virtual-camera"))
    world.write_many(1)
    assert world.cameras[1].composites >= 2
    with pytest.raises(LivebgError, match="is on already"):
        world.outputs.switch_on("virtual-camera")
    with pytest.raises(LivebgError, match="virtual-camera is on; switch that off first"):
        world.outputs.switch_on("virtual-camera:pipewire")
    world.outputs.close()
    assert world.cameras[1].is_closed


@pytest.mark.expects_error_log
def test_the_last_one_that_fails_ends_nothing_once_the_user_has_switched_some(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = World(monkeypatch, [], to=("virtual-camera",))
    world.cameras[0].fails = True
    with pytest.raises(SinkError, match="the camera has burnt"):
        world.write()
    world.outputs.close()
    world = World(monkeypatch, [], to=("virtual-camera",))
    world.done(world.outputs.record(str(tmp_path / "a.mkv")))
    world.done(world.outputs.stop_recording())
    world.cameras[0].fails = True
    world.write_many(2)
    assert world.outputs.sinks == ()
    world.until(lambda: world.cameras[0].is_closed, "its end")
    world.outputs.close()


def test_an_end_while_something_opens_leaves_nothing_open(world: World, other: NullSink) -> None:
    world.opens.clear()
    opening = world.outputs.switch_on("virtual-camera")
    world.until(lambda: bool(world.cameras), "the thread that opens it")
    threading.Timer(0.05, world.opens.set).start()
    world.outputs.close()
    assert opening.done()
    assert world.cameras[0].is_closed
    assert world.outputs.sinks == (other,)


def test_what_shows_the_room_is_never_recorded_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: NullSink
) -> None:
    world = World(monkeypatch, [other], show_camera=True)
    for where in (str(tmp_path / "a.mp4"), "rtmp://host/app/key"):
        with pytest.raises(LivebgError, match="--show-camera shows the room, which livebg never records or streams"):
            world.outputs.switch_on(where)
    world.outputs.close()


def test_the_film_that_is_played_is_not_recorded_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: NullSink
) -> None:
    world = World(monkeypatch, [other], source=str(tmp_path / "a.mp4"), force=True)
    with pytest.raises(LivebgError, match="is the source itself"):
        world.outputs.record(str(tmp_path / "a.mp4"))
    world.outputs.close()


def test_an_addresss_secret_is_not_shown_and_its_host_is_name_enough(
    monkeypatch: pytest.MonkeyPatch, other: NullSink
) -> None:
    opened = list[str]()

    def open_sinks(needs: SinkNeeds) -> list[FrameSink]:
        opened.extend(needs.settings.to)
        return [NullSink(is_live=True) for _ in needs.settings.to]

    monkeypatch.setattr(sinks, "open_sinks", open_sinks)
    world = World(monkeypatch, [other], to=("rtmp://host/app/secret",))
    assert {"where": "rtmp://host", "is_on": True} in world.outputs.can_switch()
    world.done(world.outputs.switch_off("rtmp://host"))
    assert {"where": "rtmp://host", "is_on": False} in world.outputs.can_switch()
    world.done(world.outputs.switch_on("rtmp://host"))
    assert opened == ["rtmp://host/app/secret"] * 2
    assert "secret" not in str(world.outputs.can_switch())
    with pytest.raises(LivebgError) as raised:
        world.outputs.switch_off("rtmp://other/secret")
    assert "secret" not in str(raised.value)
    world.outputs.close()


def test_a_window_opens_in_the_main_thread_alone(monkeypatch: pytest.MonkeyPatch, other: NullSink) -> None:
    threads, window = list[str](), NullSink(is_live=True)
    world = World(monkeypatch, [other])

    def open_sinks(_: SinkNeeds) -> list[FrameSink]:
        threads.append(threading.current_thread().name)
        return [window]

    monkeypatch.setattr(sinks, "open_sinks", open_sinks)
    monkeypatch.setattr(display, "has_screen", lambda: True)
    assert {"where": "window", "is_on": False} in world.outputs.can_switch()
    assert world.outputs.switch_on("window").result(0) is None
    assert threads == [threading.main_thread().name]
    assert world.outputs.sinks == (window, other)
    assert world.outputs.switch_off("window").result(0) is None
    failures = list[Exception]()

    def elsewhere() -> None:
        try:
            world.outputs.switch_on("window")
        except SinkError as failure:
            failures.append(failure)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "window systems want the main thread" in str(failures[0])
    world.outputs.close()


def test_closing_a_window_that_was_switched_on_ends_the_window_alone(
    monkeypatch: pytest.MonkeyPatch, other: NullSink
) -> None:
    asked, opened = list[str](), list[SinkNeeds]()
    world = World(monkeypatch, [other])
    world.outputs._needs = replace(world.needs, on_action=asked.append)
    window = NullSink(is_live=True)
    window.is_closed = False  # type: ignore[attr-defined]  # as sinks.preview.window.Preview has it

    def open_sinks(needs: SinkNeeds) -> list[FrameSink]:
        opened.append(needs)
        return [window]

    monkeypatch.setattr(sinks, "open_sinks", open_sinks)
    world.outputs.switch_on("window").result(0)
    for action in ("hide-or-show", "quit"):
        opened[0].on_action(action)
    assert asked == ["hide-or-show", "quit"], "key q ends livebg"
    window.is_closed = True  # type: ignore[attr-defined]
    opened[0].on_action("quit")
    assert asked == ["hide-or-show", "quit"]
    assert world.outputs.sinks == (other,)
    world.outputs.close()


def test_a_new_recording_is_not_in_the_pause_of_the_one_before(world: World, tmp_path: Path) -> None:
    session = world.needs.session
    world.done(world.outputs.record(str(tmp_path / "a.mkv")))
    world.write_many(3)
    session.mark(time.monotonic())
    session.toggle_pause(time.monotonic())
    world.done(world.outputs.stop_recording())
    world.done(world.outputs.record(str(tmp_path / "b.mkv")))
    world.write_many(6)
    assert not session.is_paused
    world.done(world.outputs.stop_recording())
    assert len(read_recording(tmp_path / "b.mkv").times_s) >= 5
    with av.open(str(tmp_path / "b.mkv")) as container:
        assert container.chapters() == [], "a marker of the one before"


def test_the_names_of_outputs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert [is_file(each) for each in ("a.mp4", "window", "virtual-camera:2", "rtmp://h/a/b", "")] == [
        True,
        *[False] * 4,
    ]
    assert [is_virtual_camera(each) for each in ("virtual-camera", "virtual-camera:2", "window")] == [True, True, False]
    assert recordings(world.needs) == [".mp4", ".mkv", ".mov", ".webm"]
    assert [is_recording(each, world.needs) for each in ("a.MP4", "a.png", "window")] == [True, False, False]
    failed = Future[None]()
    failed.set_exception(SinkError("no"))
    say_failure(failed)
    assert "no" in caplog.text
