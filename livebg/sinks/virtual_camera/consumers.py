"""Whether any program reads a virtual camera: one thread keeps the flag `is_watched` up to date. Linux only.

There are two sources: v4l2loopback's event, and the processes that hold the device node open. Each is a file handle to
poll and an answer when it has news; both raise OSError where they do not work, and then the camera counts as watched.
A program that only lists cameras does not count as a consumer; one that has just left still does.
"""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"
from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import select
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

from livebg.core import videodev2
from livebg.core.errors import one_line
from livebg.core.threads import Worker

log = logging.getLogger(__name__)

NAMES_S = 2.0
LINGER_S = 3.0  # a program that reopens the camera (another size, after a test picture) finds it still running
PROC = Path("/proc")

_CLIENT_USAGE, _SEND_INITIAL = 0x10E00001, 1


class ConsumerWatch:
    """Follows the consumers of `device` until close(). The writer must not open or close it in that time.

    linger_s: how long a program that has left still counts.
    """

    def __init__(self, device: str, linger_s: float = LINGER_S) -> None:
        self._device, self._linger_s = device, linger_s
        self._is_watched = True
        self._names, self._named_s = tuple[str, ...](), float("-inf")
        self._ends = os.eventfd(0)
        self._worker = Worker("watching", self._run, self._wake, self._give_up)

    @property
    def is_watched(self) -> bool:
        return self._is_watched

    @property
    def names(self) -> tuple[str, ...]:
        """The applications that hold the device, as far as this user may see them, looked up every NAMES_S at most. Any
        thread; the main thread, whose loop would wait some milliseconds, gets the last answer."""
        if not self._is_watched:
            return ()
        is_due = time.monotonic() - self._named_s >= NAMES_S
        if is_due and threading.current_thread() is not threading.main_thread():
            self._named_s = time.monotonic()
            self._names = names_of(processes_with(os.path.realpath(self._device)))
        return self._names

    def close(self) -> None:
        """May be called twice."""
        if self._ends >= 0:
            try:
                self._worker.stop()
            finally:
                os.close(self._ends)
                self._ends = -1

    def _wake(self) -> None:
        os.eventfd_write(self._ends, 1)

    def _give_up(self, failure: BaseException) -> None:
        self._is_watched = True
        log.info(
            "%s: livebg cannot find out who reads it (%s); it counts as watched from now on", self._device, failure
        )

    def _run(self, stopping: threading.Event) -> None:
        with closing(consumers_of(self._device)) as consumers:
            log.debug("%s: consumers found by %s", self._device, type(consumers).__name__)
            self._follow(consumers, stopping)

    def _follow(self, consumers: Consumers, stopping: threading.Event) -> None:
        poller = select.poll()
        poller.register(consumers.handle, consumers.events)
        poller.register(self._ends, select.POLLIN)
        since_s = consumers.since_s()
        self._is_watched = since_s is not None  # a program that is here already does not merely list cameras
        left_s = time.monotonic()
        while not stopping.is_set():
            now_s, due_s = time.monotonic(), float("inf")
            if self._is_watched != (since_s is not None):
                due_s = left_s + self._linger_s if since_s is None else since_s + consumers.short_s
            if now_s >= due_s:
                self._is_watched = since_s is not None
                log.info("%s: %s", self._device, "watched" if self._is_watched else "nobody watches")
                continue
            arrived = dict(poller.poll(None if due_s == float("inf") else (due_s - now_s) * 1000))
            if consumers.handle in arrived:
                if not arrived[consumers.handle] & consumers.events:
                    raise OSError(errno.ENODEV, "the device has gone")
                before_s, since_s = since_s, consumers.since_s()
                if since_s is None and before_s is not None:
                    left_s = time.monotonic()


class Consumers(Protocol):
    """handle, events: for poll(). short_s: a program that holds the device for less only lists cameras."""

    short_s: float
    events: int

    @property
    def handle(self) -> int: ...

    def since_s(self) -> float | None:
        """Since when there has been a consumer, monotonic clock; None: there is none. Raises OSError.

        The caller asks once at the start, and then whenever the handle has news.
        """
        ...

    def close(self) -> None: ...


def consumers_of(device: str) -> Consumers:
    """By v4l2loopback's event where it has one (0.13 and later), else by the node's open handles. Raises OSError."""
    try:
        return ClientUsage(device)
    except OSError as cause:
        if cause.errno not in (errno.EINVAL, errno.ENOTTY):
            raise
    return OpenHandles(device)


