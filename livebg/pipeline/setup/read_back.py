"""Tests the virtual camera: livebg writes the drawn scene to it, another process reads it, and the two must be alike.

Main thread; the reader is a process of its own. The user's camera stays off.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.capture.wrapped import WrappedSource
from livebg.core.errors import SourceError
from livebg.core.own_module import own_environment, own_module
from livebg.core.private_files import temporary_folder
from livebg.core.settings import Settings, change
from livebg.core.types import Composite, EndOfSource, Frame, FrameSource, Image, Reads
from livebg.media.video.types import Picture
from livebg.pipeline.setup.reader import OWN, small

LONGEST_S = 300.0  # the first start compiles livebg's loops
DRAWN = 320, 180  # px; as large as a camera's picture, and with the drawn room, drawing it takes five times as long
WALL = 160  # level
ALIKE = 12.0  # levels: limited range and half the colours cost 1 to 4, another picture differs by 30 and more


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back from one camera. distance: of the pictures from the nearest that was sent, levels 0..255; their
    median, as the standby image is between them where livebg had to wait for a busy machine.

    problem: why nothing came, '' if it did.
    """

    camera: str
    pictures: int = 0
    distance: float = 255.0
    is_moving: bool = False
    problem: str = ""

    @property
    def is_right(self) -> bool:
        return self.pictures > 1 and self.is_moving and self.distance <= ALIKE

    def line(self) -> str:
        if self.is_right:
            return f"{self.camera}: {self.pictures} pictures read back, as they were sent"
        if self.problem or not self.pictures:
            return f"{self.camera}: no picture came back{': ' * bool(self.problem)}{self.problem}"
        if self.distance > ALIKE:
            return f"{self.camera}: another picture came back than livebg sent ({self.distance:.0f} levels apart)"
        return f"{self.camera}: the picture that came back stands still"


class Sent:
    """A FrameSink: keeps a small copy of each composite, and calls `on_first` at the first one with a matte."""

    name = "test of the virtual camera"
    is_live = False
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(self, on_first: Callable[[], None]) -> None:
        self.pictures = list[Image]()
        self._on_first, self._has_begun = on_first, False

    def write(self, composite: Composite) -> None:
        self.pictures.append(small(composite.image))
        if composite.alpha is not None and not self._has_begun:
            self._has_begun = True
            self._on_first()

    def close(self) -> None:
        """Nothing to close."""


class DrawnPerson:
    """A Clip: the drawn person before a plain wall, drawn small and enlarged."""

    name = "synthetic"

    def __init__(self, width: int, height: int, fps: float) -> None:
        from livebg.capture.synthetic.scene import SyntheticScene

        self.width, self.height, self.fps = width, height, fps
        across, down = min(width, DRAWN[0]), min(height, DRAWN[1])
        self._scene = SyntheticScene(across, down, fps, np.full((down, across, 3), WALL, np.uint8))

    def pictures(self) -> Iterator[Picture]:
        for each in self._scene.pictures():
            yield Picture(each.media_time_s, partial(self._enlarged, each))

    def close(self) -> None:
        """Nothing to close."""

    def _enlarged(self, picture: Picture) -> Image:
        return np.asarray(cv2.resize(picture.render(), (self.width, self.height)), np.uint8)


class Until(WrappedSource):
    """A FrameSource that ends once `is_over`. has_ended: it did, unlike after Ctrl-C."""

    def __init__(self, source: FrameSource, is_over: Callable[[], bool]) -> None:
        super().__init__(source)
        self._is_over, self.has_ended = is_over, False

    def read(self, timeout_s: float) -> Frame | None:
        if self._is_over():
            self.has_ended = True
            raise EndOfSource
        return super().read(timeout_s)


def read_back(settings: Settings, cameras: Sequence[str]) -> list[Seen]:
    """What comes back from these cameras, as `--camera` names them. settings: `to` names where livebg writes.

    Raises LivebgError where livebg cannot write, KeyboardInterrupt for Ctrl-C.
    """
    from livebg.capture.playback import play
    from livebg.pipeline.live import run

    wanted = change(alone(settings), {"source": "synthetic", "engine": "selfie"})
    with temporary_folder() as folder, _readers(cameras, folder) as readers:
        has_begun, ends_s = False, time.monotonic() + LONGEST_S

        def begin() -> None:
            nonlocal has_begun
            has_begun = True
            for each in readers:
                _let_read(each)

        def is_over() -> bool:
            have_ended = all(each.poll() is not None for each in readers)
            return have_ended or time.monotonic() > ends_s

        sent, source = Sent(begin), Until(play(DrawnPerson(*wanted.frame_size, wanted.fps), wanted.pace), is_over)
        with _without_load_control():
            run.run(wanted, [sent], source)
        if not source.has_ended:
            raise KeyboardInterrupt
        missing = "" if has_begun else "livebg made no picture to send"
        problems = [_said(each) or missing for each in readers]
        return [
            judge(camera, sent.pictures, _file(folder, number), problems[number])
            for number, camera in enumerate(cameras)
        ]


