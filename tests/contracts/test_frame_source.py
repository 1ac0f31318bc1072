"""What every FrameSource promises, asked of every implementation; and how its thread ends."""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import pkgutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from patience import SLACK

import livebg.capture
from livebg.capture.camera import source as webcam
from livebg.capture.camera.devices import Camera
from livebg.capture.camera.source import open_webcam
from livebg.capture.delay import Delayed
from livebg.capture.live_source import LiveSource
from livebg.capture.playback import EveryFrame, OwnPace, Still
from livebg.capture.synthetic.scene import SyntheticScene
from livebg.capture.wrapped import WrappedSource
from livebg.core.errors import SourceError
from livebg.core.settings import Settings
from livebg.core.types import EndOfSource, Frame, FrameSource
from livebg.media.video.clip import VideoClip
from livebg.media.video.types import Picture

WIDTH, HEIGHT = 64, 48
THREADS = ("livebg-camera", "livebg-clip")
PICTURE = np.full((HEIGHT, WIDTH, 3), 50, np.uint8)


class FakeCamera:
    """Stands for cv2.VideoCapture: pictures for ever, or failed reads after `count` of them."""

    def __init__(self, count: int | None = None) -> None:
        self.left = count

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, *_: Any) -> bool:
        return True

    def get(self, *_: Any) -> float:
        return 30.0

    def read(self) -> tuple[bool, Any]:
        threading.Event().wait(0.005)
        if self.left is not None:
            self.left -= 1
        return (True, PICTURE.copy()) if self.left is None or self.left >= 0 else (False, None)

    def release(self) -> None:
        self.left = 0


class BrokenClip(Still):
    """A few pictures, then a failure."""

    def pictures(self) -> Iterator[Picture]:
        yield from itertools.islice(super().pictures(), 3)
        raise SourceError("broken")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _ in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(PICTURE, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def still(pace: str, kind: type[Still] = Still) -> Still:
    return kind(Path("still.png"), PICTURE, 50, pace)


@functools.cache
def scene() -> SyntheticScene:
    """Painted once: it keeps nothing from one playing to the next."""
    return SyntheticScene(WIDTH, HEIGHT, 50)


def camera(count: int | None = None) -> LiveSource:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webcam.cv2, "VideoCapture", lambda *_: FakeCamera(count))
        return open_webcam(Camera(0, "Cam"), Settings(size=f"{WIDTH}x{HEIGHT}"))


MAKE: dict[str, tuple[type, Callable[[Path], FrameSource]]] = {
    "webcam": (LiveSource, lambda _: camera()),
    "file, own pace": (OwnPace, lambda video: OwnPace(VideoClip(str(video)))),
    "file, every frame": (EveryFrame, lambda video: EveryFrame(VideoClip(str(video)))),
    "delayed, own pace": (Delayed, lambda _: Delayed(OwnPace(scene()), 2, lambda _: None)),
    "delayed, every frame": (Delayed, lambda video: Delayed(EveryFrame(VideoClip(str(video))), 2, lambda _: None)),
    "wrapped, every frame": (WrappedSource, lambda video: WrappedSource(EveryFrame(VideoClip(str(video))))),
    "still, own pace": (OwnPace, lambda _: OwnPace(still("own"))),
    "still, every frame": (EveryFrame, lambda _: EveryFrame(still("every-frame"))),
    "synthetic, own pace": (OwnPace, lambda _: OwnPace(scene())),
    "synthetic, every frame": (EveryFrame, lambda _: EveryFrame(scene())),
}
FAILING: dict[str, Callable[[], FrameSource]] = {
    "own pace": lambda: OwnPace(still("own", BrokenClip)),
    "every frame": lambda: EveryFrame(still("own", BrokenClip)),
}


@pytest.fixture(params=MAKE)
def source(request: pytest.FixtureRequest, video: Path) -> Iterator[FrameSource]:
    with closing(MAKE[request.param][1](video)) as source:
        yield source


def some(source: FrameSource, count: int) -> list[Frame]:
    """Up to this many frames, fewer where the source ends."""
    frames: list[Frame] = []
    try:
        while len(frames) < count:
            frame = source.read(2.0)
            assert frame is not None, "nothing came for 2 s"
            frames.append(frame)
    except EndOfSource:
        pass
    return frames


def drain(source: FrameSource) -> None:
    while True:
        source.read(0.5)


