from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from composites import LEFT, composite
from patience import until

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from pipewire_camera import QUICK, RunningHolder, running_holder

from livebg.core.errors import SinkError
from livebg.core.types import Composite, Image
from livebg.media.pipewire.library import NoPipeWire
from livebg.media.pipewire.link import Link, connect
from livebg.media.pipewire.protocol import Channel
from livebg.sinks.virtual_camera import pipewire as module
from livebg.sinks.virtual_camera.i420 import converted
from livebg.sinks.virtual_camera.pipewire import Attempt, PipeWireCamera


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningHolder]:
    with running_holder(tmp_path) as made:
        yield made


@pytest.fixture
def camera(running: RunningHolder, tmp_path: Path) -> Iterator[PipeWireCamera]:  # noqa: ARG001 - it must run
    made = opened(tmp_path)
    yield made
    made.close()
    made.close()


def opened(folder: Path, **values: object) -> PipeWireCamera:
    connecting = partial(connect, start=lambda: None, folder=folder)
    return PipeWireCamera(fps=25.0, check=lambda: None, connect_to=connecting, **values)  # type: ignore[arg-type]


def bgr(picture: bytes, height: int = 24, width: int = 32) -> Image:
    yuv = np.frombuffer(picture, np.uint8).reshape(height * 3 // 2, width)
    return np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR_I420), np.uint8)


def shows(running: RunningHolder, colour: tuple[int, int, int]) -> bool:
    pictures = running.camera.pictures
    return bool(pictures) and bool(np.abs(bgr(pictures[-1])[12, 0].astype(int) - colour).max() < 8)


def test_a_picture_in_lent_memory_reaches_readers(running: RunningHolder, camera: PipeWireCamera) -> None:
    assert camera.lend(24, 32) is None, "not opened yet"
    camera.write(composite())
    running.camera.read_by("firefox")
    assert camera.lend(48, 64) is None, "another size"
    until(lambda: (memory := camera.lend(24, 32)) is not None and _shown(running, camera, memory), "the picture")
    camera.lend(24, 32)
    camera.write(composite())
    until(lambda: shows(running, LEFT), "a composite that lies elsewhere is copied")


def _shown(running: RunningHolder, camera: PipeWireCamera, memory: Image) -> bool:
    green = Composite(np.full((24, 32, 3), (0, 200, 0), np.uint8))
    camera.write(converted(green, memory))
    return shows(running, (0, 200, 0))


def test_readers_get_the_composites(
    running: RunningHolder, camera: PipeWireCamera, caplog: pytest.LogCaptureFixture
) -> None:
    assert camera.is_watched, "not known before the first composite"
    with caplog.at_level(logging.INFO):
        camera.write(composite())
        assert (running.camera.width, running.camera.height, running.camera.fps) == (32, 24, 25.0)
        until(lambda: not camera.is_watched, "the holder's word that nobody reads")
        running.camera.read_by("firefox")
        until(lambda: camera.is_watched, "the reader")

        def write() -> bool:
            camera.write(composite())
            return shows(running, LEFT)

        until(write, "the composite")
        until(lambda: camera.is_watched and "firefox" in caplog.text, "the reader's name")
    assert "virtual camera livebg (PipeWire): read by firefox" in caplog.messages


