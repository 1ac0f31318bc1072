"""The holder of the PipeWire camera in a thread of the test, with a camera that only keeps what it is given."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from livebg.core.threads import Worker
from livebg.media.pipewire.holder import Holder, Times
from livebg.media.pipewire.library import NoPipeWire
from livebg.media.pipewire.protocol import SOCKET

QUICK = Times(silent=0.2, card=0.02, retry=0.02, patience=0.1, linger=600.0)


class FakeCamera:
    """A holder.Camera: `pictures` are all that were sent while somebody reads, the last one at the end."""

    def __init__(self, width: int, height: int, fps: float, on_change: Callable[[], None]) -> None:
        self.width, self.height, self.size, self.fps = width, height, width * height * 3 // 2, fps
        self.is_lost = self.is_read = self.is_closed = False
        self.has_session_manager = True
        self.readers: list[str] = []
        self.pictures: list[bytes] = []
        self._on_change = on_change

    def read_by(self, *names: str) -> None:
        self.readers, self.is_read = list(names), bool(names)
        self._on_change()

    def lose(self) -> None:
        self.is_lost, self.is_read = True, False
        self._on_change()

    def send(self, picture: bytearray | memoryview) -> bool:
        if self.is_read:
            self.pictures.append(bytes(picture))
        return self.is_read

    def close(self) -> None:
        self.is_closed = True


class RunningHolder:
    """cameras: all that it has opened, the newest last. has_daemon: False makes it open none."""

    def __init__(self, folder: Path, times: Times = QUICK) -> None:
        self.cameras: list[FakeCamera] = []
        self.has_daemon, self.has_ended = True, threading.Event()
        self._path, self._times = folder / SOCKET, times
        self._listener: socket.socket | None = None
        self.start()

    def start(self) -> None:
        """Again, after it has ended."""
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(self._path))
        self._listener.listen(8)
        self.has_ended.clear()
        self.holder = Holder(self._listener, self._open, self._times)
        self._worker = Worker("holder", self._run)

    def _run(self, _stopping: threading.Event) -> None:
        assert self._listener is not None
        try:
            self.holder.run()
        finally:
            self._listener.close()
            self.has_ended.set()

    def _open(self, width: int, height: int, fps: float, on_change: Callable[[], None]) -> FakeCamera:
        if not self.has_daemon:
            raise NoPipeWire("no daemon answers")
        self.cameras.append(FakeCamera(width, height, fps, on_change))
        return self.cameras[-1]

    @property
    def camera(self) -> FakeCamera:
        return self.cameras[-1]

    def end(self) -> None:
        self.holder.end()
        self._worker.stop(30.0)


@contextmanager
def running_holder(folder: Path, times: Times = QUICK) -> Iterator[RunningHolder]:
    running = RunningHolder(folder, times)
    try:
        yield running
    finally:
        running.end()
