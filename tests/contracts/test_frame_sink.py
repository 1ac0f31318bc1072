"""What every FrameSink promises, wherever the composites go."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
import pyvirtualcam
from composites import composite, room, standby
from implementations import implementations
from requirements import needs_opencv_windows

import livebg.sinks
from livebg.core.plugins import Plugin
from livebg.core.types import FrameSink, Image
from livebg.media.video.formats import recording_form
from livebg.media.video.layers import colour, matte
from livebg.sinks.callback import CallbackSink
from livebg.sinks.contact_sheet import ContactSheetSink
from livebg.sinks.null import NoOutput, NullSink
from livebg.sinks.plugin import PluginSink
from livebg.sinks.preview import window
from livebg.sinks.preview.window import Preview
from livebg.sinks.recording.recorder import Recorder
from livebg.sinks.still_image import StillImageSink
from livebg.sinks.streaming.address import parse_address
from livebg.sinks.streaming.sink import Streamer
from livebg.sinks.virtual_camera import sink as virtual_camera
from livebg.sinks.virtual_camera.devices import VirtualDevice
from livebg.sinks.virtual_camera.every import VirtualCameras
from livebg.sinks.virtual_camera.sink import VirtualCamera


class SilentConnection:
    """A connection without a server."""

    def __init__(self, *_: object) -> None: ...
    def connect(self) -> None: ...
    def close(self) -> None: ...
    def kill(self) -> None: ...

    def picture(self, picture: Image, at_s: float) -> None:
        assert picture.ndim == 3
        assert at_s == at_s


MAKERS: dict[str, Callable[[Path], FrameSink]] = {
    "NullSink": lambda _: NullSink(),
    "NoOutput": lambda _: NoOutput(),
    "CallbackSink": lambda _: CallbackSink(lambda _: None),
    "ContactSheetSink": lambda folder: ContactSheetSink(folder / "strip.png", 1.0),
    "StillImageSink": lambda folder: StillImageSink(folder / "a.png", colour),
    "Recorder": lambda folder: Recorder(folder / "a.mp4", colour, recording_form("composite", ".mp4"), may_drop=False),
    "Recorder, matte": lambda folder: Recorder(folder / "m.mkv", matte, recording_form("matte", ".mkv"), may_drop=True),
    "Preview": lambda _: Preview(lambda _: None, lambda: ""),
    "Streamer": lambda _: Streamer(parse_address("rtmp://h/app/key"), 30.0, connect=SilentConnection),  # type: ignore
    "VirtualCamera": lambda _: VirtualCamera(),
    "VirtualCameras": lambda _: VirtualCameras([VirtualCamera(), NullSink()]),
    "PipeWireCamera": lambda _: pipewire_camera(),
    "PluginSink": lambda _: PluginSink(Plugin("sink", "test", "test 1", None), NullSink()),  # type: ignore[arg-type]
}
LIVE = {"NoOutput", "Preview", "Streamer", "VirtualCamera", "VirtualCameras", "PipeWireCamera"}
COMPOSITES = {
    "ordinary": composite(0.0),
    "standby between frames": standby(),
    "standby for a frame": standby(room(0.1)),
    "transparent": composite(0.2, is_transparent=True),
    "transparent, no matte": standby(room(0.3), is_transparent=True),
    "odd size": composite(0.4, height=23, width=31),
    "one pixel": composite(0.5, height=1, width=1),
}


def pipewire_camera() -> FrameSink:
    """With a holder that says nothing."""
    if not sys.platform.startswith("linux"):
        pytest.skip("PipeWire is Linux'")
    from livebg.media.pipewire.link import Link
    from livebg.media.pipewire.protocol import Channel
    from livebg.sinks.virtual_camera.pipewire import PipeWireCamera

    def connect(width: int, height: int, _fps: float) -> Link:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        silent.append(theirs)
        return Link(Channel(ours), width, height)

    silent: list[socket.socket] = []
    camera = PipeWireCamera(check=lambda: None, connect_to=connect)
    close = camera.close
    camera.close = lambda: (close(), [each.close() for each in silent])  # type: ignore[method-assign,assign]
    return camera


class SilentCamera:
    """pyvirtualcam without a device."""

    def __init__(self, width: int, height: int, fps: float, *, device: str, **_: object) -> None:
        assert width % 2 == height % 2 == 0
        assert fps > 0
        self.device = device

    def send(self, frame: object) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_camera, "choose", lambda _: VirtualDevice("/dev/video20", "livebg"))
    monkeypatch.setattr(virtual_camera, "device_format", lambda _: "")
    monkeypatch.setattr(pyvirtualcam, "Camera", SilentCamera)
    monkeypatch.setattr(window, "why_no_screen", lambda: "")
    for name, answer in {"getWindowProperty": 1.0, "pollKey": -1}.items():
        monkeypatch.setattr(cv2, name, lambda *_, answer=answer: answer)
    for name in ("namedWindow", "resizeWindow", "imshow", "destroyWindow"):
        monkeypatch.setattr(cv2, name, lambda *_: None)
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    monkeypatch.setenv("QT_LOGGING_RULES", "")


@pytest.fixture(params=MAKERS)
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrameSink]:
    if request.param == "Preview":
        needs_opencv_windows()
    made = MAKERS[request.param](tmp_path)
    assert type(made).__name__ == request.param.partition(",")[0]
    yield made
    made.close()


def test_every_sink_is_held_to_this() -> None:
    names = implementations(livebg.sinks, "write", "close", "is_watched")
    assert names == {each.partition(",")[0] for each in MAKERS}


def test_says_what_it_is(sink: FrameSink, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["sink"]
    assert sink.name.strip() == sink.name != ""
    assert sink.is_live is (kind in LIVE)


@pytest.mark.slow
@pytest.mark.parametrize("first", ["ordinary", "standby between frames", "one pixel"])
def test_takes_every_composite_in_any_order(sink: FrameSink, first: str) -> None:
    job = [first, *(name for name in COMPOSITES if name != first), first]
    for name in job:
        sink.write(COMPOSITES[name])


def test_changes_nothing_that_it_is_given(sink: FrameSink) -> None:
    for each in COMPOSITES.values():
        before = each.image.copy(), None if each.alpha is None else each.alpha.copy()
        sink.write(each)
        assert (each.image == before[0]).all()
        assert before[1] is None or (each.alpha == before[1]).all()


def test_can_be_closed_twice_before_and_after_use(
    sink: FrameSink, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    sink.write(composite(0.0))
    sink.close()
    sink.close()
    unused = MAKERS[request.node.callspec.params["sink"]](tmp_path / "elsewhere")
    unused.close()
    unused.close()
    assert not (tmp_path / "elsewhere").exists()
