"""A stream is a camera: the newest picture, found again when it is lost; with a camera of the network on 127.0.0.1."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from network_camera import NetworkCamera, network_camera
from patience import frames_until, until
from written_films import written

from livebg.capture import live_source, open_source, stream
from livebg.capture.live_source import LiveSource
from livebg.capture.playback import EveryFrame, OwnPace
from livebg.capture.stream import is_live
from livebg.core.errors import SettingsError, SourceError
from livebg.core.settings import Settings
from livebg.core.types import Frame, FrameSource
from livebg.media.video import open as media_opening


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[NetworkCamera]:
    monkeypatch.setattr(live_source, "POLL_S", 0.05)
    with network_camera() as camera:
        yield camera


def _open(address: str, **settings: Any) -> FrameSource:
    return open_source(Settings(source=address, **settings))


def _is(shade: int) -> Callable[[Frame], bool]:
    return lambda frame: abs(float(frame.image.mean()) - shade) < 4


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


@pytest.mark.slow
def test_it_is_played_as_a_camera(camera: NetworkCamera) -> None:
    with closing(_open(camera.address)) as source:
        assert isinstance(source, LiveSource)
        assert (source.info.name, source.info.width, source.info.height) == (camera.address, 64, 48)
        assert source.info.is_live
        assert source.info.fps == 0, "FFmpeg's 25 a second are invented"
        frames_until(source, lambda frame: frame.sequence >= 10)


@pytest.mark.slow
def test_however_slow_its_reader_the_picture_is_the_newest(camera: NetworkCamera) -> None:
    """Without time stamps FFmpeg says 25 a second; this one sends 50."""
    with closing(_open(camera.address)) as source:
        frames_until(source, _is(40))
        time.sleep(1.0)
        camera.shade = 200
        asked = 0
        while not _is(200)(frames_until(source, lambda _: True)[-1]):
            asked += 1
            time.sleep(0.2)
        assert asked < 10, "25 pictures of the old shade would wait"
        assert source.dropped > 0


@pytest.mark.slow
def test_a_stall_does_not_stay_as_lag(camera: NetworkCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream.Stream, "patience_s", 60.0)
    with closing(_open(camera.address)) as source:
        frames_until(source, _is(40))
        camera.is_stalled = True
        time.sleep(1.0)
        camera.shade, camera.is_stalled = 200, False
        frames = frames_until(source, _is(200))
        assert len(frames) < 25, "of the 50 that were held back those that are shown are the newest"
        assert camera.connections == 1


@pytest.mark.slow
@pytest.mark.parametrize("is_silent", [False, True], ids=["closed", "silent"])
def test_lost_it_is_told_and_looked_for(
    camera: NetworkCamera, is_silent: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stream.Stream, "patience_s", 0.3)
    with closing(_open(camera.address)) as source:
        frames_until(source, _is(40))
        if is_silent:
            camera.is_stalled = True
        else:
            camera.limit_s = 0.0
        until(lambda: source.read(0.0) is None and _warnings(caplog) != [], "a warning")
        camera.shade, camera.size, camera.is_stalled, camera.limit_s = 200, (96, 96), False, float("inf")
        frames = frames_until(source, _is(200))
        assert frames[-1].image.shape == (48, 64, 3), "another size is fitted to the first"
        frames_until(source, lambda frame: frame.sequence > frames[-1].sequence + 2)
    said = _warnings(caplog)
    reason = "no picture for" if is_silent else "the connection broke off"
    assert said[0].startswith(f"{camera.address} was lost: {reason}")
    assert said[0].endswith("; livebg looks for it")
    assert said[1:] == [f"{camera.address} is back", f"{camera.address} sends 96x96 now; fitted to 64x48"]
    assert not any("immediate exit" in each for each in said)
    sequences = [frame.sequence for frame in frames]
    assert sequences == sorted(set(sequences))


@pytest.mark.slow
def test_nobody_listens_for_a_while(camera: NetworkCamera, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with closing(_open(camera.address)) as source:
        frames_until(source, _is(40))
        camera.stop()
        while (frame := source.read(0.5)) is not None:
            assert _is(40)(frame)
        time.sleep(0.5)
        camera.shade = 200
        camera.start()
        frames_until(source, _is(200))
    told = [each.getMessage() for each in caplog.records if "not back yet" in each.getMessage()]
    assert len(told) == len(set(told)), "the same reason is told once"
    assert "connection refused" in told[-1]


@pytest.mark.slow
def test_closing_does_not_wait_for_a_network_that_hangs(camera: NetworkCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream.Stream, "patience_s", 0.2)
    monkeypatch.setattr(media_opening, "READ_TIMEOUT_S", 1.5)
    monkeypatch.setattr(media_opening, "OPEN_TIMEOUT_S", 1.5)
    for hang in ("is_stalled", "is_hanging"):
        source = _open(camera.address)
        frames_until(source, _is(40))
        setattr(camera, hang, True)
        camera.is_stalled = True
        ends_s = time.monotonic() + 0.8  # by now it reads in vain, or connects in vain
        while time.monotonic() < ends_s:
            source.read(0.1)
        begun_s = time.monotonic()
        source.close()
        assert time.monotonic() - begun_s < 1.2
        camera.is_stalled = camera.is_hanging = False


@pytest.mark.slow
def test_at_the_start_nobody_answers(camera: NetworkCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_opening, "OPEN_TIMEOUT_S", 0.5)
    camera.is_hanging = True
    with pytest.raises(SourceError) as told:
        _open(camera.address)
    assert str(told.value) == (
        f"stream {camera.address} (nothing came within 0.5 s); check the address and the network"
    )


def test_at_the_start_it_may_be_interrupted(camera: NetworkCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_opening, "OPEN_TIMEOUT_S", 1.5)
    camera.is_hanging = True
    asked = threading.Event()
    threading.Timer(0.2, asked.set).start()
    with pytest.raises(KeyboardInterrupt):
        open_source(Settings(source=camera.address), asked.is_set)


def test_at_the_start_rubbish_comes() -> None:
    with _served(b"no picture" * 999) as address, pytest.raises(SourceError) as told:
        _open(address)
    assert str(told.value).startswith(f"stream {address} (no video or picture comes from there); ")


@pytest.mark.slow
def test_it_rests_while_nobody_looks(camera: NetworkCamera) -> None:
    with closing(_open(camera.address)) as source:
        assert source.info.can_rest
        frames_until(source, _is(40))
        source.rest(True)
        while source.read(0.5) is not None:
            pass
        assert camera.connections == 1
        camera.shade = 200
        source.rest(False)
        frames_until(source, _is(200))
        assert camera.connections == 2


@pytest.mark.slow
@pytest.mark.parametrize(("pace", "kind"), [("own", OwnPace), ("every-frame", EveryFrame), ("live", LiveSource)])
def test_pace_decides_otherwise(camera: NetworkCamera, pace: str, kind: type) -> None:
    with closing(_open(camera.address, pace=pace)) as source:
        assert type(source) is kind


def test_a_file_is_never_live(make_clip: Callable[..., Path]) -> None:
    clip = make_clip()
    with pytest.raises(SettingsError, match="--pace live is for streams"):
        _open(str(clip), pace="live")
    with closing(_open(f"file://{clip}")) as source:
        assert type(source) is OwnPace


@pytest.mark.parametrize(
    ("place", "form", "length_us", "size", "expected"),
    [
        ("rtsp://c/1", "rtsp", None, -1, True),
        ("srt://c:9", "mpegts", None, -1, True),
        ("UDP://c:9", "mpegts", None, -1, True),
        ("tcp://c:9", "mjpeg", None, -1, True),
        ("http://c/video", "mpjpeg", None, -38, True),
        ("http://c/video", "mpjpeg", None, 5_000_000, True),
        ("http://c/tv", "mpegts", None, -38, True),
        ("http://c/talk.mp4", "mov,mp4,m4a,3gp,3g2,mj2", 9_000_000, 5_000_000, False),
        ("https://c/talk.webm", "matroska,webm", 9_000_000, -38, False),
        ("http://c/talk.mjpeg", "mjpeg", None, 5_000_000, False),
        ("http://c/live.m3u8", "hls", None, -38, False),
        ("http://c/shot.jpg", "jpeg_pipe", None, -38, False),
    ],
)
def test_what_counts_as_live(place: str, form: str, length_us: int | None, size: int, expected: bool) -> None:
    container: Any = SimpleNamespace(format=SimpleNamespace(name=form), duration=length_us, size=size)
    assert is_live(place, container) is expected


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@contextmanager
def _sent_by_ffmpeg(address: str, codec: str, shade: int, size: str) -> Iterator[None]:
    if shutil.which("ffmpeg") is None:
        pytest.skip("needs ffmpeg")
    colour = f"color=0x{shade:02x}{shade:02x}{shade:02x}:s={size}:r=25"
    codecs = {"h264": ("libx264", "-bf", "2", "-tune", "grain"), "mpeg2": ("mpeg2video",)}[codec]
    sound = ("-f", "lavfi", "-i", "sine", "-c:a", "mp2")
    command = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", colour, *sound, "-c:v", *codecs, "-g", "25"]
    sender = subprocess.Popen([*command, "-pix_fmt", "yuv420p", "-f", "mpegts", address], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        sender.kill()
        sender.wait()


@pytest.mark.slow
def test_a_sender_of_udp_comes_back_with_another_codec_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream.Stream, "patience_s", 1.0)
    address = f"udp://127.0.0.1:{_free_port(socket.SOCK_DGRAM)}"
    with _sent_by_ffmpeg(address, "h264", 60, "320x240"):
        source = _open(address)
        with closing(source):
            assert (source.info.width, source.info.height) == (320, 240)
            frames_until(source, _is(60))
    with _sent_by_ffmpeg(address, "h264", 60, "320x240"):
        source = _open(address)
    with closing(source), _sent_by_ffmpeg(address, "mpeg2", 180, "160x120"):
        assert frames_until(source, _is(180))[-1].image.shape == (240, 320, 3)


@contextmanager
def _served(data: bytes) -> Iterator[str]:
    """An address that gives this once and then ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError), server.accept()[0] as connection:
                connection.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_time_stamps_do_not_matter(make_clip: Callable[..., Path]) -> None:
    """Two clips of 2.5 s whose clocks both begin at 0, as fast as the network takes them."""
    data = make_clip("a.ts", shades=tuple(range(20, 220, 4)), codec="mpeg2video").read_bytes()
    with _served(2 * data + b"rubbish" * 5000) as address, closing(_open(address)) as source:
        frames = frames_until(source, _is(214))
        assert frames[-1].media_time_s < 2.5


@pytest.mark.slow
def test_interlaced_lines_are_made_whole_and_pixels_square(tmp_path: Path) -> None:
    """Each picture's odd lines are black and its even ones white or the other way round, which is a comb where it is
    shown as it came; a pixel is 4/3 as wide as high."""
    comb = "geq=lum='if(eq(mod(Y+N,2),0),16,235)':cb=128:cr=128"
    fields = ("-vf", f"{comb},setsar=4/3,setfield=tff", "-flags", "+ildct+ilme", "-c:v", "mpeg2video", "-q:v", "2")
    data = written(tmp_path / "dvr.ts", "-pix_fmt", "yuv420p", *fields, size="96x72").read_bytes()
    with _served(data) as address, closing(_open(address)) as source:
        assert (source.info.width, source.info.height) == (128, 72)
        image = frames_until(source, lambda frame: frame.sequence >= 1)[-1].image.astype(int)
    assert np.abs(image[10:60:2] - image[11:60:2]).mean() < 60, "219 apart in the comb"
