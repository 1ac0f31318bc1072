"""The holder: a small process that owns the PipeWire camera and outlives livebg, so that a call keeps its track.

It shows livebg's composites, and the standby card while livebg is silent or gone; it ends when nobody reads and livebg
is gone. One for each user. The standard library alone, and nothing of livebg's that loads more. It has one thread, and
PipeWire's own, which only wakes it.
"""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"
from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from livebg.core.private_files import make_runtime_folder
from livebg.core.version import VERSION
from livebg.media.pipewire.library import NoPipeWire
from livebg.media.pipewire.protocol import CARD, LOCK, LOG, PROTOCOL, SLOTS, SOCKET, Channel, FrameMemory, Gone

NO_LINKS = "WirePlumber does not run, so that no program can read the camera; systemctl --user start wireplumber"


class Camera(Protocol):
    """The node in PipeWire: output.CameraOutput."""

    width: int
    height: int
    size: int

    @property
    def is_lost(self) -> bool: ...

    @property
    def is_read(self) -> bool: ...

    @property
    def readers(self) -> list[str]: ...

    @property
    def has_session_manager(self) -> bool: ...

    def send(self, picture: bytearray | memoryview) -> bool: ...

    def close(self) -> None: ...


OpenCamera = Callable[[int, int, float, Callable[[], None]], Camera]


@dataclass(frozen=True, slots=True)
class Times:
    """All in s. silent: without a frame for so long, the card shows, every `card`; retry: PipeWire is tried again;
    patience: WirePlumber may take so long to come; linger: how long the holder outlives livebg without a reader."""

    silent: float = 0.5
    card: float = 0.25
    retry: float = 0.5
    patience: float = 3.0
    linger: float = 5.0