@contextmanager
def _without_load_control() -> Iterator[None]:
    """Without its warnings, which concern calls."""
    speaker = logging.getLogger("livebg.pipeline.live.load_control")
    before = speaker.level
    speaker.setLevel(logging.ERROR)
    try:
        yield
    finally:
        speaker.setLevel(before)


def alone(settings: Settings) -> Settings:
    """For a run of setup's own: it records nothing, and nobody steers it."""
    return change(settings, {"matte_to": "", "mic": "", "hide": False, "seconds": 0, "pace": Settings().pace})


def _file(folder: Path, number: int) -> Path:
    return folder / f"read{number}.npy"


@contextmanager
def _readers(cameras: Sequence[str], folder: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """A process for each camera, which waits for _let_read(): its libraries load beside livebg's. All end here."""
    readers = list[subprocess.Popen[str]]()
    try:
        for number, each in enumerate(cameras):
            command = own_module("livebg.pipeline.setup.reader", each, str(_file(folder, number)))
            pipe, own = subprocess.PIPE, own_environment()
            readers.append(subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True, errors="replace", env=own))
        yield readers
    finally:
        for reader in readers:
            if reader.poll() is None:
                reader.kill()
            reader.communicate()


def _let_read(reader: subprocess.Popen[str]) -> None:
    assert reader.stdin is not None
    with suppress(OSError):  # it has ended already; _said() tells why
        reader.stdin.write("\n")
        reader.stdin.flush()


def _said(reader: subprocess.Popen[str]) -> str:
    """The last line of its errors; '' where it ended well, or not yet."""
    if not reader.poll():
        return ""
    assert reader.stderr is not None
    lines = reader.stderr.read().strip().splitlines()
    return lines[-1] if lines else f"the reader ended with exit code {reader.returncode}"


def judge(camera: str, sent: Sequence[Image], file: Path, problem: str) -> Seen:
    """sent: uint8 (h, w, 3) each; file: what was read, uint8 (n, h, w, 3), as .npy."""
    if problem or not file.exists():
        return Seen(camera, problem=problem)
    read: NDArray[np.float32] = np.load(file).astype(np.float32)
    if not len(read) or not sent:
        return Seen(camera)
    every = np.array(sent, np.float32)
    nearest = [min(float(np.abs(each - other).mean()) for other in every) for each in read]
    is_moving = any(float(np.abs(each - read[0]).mean()) > 0 for each in read[1:])
    return Seen(camera, len(read), float(np.median(nearest)), is_moving)


def cameras_written(settings: Settings) -> list[str]:
    """How `--camera` names the cameras that livebg writes to. Raises SinkError, SourceError where there is none."""
    if sys.platform != "linux":
        return [_obs_camera()]
    from livebg.sinks.virtual_camera.devices import choose, list_virtual_cameras
    from livebg.sinks.virtual_camera.every import PIPEWIRE, why_no_pipewire

    named = _named(settings)
    has_pipewire = named in ("", PIPEWIRE) and not why_no_pipewire()
    if named == PIPEWIRE or (has_pipewire and not list_virtual_cameras()):
        return [OWN]
    chosen = choose(named)
    return [*([chosen.device] if chosen is not None else []), *([OWN] if has_pipewire else [])]


def _named(settings: Settings) -> str:
    """The device in `to`; '' for any."""
    named = [each.partition(":")[2] for each in settings.to if each.partition(":")[0] == "virtual-camera"]
    return next(iter(named), "")


def _obs_camera() -> str:
    from livebg.capture.camera.devices import list_cameras

    virtual = [each.name for each in list_cameras() if each.is_virtual]
    if not virtual:
        raise SourceError("no virtual camera is listed; start OBS's virtual camera once, stop it and close OBS")
    return virtual[0]
