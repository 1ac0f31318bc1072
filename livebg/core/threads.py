"""How threads meet: `Latest` (one slot, newest wins, drops counted) and `Worker` (owns exactly one thread).

Knows nothing about what is handed over. A hand-off is closed, never fed a sentinel; closing may carry the
failure that ended it, and the consumer's `get` raises that failure with its cause.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """The hand-off was closed in good order and nothing is left in it."""


class Latest(Generic[T]):
    """One slot: `put` replaces what was not taken yet and counts it as dropped; `hand` waits until it was taken; `get`
    waits for the newest. One thread gives, one takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._is_full = False
        self._is_closed = False
        self._failure: BaseException | None = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        return self._dropped

    def put(self, value: T) -> None:
        """Never waits. Raises Closed once the slot is closed, so that a producer ends."""
        with self._changed:
            if self._is_closed:
                raise Closed
            self._dropped += self._is_full
            self._value, self._is_full = value, True
            self._changed.notify()

    def hand(self, value: T) -> None:
        """As put, but nothing is dropped: waits until the one before was taken. Raises Closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_full or self._is_closed)
            if self._is_closed:
                raise Closed
            self._value, self._is_full = value, True
            self._changed.notify()

    def get(self, timeout_s: float) -> T | None:
        """The newest value, or None if none came in time. After closing: what is left, then Closed or the failure."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_full or self._is_closed, timeout_s)
            if self._is_full:
                value, self._value, self._is_full = self._value, None, False
                self._changed.notify()
                return value
            if self._failure is not None:
                raise self._failure
            if self._is_closed:
                raise Closed
            return None

    def close(self, failure: BaseException | None = None) -> None:
        """End the hand-off; the first failure given is the one that is raised. May be called twice."""
        with self._changed:
            if not self._is_closed:
                self._failure = failure
            self._is_closed = True
            self._changed.notify_all()


class Worker:
    """One thread that runs `body(stopping)` until it returns or `stop()` asks it to end.

    body: gets the event that asks it to stop; what it raises goes to `on_failure`, else stop() raises it.
    unblock: called by stop() after asking, to end a wait the event cannot end (close a slot, release a device).
    """

    def __init__(
        self,
        name: str,
        body: Callable[[threading.Event], None],
        unblock: Callable[[], None] = lambda: None,
        on_failure: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._body, self._unblock, self._on_failure = body, unblock, on_failure
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._body(self._stopping)
        except Closed:
            pass
        except BaseException as failure:  # noqa: BLE001 - whatever ended the thread is handed over, not lost
            if self._on_failure is not None:
                self._on_failure(failure)
            else:
                self._failure = failure

    def stop(self, timeout_s: float = 2.0) -> None:
        """Ask, unblock, join. Raises TimeoutError naming the thread, or what ended it. May be called twice."""
        self._stopping.set()
        self._unblock()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"thread {self._thread.name!r} did not end within {timeout_s:g} s")
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