def is_thread_left() -> bool:
    return any(each.name in THREADS for each in threading.enumerate())


def test_every_implementation_is_in_the_table() -> None:
    found = set()
    for name in (each.name for each in pkgutil.walk_packages(livebg.capture.__path__, "livebg.capture.")):
        for _, each in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if each.__module__ == name and all(hasattr(each, verb) for verb in ("read", "close", "dropped")):
                found.add(each)
    assert found == {kind for kind, _ in MAKE.values()}


@pytest.mark.slow
def test_frames_are_what_info_says(source: FrameSource) -> None:
    info = source.info
    assert (info.width, info.height) == (WIDTH, HEIGHT)
    assert info.name
    frames = some(source, 4)
    assert frames
    for frame in frames:
        assert frame.image.shape == (HEIGHT, WIDTH, 3)
        assert frame.image.dtype == np.uint8


@pytest.mark.slow
def test_never_backwards(source: FrameSource) -> None:
    frames = some(source, 8)
    assert frames[0].media_time_s < 0.5 * SLACK
    for before, after in itertools.pairwise(frames):
        assert after.sequence > before.sequence
        assert after.media_time_s > before.media_time_s
        assert after.captured_at_s >= before.captured_at_s


@pytest.mark.slow
def test_every_sequence_number_was_read_or_dropped(source: FrameSource) -> None:
    frames = some(source, 4)
    time.sleep(0.1)
    frames += some(source, 1)
    missing = frames[-1].sequence + 1 - len(frames)
    assert 0 <= missing <= source.dropped
    if not source.info.is_live:
        assert source.dropped == 0


def test_closing_twice_is_one_closing_and_reading_on_is_the_end(source: FrameSource) -> None:
    some(source, 1)
    source.close()
    source.close()
    with pytest.raises(EndOfSource):
        drain(source)
    assert not is_thread_left()


def test_closing_unread(source: FrameSource) -> None:
    source.close()
    assert not is_thread_left()


# The five endings.


def ended_within_3_s(source: FrameSource) -> None:
    begun_s = time.monotonic()
    source.close()
    assert time.monotonic() - begun_s < 3 * SLACK
    assert not is_thread_left()


@pytest.mark.slow
def test_ending_1_the_consumer_raises(source: FrameSource) -> None:
    def consume() -> None:
        with closing(source):
            some(source, 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        consume()
    ended_within_3_s(source)


@pytest.mark.slow
def test_ending_2_the_consumer_leaves(source: FrameSource) -> None:
    failures: list[BaseException] = []

    def consume() -> None:
        try:
            drain(source)
        except EndOfSource as end:
            failures.append(end)

    consumer = threading.Thread(target=consume)
    consumer.start()
    time.sleep(0.1)
    ended_within_3_s(source)  # while the other thread is reading
    consumer.join(3 * SLACK)
    assert not consumer.is_alive()
    assert len(failures) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name in MAKE if name.startswith("file")] + ["delayed, every frame", "still, every frame"]
)
def test_ending_3_the_source_ends(name: str, video: Path) -> None:
    source = MAKE[name][1](video)
    frames = some(source, 100)
    expected = 1 if name.startswith("still") else 8
    assert frames[-1].sequence == expected - 1, "the last frame is delivered before the end"
    for _ in range(2):
        with pytest.raises(EndOfSource):
            source.read(1.0)
    ended_within_3_s(source)


@pytest.mark.parametrize("make", FAILING.values(), ids=FAILING)
def test_ending_4_the_producer_fails(make: Callable[[], FrameSource]) -> None:
    source = make()
    begun_s = time.monotonic()
    with pytest.raises(SourceError):
        drain(source)
    assert time.monotonic() - begun_s < 3 * SLACK
    ended_within_3_s(source)


@pytest.mark.slow
def test_ending_4_a_camera_that_is_lost_gives_nothing_until_it_is_back() -> None:
    source = camera(count=4)
    while source.read(1.0) is not None:
        pass  # what was there
    assert source.read(0.1) is None
    ended_within_3_s(source)


@pytest.mark.slow
def test_ending_5_the_consumer_is_too_slow(source: FrameSource) -> None:
    frames = []
    for _ in range(3):
        frames += some(source, 1)
        time.sleep(0.1)
    sequences = [frame.sequence for frame in frames]
    assert sequences == sorted(set(sequences))
    if source.info.is_live:
        assert source.dropped > 0
    ended_within_3_s(source)