def test_a_program_that_has_left_counts_a_while(
    running: RunningHolder, camera: PipeWireCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    camera.write(composite())
    running.camera.read_by("firefox")
    until(lambda: camera.is_watched and camera._readers == ("firefox",), "the reader")
    running.camera.read_by()
    until(lambda: camera.is_watched and camera._readers == (), "no reader")
    now_s[0] += module.LINGER_S - 0.1
    assert camera.is_watched
    now_s[0] += 0.2
    assert not camera.is_watched


def test_the_card_goes_along_and_a_new_one_follows(
    running: RunningHolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    cards = [np.full((23, 31, 3), 200, np.uint8)]
    camera = opened(tmp_path, standby=lambda: cards[-1])
    camera.write(composite())
    running.camera.read_by("firefox")
    until(lambda: shows(running, (200, 200, 200)), "the first card")
    cards.append(np.full((24, 32, 3), (10, 200, 30), np.uint8))
    now_s[0] += module.CARD_S
    camera.write(composite())
    until(lambda: shows(running, (10, 200, 30)), "the second card")
    camera.close()
    until(lambda: shows(running, (10, 200, 30)), "the card without livebg")


def test_a_size_that_a_reader_holds_is_followed(
    running: RunningHolder, camera: PipeWireCamera, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    camera.write(composite())
    running.camera.read_by("firefox")
    until(lambda: camera.is_watched and camera._readers == ("firefox",), "the reader")
    camera.close()
    other = opened(tmp_path)
    other.write(composite(height=48, width=64))
    assert len(running.cameras) == 1
    assert "a program reads it at 32x24; composites are fitted to that" in caplog.text
    until(lambda: shows(running, LEFT), "the fitted composite")
    other.close()


def test_a_lost_holder_is_replaced(
    running: RunningHolder, camera: PipeWireCamera, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        camera.write(composite())
        running.end()
        until(lambda: not camera.is_watched and camera._link is None, "the loss")
        assert not camera.is_watched, "no camera, nobody watches"
        running.start()

        def is_back() -> bool:
            camera.write(composite())
            return camera._link is not None

        until(is_back, "the next holder")
        running.camera.read_by("firefox")
        until(lambda: is_back() and shows(running, LEFT), "frames in it")
    assert (running.camera.width, running.camera.height) == (32, 24)
    told = [each for each in caplog.messages if "ended" in each or "back" in each]
    assert len(told) == 2
    assert "the process that keeps it has ended" in told[0]
    assert told[1] == "virtual camera livebg (PipeWire): is back"


def test_it_never_waits_for_a_holder_that_hangs() -> None:
    """A stopped holder takes the slots, then frames are dropped."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    camera = PipeWireCamera(check=lambda: None, connect_to=lambda *size: Link(Channel(ours), size[0], size[1]))
    for _ in range(100):
        camera.write(composite())
    heard = [Channel(theirs).receive() for _ in range(6)]
    assert [each[0] for each in heard if each][1:] == [{"frame": each} for each in (1, 2, 3, 4)]
    theirs.close()
    camera.write(composite())
    camera.write(composite())
    camera.close()


def test_what_the_holder_says_is_wrong_is_logged_once(
    running: RunningHolder, camera: PipeWireCamera, caplog: pytest.LogCaptureFixture
) -> None:
    camera.write(composite())
    running.camera.has_session_manager = False
    until(lambda: (camera.is_watched, "WirePlumber does not run" in caplog.text)[1], "the problem")  # asking reads it
    assert caplog.text.count("WirePlumber does not run") == 1


def test_no_pipewire_is_told_before_anything_runs() -> None:
    def refuse() -> None:
        raise NoPipeWire("no daemon answers; start it")

    with pytest.raises(SinkError, match=r"virtual camera livebg \(PipeWire\): no daemon answers; start it"):
        PipeWireCamera(check=refuse)


def test_a_busy_camera_is_told_at_the_first_composite(running: RunningHolder, camera: PipeWireCamera) -> None:
    camera.write(composite())
    other = opened(running._path.parent)
    with pytest.raises(SinkError, match="another livebg writes to it"):
        other.write(composite())
    other.close()


def test_an_attempt_that_nobody_needs_is_closed(tmp_path: Path) -> None:
    with running_holder(tmp_path, QUICK):
        Attempt(partial(connect, 8, 4, 30.0, None, tmp_path)).end()
        connect(8, 4, 30.0, None, tmp_path).close()

    def refuse() -> None:
        raise NoPipeWire("no")

    Attempt(refuse).end()  # type: ignore[arg-type]
