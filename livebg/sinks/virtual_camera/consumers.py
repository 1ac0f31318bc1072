"""Whether anybody watches a virtual camera: `is_watched` is a flag that one thread of its own keeps up. Linux only.

Who only asks what cameras there are does not count, and who has just left still does. Wherever it cannot be told, the
camera counts as watched. Knows nothing about frames.
"""

# Linux alone has what is asked for here: mypy --platform win32 and darwin find it missing.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import errno
import logging
import os
import select
import threading
import time
from contextlib import closing

from livebg.core.threads import Worker
from livebg.sinks.virtual_camera.readers import Readers, readers_of

log = logging.getLogger(__name__)

LINGER_S = 3.0  # a program that opens the camera anew, for another size or after a test picture, finds it warm


class Watching:
    """Follows who reads `device` from now on, until close(). The writer must not open or close it meanwhile."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._is_watched = True
        self._ends = os.eventfd(0)
        self._worker = Worker("watching", self._run, self._wake, self._give_up)

    @property
    def is_watched(self) -> bool:
        return self._is_watched

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
        log.info("%s: who reads it cannot be told (%s); taken as watched from now on", self._device, failure)

    def _run(self, stopping: threading.Event) -> None:
        with closing(readers_of(self._device)) as readers:
            log.debug("%s: readers told by %s", self._device, type(readers).__name__)
            self._follow(readers, stopping)

    def _follow(self, readers: Readers, stopping: threading.Event) -> None:
        poller = select.poll()
        poller.register(readers.handle, readers.events)
        poller.register(self._ends, select.POLLIN)
        since_s = readers.since_s()
        self._is_watched = since_s is not None  # who is there already is no passer-by
        left_s = time.monotonic()
        while not stopping.is_set():
            now_s, due_s = time.monotonic(), float("inf")
            if self._is_watched != (since_s is not None):
                due_s = left_s + LINGER_S if since_s is None else since_s + readers.short_s
            if now_s >= due_s:
                self._is_watched = since_s is not None
                log.info("%s: %s", self._device, "watched" if self._is_watched else "nobody watches")
                continue
            arrived = dict(poller.poll(None if due_s == float("inf") else (due_s - now_s) * 1000))
            if readers.handle in arrived:
                if not arrived[readers.handle] & readers.events:
                    raise OSError(errno.ENODEV, "the device has gone")
                before_s, since_s = since_s, readers.since_s()
                if since_s is None and before_s is not None:
                    left_s = time.monotonic()
