"""An iterator that is run ahead of its reader, in one thread of its own: decoding, matting and encoding overlap.

What the iterator raises is raised to the reader, in its turn. Knows nothing about what passes through.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import Generic, TypeVar

from livebg.core.threads import Worker

T = TypeVar("T")

POLL_S = 0.05
STOP_S = 30.0  # a picture under way is finished: a large one on a slow network takes seconds


@contextmanager
def prefetched(items: Iterable[T], ahead: int, name: str) -> Iterator[Iterator[T]]:
    """The same items in the same order, up to `ahead` of them made before they are asked for. The thread has ended, and
    a generator is closed in it, when the context is left."""
    belt = _Belt(items, ahead, name)
    try:
        yield iter(belt)
    finally:
        belt.close()


class _Belt(Generic[T]):
    def __init__(self, items: Iterable[T], ahead: int, name: str) -> None:
        self._items = items
        self._queue: queue.Queue[T] = queue.Queue(ahead)
        self._failure: BaseException | None = None
        self._worker = Worker(name, self._work, on_failure=self._note)

    def _work(self, stopping: threading.Event) -> None:
        items = iter(self._items)
        with closing(items) if hasattr(items, "close") else nullcontext():  # type: ignore[type-var]
            for item in items:
                while not stopping.is_set():
                    try:
                        self._queue.put(item, timeout=POLL_S)
                        break
                    except queue.Full:
                        continue
                if stopping.is_set():
                    return
                del item  # not held while the next one is made: it may be large

    def _note(self, failure: BaseException) -> None:
        self._failure = failure

    def __iter__(self) -> Iterator[T]:
        while True:
            is_running = self._worker.is_running  # asked first: what it put before it ended is in the queue
            with contextlib.suppress(queue.Empty):
                yield self._queue.get(block=is_running, timeout=POLL_S)
                continue
            if is_running:
                continue
            if self._failure is not None:
                raise self._failure
            return

    def close(self) -> None:
        self._worker.stop(STOP_S)