class Holder:
    """Serves livebg at `listener` until run() returns, which closes everything but the listener."""

    def __init__(self, listener: socket.socket, open_camera: OpenCamera, times: Times = Times()) -> None:
        self._listener, self._open, self._times = listener, open_camera, times
        listener.setblocking(False)
        self._wakes = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._newcomers = list[Channel]()
        self._livebg: Channel | None = None
        self._memory: FrameMemory | None = None
        self._camera: Camera | None = None
        self._wanted, self._card = (0, 0, 30.0), bytearray()
        self._shown: int | None = None  # the slot of the last composite, which is the holder's until the next one comes
        self._framed_s = self._carded_s = self._opened_s = self._tried_s = float("-inf")
        self._alone_s, self._problem, self._status = time.monotonic(), "", dict[str, Any]()
        self._gives_way = False

    def run(self) -> None:
        try:
            while not self._is_over():
                self._wait()
                self._hear_livebg()
                self._hear_newcomers()
                self._keep_camera()
                self._show_card()
                self._tell()
        finally:
            self._leave()
            for each in self._newcomers:
                each.close()
            if self._camera is not None:
                self._camera.close()
            os.close(self._wakes)

    def end(self) -> None:
        """From any thread: run() returns soon."""
        self._gives_way = True
        self._wake()

    def _is_over(self) -> bool:
        is_needed = self._livebg is not None or self._is_read
        if is_needed:
            self._alone_s = time.monotonic()
        return self._gives_way or time.monotonic() - self._alone_s >= self._times.linger

    @property
    def _is_read(self) -> bool:
        return self._camera is not None and self._camera.is_read

    def _wait(self) -> None:
        heard: list[Any] = [
            self._listener,
            self._wakes,
            *self._newcomers,
            *([] if self._livebg is None else [self._livebg]),
        ]
        ready, _, _ = select.select(heard, [], [], self._times.card)
        if self._wakes in ready:
            os.eventfd_read(self._wakes)
        if self._listener in ready:
            with contextlib.suppress(OSError):
                self._newcomers.append(Channel(self._listener.accept()[0]))

    def _wake(self) -> None:
        """In PipeWire's thread."""
        with contextlib.suppress(OSError):
            os.eventfd_write(self._wakes, 1)

    def _hear_livebg(self) -> None:
        """Takes all that livebg has said; of several frames only the last is shown."""
        before_s = self._framed_s
        try:
            while self._livebg is not None and (heard := self._livebg.receive()) is not None:
                self._take(*heard)
            if self._framed_s != before_s and self._shown and self._memory and self._camera:
                self._camera.send(self._memory.picture(self._shown))
        except (Gone, OSError, KeyError, TypeError, ValueError):
            self._leave()

    def _take(self, message: dict[str, Any], handle: int | None) -> None:
        """Raises Gone, or what a wrong message makes of itself."""
        if handle is not None and self._memory is None:
            self._memory = FrameMemory(len(self._card), handle)
        elif handle is not None:
            os.close(handle)
        if self._memory is None or self._livebg is None:
            raise Gone("it sent no memory")
        if "card" in message:
            self._card[:] = self._memory.picture(CARD)
        if "frame" in message:
            slot = SLOTS[SLOTS.index(message["frame"])]
            if self._shown is not None:
                self._livebg.send(free=[self._shown])
            self._shown, self._framed_s = slot, time.monotonic()

    def _overwrite_last(self) -> None:
        """The last composite becomes the card; its slot is livebg's again."""
        shown, self._shown = self._shown, None
        if shown is not None and self._memory is not None:
            self._memory.picture(shown)[:] = self._card
            if self._livebg is not None:
                with contextlib.suppress(Gone):
                    self._livebg.send(free=[shown])

    def _leave(self) -> None:
        """livebg has gone: closes its channel and memory, and shows the card at once."""
        if self._memory is not None:
            self._overwrite_last()
            self._memory.close()
        if self._livebg is not None:
            self._livebg.close()
        self._livebg = self._memory = None
        self._framed_s = float("-inf")

    def _hear_newcomers(self) -> None:
        for each in list(self._newcomers):
            try:
                heard = each.receive()
                if heard is None:
                    continue
                if heard[1] is not None:
                    os.close(heard[1])
                is_livebg = self._greet(each, heard[0])
            except (Gone, KeyError, TypeError, ValueError):
                is_livebg = False
            self._newcomers.remove(each)
            if not is_livebg:
                each.close()

    def _greet(self, channel: Channel, hello: dict[str, Any]) -> bool:
        """Whether it is livebg from now on. One of another version gets a holder of its own, if nobody reads."""
        about: dict[str, Any] = {"protocol": PROTOCOL, "version": VERSION}
        is_same = (hello["protocol"], hello["version"]) == (PROTOCOL, VERSION)
        refusal = "busy" if self._livebg is not None else "version" if hello["protocol"] != PROTOCOL else ""
        if not is_same and self._livebg is None and not self._is_read:
            self._gives_way = True
            return False  # the channel closes without an answer: livebg tries again, and starts a holder of its own
        if refusal:
            readers = self._camera.readers if self._camera is not None else []
            channel.send(**about, refused=refusal, readers=readers)
            return False
        width, height, fps = int(hello["width"]), int(hello["height"]), float(hello["fps"])
        self._fit(width, height, fps)
        channel.send(**about, width=self._wanted[0], height=self._wanted[1])
        self._livebg, self._status = channel, {}
        return True

    def _fit(self, width: int, height: int, fps: float) -> None:
        """Takes this size, unless somebody reads the camera at another one."""
        if min(width, height) < 2 or width % 2 or height % 2:
            raise ValueError("sides must be even")
        if (width, height) == self._wanted[:2] or self._is_read:
            return
        if self._camera is not None:
            self._camera.close()
            self._camera = None
        self._wanted, self._card = (width, height, fps), black(width, height)
        self._tried_s = float("-inf")
        self._keep_camera()

    def _keep_camera(self) -> None:
        """Opens the camera, and again when PipeWire has gone and come back."""
        now_s = time.monotonic()
        if self._camera is not None and self._camera.is_lost:
            self._camera.close()
            self._camera, self._problem = None, "PipeWire has gone; livebg connects again when it is back"
        if self._camera is None and self._wanted[0] and now_s - self._tried_s >= self._times.retry:
            self._tried_s = now_s
            try:
                self._camera = self._open(*self._wanted, self._wake)
                self._opened_s, self._problem = now_s, ""
            except NoPipeWire as failure:
                self._problem = self._problem or str(failure)

    def _show_card(self) -> None:
        now_s = time.monotonic()
        if now_s - self._framed_s < self._times.silent:
            return
        self._overwrite_last()
        if self._is_read and self._camera is not None and now_s - self._carded_s >= self._times.card * 0.9:
            self._carded_s = now_s
            self._camera.send(self._card)

    def _tell(self) -> None:
        """Tells livebg who reads and what is wrong, when that has changed."""
        if self._livebg is None:
            return
        problem, readers = self._problem, list[str]()
        if self._camera is not None:
            has_waited = time.monotonic() - self._opened_s >= self._times.patience
            problem = NO_LINKS if has_waited and not self._camera.has_session_manager else ""
            readers = self._camera.readers if self._is_read else []
        status = {"is_read": self._is_read, "readers": readers, "problem": problem}
        if status != self._status:
            self._status = status
            try:
                self._livebg.send(status=status)
            except Gone:
                self._leave()


def black(width: int, height: int) -> bytearray:
    """I420, until livebg has handed over its card."""
    return bytearray(b"\x10") * (width * height) + bytearray(b"\x80") * (width * height // 2)


def main() -> int:
    """Takes the user's lock, listens, and goes on in a process of its own; the caller may connect when this returns."""
    from livebg.core.file_lock import FileLock

    place = make_runtime_folder()
    lock = FileLock(place / LOCK)
    if not lock.is_held:
        return 0  # another holder is there
    listener = _listen(place / SOCKET)
    if os.fork():
        os._exit(0)
    try:
        _detach(place / LOG)
        from livebg.media.pipewire.output import CameraOutput

        Holder(listener, CameraOutput).run()
    finally:
        with contextlib.suppress(OSError):
            (place / SOCKET).unlink()
        listener.close()
        lock.release()
    return 0


def _listen(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # a killed holder's: this process has the lock
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    old = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(old)
    listener.listen(8)
    return listener


def _detach(log: Path) -> None:
    """No terminal, no pipe to livebg; what Python writes goes to a file that begins anew each time."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.chdir("/")
    null, written = os.open(os.devnull, os.O_RDWR), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for standard, handle in ((0, null), (1, null), (2, written)):
        os.dup2(handle, standard)
    os.close(null)
    os.close(written)


if __name__ == "__main__":
    sys.exit(main())