class ClientUsage:
    """By v4l2loopback's event, sent when the first program begins to stream and when the last one ends."""

    short_s, events = 0.0, select.POLLPRI

    def __init__(self, device: str) -> None:
        self._since_s: float | None = None
        self.handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        try:
            wanted = videodev2.SUBSCRIPTION.pack(_CLIENT_USAGE, 0, _SEND_INITIAL)
            fcntl.ioctl(self.handle, videodev2.SUBSCRIBE_EVENT, wanted)
        except BaseException:
            os.close(self.handle)
            raise

    def since_s(self) -> float | None:
        answer = fcntl.ioctl(self.handle, videodev2.DQEVENT, bytes(videodev2.EVENT.size))
        kind, streaming = videodev2.EVENT.unpack(answer)  # the module's word: 1 while a program streams
        if kind == _CLIENT_USAGE:
            self._since_s = time.monotonic() if streaming else None
        return self._since_s

    def close(self) -> None:
        os.close(self.handle)


class OpenHandles:
    """Counts the node's opens and closes by inotify, after livebg itself has opened it for the last time.

    /proc shows, at the beginning and after each close, what a count cannot know: programs that were here before, and
    two opens that the kernel merged into one event. Programs of other users are only counted.
    """

    short_s, events = 0.3, select.POLLIN

    def __init__(self, device: str) -> None:
        from inotify_simple import INotify, flags  # type: ignore[import-untyped]  # it has no type information

        self._device, self._flags = os.path.realpath(device), flags
        self._inotify = INotify()
        try:
            self._node = os.stat(self._device)
            self._inotify.add_watch(self._device, flags.OPEN | flags.CLOSE_WRITE | flags.CLOSE_NOWRITE | flags.ATTRIB)
        except BaseException:
            self._inotify.close()
            raise
        self._count = 0
        self._since_s = time.monotonic() if held_by_others(self._device) else None

    @property
    def handle(self) -> int:
        return int(self._inotify.fileno())

    def since_s(self) -> float | None:
        has_closed = False
        for event in self._inotify.read(timeout=0):
            is_about = bool(event.mask & self._flags.ATTRIB)  # the only event for an open node that somebody removes
            if event.mask & (self._flags.IGNORED | self._flags.Q_OVERFLOW) or (is_about and not self._is_there()):
                raise OSError(errno.ENODEV, "the node has gone")
            if is_about:
                continue
            has_opened = bool(event.mask & self._flags.OPEN)
            has_closed |= not has_opened
            self._count = self._count + 1 if has_opened else max(self._count - 1, 0)
        was_held = self._since_s is not None
        if not (self._count > 0 or (held_by_others(self._device) if has_closed else was_held)):
            self._since_s = None
        elif has_closed or not was_held:  # after a close it may be another program, which has only just come
            self._since_s = time.monotonic()
        return self._since_s

    def _is_there(self) -> bool:
        """Whether the path still leads to the watched node: inotify would not see programs that open another one."""
        try:
            return os.path.samestat(os.stat(self._device), self._node)
        except FileNotFoundError:
            return False

    def close(self) -> None:
        self._inotify.close()


def held_by_others(device: str) -> bool:
    """Whether another process has this path open, among those that this user may inspect."""
    return any(True for _ in processes_with(device))


def processes_with(device: str) -> Iterator[str]:
    """The numbers of other processes that have this path open, among those that this user may inspect."""
    own = str(os.getpid())
    processes = [each for each in os.listdir(PROC) if each.isdecimal() and each != own]
    return (each for each in processes if device in _opened_by(f"{PROC}/{each}/fd"))


def names_of(processes: Iterable[str]) -> tuple[str, ...]:
    """Each program's name once; one that has ended meanwhile has none."""
    found = dict[str, None]()
    for each in processes:
        with contextlib.suppress(OSError):
            found[one_line((PROC / each / "comm").read_text(errors="replace").strip())] = None
    return tuple(found)


def _opened_by(handles: str) -> Iterator[str]:
    """Paths of a process' open files, as far as visible: it may belong to another user, or end just now."""
    with contextlib.suppress(OSError):
        for each in os.listdir(handles):
            with contextlib.suppress(OSError):
                yield os.readlink(f"{handles}/{each}")
