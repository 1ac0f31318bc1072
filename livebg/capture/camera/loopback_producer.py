"""Whether the program that feeds a virtual camera has gone: what comes after may have another size.

v4l2loopback keeps a reader's size when another program begins to write at another one; every picture is garbled then,
and nothing says so. Only such devices are looked at, on Linux; any other camera is its own feeder. The camera's thread.
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
    """Of a real camera."""

    def has_gone(self) -> bool:
        return False


@contextmanager
def open_producer(camera: Camera) -> Iterator[Producer]:
    """What feeds this camera, which must be open already: its own opening is not to be counted."""
    if not v4l2.is_loopback(camera.path):
        yield Itself()
        return
    from inotify_simple import INotify, flags  # type: ignore[import-untyped]  # it has no type information

    with INotify(nonblocking=True) as events:
        events.add_watch(camera.path, flags.CLOSE_WRITE)
        yield Watched(events)


class Watched:
    """Of a v4l2loopback device."""

    def __init__(self, events: Any) -> None:
        self._events = events

    def has_gone(self) -> bool:
        return bool(self._events.read(timeout=0))


def lacks_producer(path: str) -> bool:
    """Whether this is a v4l2loopback device that no program feeds: opening it now could be in its next feeder's way."""
    return v4l2.is_loopback(path) and not (v4l2.SYSFS / Path(path).name / "format").read_text().strip()
