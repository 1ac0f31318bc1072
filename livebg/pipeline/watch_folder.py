"""Watches a folder and reports each new file once it is complete: its writer closed it, or moved it there.

Linux reports this (inotify). Elsewhere, or if inotify fails, a file counts as complete if it did not change between two
looks. watchdog would not help: it, too, reports closed files on Linux alone. Caller's thread.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

log = logging.getLogger(__name__)

LOOK_S = 1.0
WAIT_S = 0.2  # for news, so that it notices a request to stop

State = tuple[int, int]  # size, time of the last change in ns


class FolderWatcher:
    """Watches from its creation on, so that it misses no file during the work on the first ones. look_s: from one look
    to the next, where the system reports nothing."""

    def __init__(self, folder: Path, look_s: float = LOOK_S) -> None:
        self._folder, self._look_s = folder, look_s
        self._news: Any = _listener(folder, look_s)

    def until(self, stopping: threading.Event) -> Iterator[tuple[Path, bool]]:
        """Existing files (False), sorted, then new ones (True); ends when `stopping` is set."""
        states = self._whole(stopping)
        for name in sorted(states):
            if stopping.is_set():
                return
            yield self._folder / name, False
        for name in self._listened(stopping) if self._news else self._looked(stopping, states):
            if stopping.is_set():
                return
            yield self._folder / name, True

    def _whole(self, stopping: threading.Event) -> dict[str, State]:
        """Existing files, except one that somebody is writing now; that one is new once it is complete."""
        states = _states(self._folder)
        newest_s = max((changed_ns for _, changed_ns in states.values()), default=0) / 1e9
        if time.time() - newest_s > self._look_s:
            return states
        stopping.wait(self._look_s)
        later = _states(self._folder)
        return {name: state for name, state in states.items() if later.get(name) == state}

    def _listened(self, stopping: threading.Event) -> Iterator[str]:
        while not stopping.is_set():
            yield from dict.fromkeys(each.name for each in self._news.read(timeout=int(WAIT_S * 1000)) if each.name)

    def _looked(self, stopping: threading.Event, reported: dict[str, State]) -> Iterator[str]:
        before = reported
        while not stopping.wait(self._look_s):
            now = _states(self._folder)
            for name, state in sorted(now.items()):
                if before.get(name) == state != reported.get(name):
                    reported[name] = state
                    yield name
            before = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _what: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._news:
            self._news.close()


def _listener(folder: Path, look_s: float) -> Any:
    """An INotify, or None."""
    try:
        from inotify_simple import INotify, flags  # type: ignore[import-untyped]  # it has no type information

        news = INotify()
        news.add_watch(folder, flags.CLOSE_WRITE | flags.MOVED_TO)
    except (ImportError, OSError) as cause:
        log.info("looking into %s every %g s: %s", folder, look_s, cause)
        return None
    return news


def _states(folder: Path) -> dict[str, State]:
    states = {}
    with os.scandir(folder) as entries:
        for each in entries:
            try:
                if each.is_file():
                    status = each.stat()
                    states[each.name] = (status.st_size, status.st_mtime_ns)
            except OSError:  # removed meanwhile
                continue
    return states
