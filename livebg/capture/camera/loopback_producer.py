"""Notices when the program that writes to a v4l2loopback camera has closed it: the next one may write another size.

v4l2loopback keeps a reader's size when another program begins to write at another one; then every picture is garbled,
and nothing reports it. Only such devices, on Linux; any other camera has no producer to lose. Runs in the camera's
thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from livebg.capture.camera import v4l2
from livebg.capture.camera.devices import Camera


class Producer(Protocol):
    def has_gone(self) -> bool:
        """Whether a program that could write to the camera has closed it since this was opened. Never waits."""
        ...


class Itself:
    """For a real camera, which has no producer."""

    def has_gone(self) -> bool:
        return False


@contextmanager
def open_producer(camera: Camera) -> Iterator[Producer]:
    """Watches this camera's producer. The camera must be open already, so that its own opening does not count."""
    if not v4l2.is_loopback(camera.path):
        yield Itself()
        return
    from inotify_simple import INotify, flags  # type: ignore[import-untyped]  # it has no type information

    with INotify(nonblocking=True) as events:
        events.add_watch(camera.path, flags.CLOSE_WRITE)
        yield Watched(events)


class Watched:
    """For a v4l2loopback device."""

    def __init__(self, events: Any) -> None:
        self._events = events

    def has_gone(self) -> bool:
        return bool(self._events.read(timeout=0))


def lacks_producer(path: str) -> bool:
    """Whether this is a v4l2loopback device without a producer: opening it now could block its next one."""
    return v4l2.is_loopback(path) and not (v4l2.SYSFS / Path(path).name / "format").read_text().strip()
