"""How threads meet: `Latest` (one slot, newest wins, counts drops), `Worker` (owns exactly one thread), `Aside` (one
task beside the caller), `prefetched`.

A hand-off ends by close(), never by a sentinel; close() may carry the failure that ended it, and the consumer's `get`
raises that failure with its cause.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import Any, Generic, TypeVar

T = TypeVar("T")
STEP = 2  # nice levels: more starves the network where other programs are busy, see give_way
FAR_STEP = 10  # for a network that only adds to mattes which are good without it
POLL_S = 0.05
STOP_S = 30.0  # the thread finishes its current picture: a large one on a slow network takes seconds


class Closed(Exception):
    """The hand-off is closed, without a failure, and empty."""


class Latest(Generic[T]):
    """One slot: `put` replaces a waiting value and counts it as dropped; `hand` waits until the slot is empty; `get`
    waits for the newest value. One thread gives, one takes."""

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
        """As put, but drops nothing: waits until the consumer took the last value. Raises Closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_full or self._is_closed)
            if self._is_closed:
                raise Closed
            self._value, self._is_full = value, True
            self._changed.notify()

    def get(self, timeout_s: float) -> T | None:
        """The newest value, or None if none came in time. After close(): the last value, then Closed or the failure."""
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
        """Ends the hand-off; get() raises the failure of the first call. May be called twice."""
        with self._changed:
            if not self._is_closed:
                self._failure = failure
            self._is_closed = True
            self._changed.notify_all()


class Worker:
    """One thread that runs `body(stopping)` until it returns, which it must do once `stopping` is set.

    body: its exceptions go to `on_failure`, else stop() raises them. unblock: stop() calls it after setting the event,
    to end a wait that the event cannot end (close a slot, release a device).
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
        except BaseException as failure:  # noqa: BLE001 - the owner gets whatever ended the thread
            if self._on_failure is not None:
                self._on_failure(failure)
            else:
                self._failure = failure

    def stop(self, timeout_s: float = 2.0) -> None:
        """Sets `stopping`, unblocks, joins. Raises TimeoutError, or what ended the thread. May be called twice."""
        self._stopping.set()
        self._unblock()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"thread {self._thread.name!r} did not end within {timeout_s:g} s")
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


class Aside:
    """A thread for one task at a time, beside what its owner does meanwhile; it starts with the first task."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._worker: Worker | None = None

    def begin(self, task: Callable[[], T]) -> Callable[[], T]:
        """Starts the task. Call what this returns before the next begin(): it waits, then returns what the task
        returned, or raises what it raised."""
        if self._worker is None:
            self._tasks: Latest[tuple[Callable[[], Any], Latest[tuple[Any]]]] = Latest()
            self._worker = Worker(self._name, self._work, self._tasks.close)
        done: Latest[tuple[T]] = Latest()
        self._tasks.put((task, done))

        def wait() -> T:
            while (answer := done.get(STOP_S)) is None:
                pass
            return answer[0]

        return wait

    def close(self) -> None:
        """Ends the thread after a task that was begun; may be called twice. Raises TimeoutError if a task hangs."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()

    def _work(self, _: threading.Event) -> None:
        while True:  # until the slot is closed and empty: whoever waits for a task gets its answer
            given = self._tasks.get(STOP_S)
            if given is None:
                continue
            task, done = given
            try:
                done.put((task(),))
            except BaseException as failure:  # noqa: BLE001 - whatever it is, the owner gets it
                done.close(failure)
            del given, task, done  # not held until the next one comes: they may be large


def give_way(step: int = STEP) -> None:
    """Lowers the priority of the calling thread and of every thread that it starts from now on.

    Few levels, because each costs time beside other busy programs. With both of 2 cores busy and 10 levels, key frames
    took a second and a third of the mattes were too old; with 4 levels a few were, with 2 none, at a latency p95 of 41
    ms (tests/bench/steady.py). On an idle machine 10 levels would be better: beside a thread of equal priority, a loop
    of 30 pictures per second with 8 ms of work each is 9.4 ms late (p95), then 4.9 ms (tests/bench/giving_way.py).
    Only Linux has priorities of threads; elsewhere this does nothing.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + step))


def below(task: Callable[[], T], step: int = STEP) -> T:
    """Runs the task in a thread with lower priority and waits for it; threads that the task starts keep that priority.

    OpenVINO starts its helpers at the first inference, with that thread's priority. Raises what the task raises.
    """
    done: Latest[tuple[T]] = Latest()

    def body(_: threading.Event) -> None:
        give_way(step)
        done.put((task(),))

    worker = Worker("livebg-prepare", body, on_failure=done.close)
    while (result := done.get(60.0)) is None:
        pass
    worker.stop()
    return result[0]


@contextmanager
def prefetched(items: Iterable[T], ahead: int, name: str) -> Iterator[Iterator[T]]:
    """The same items in the same order; a thread makes up to `ahead` of them early. When the context ends, the thread
    has ended, and has closed a generator."""
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
            is_running = self._worker.is_running  # asked first: then the queue has all that the thread put into it
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


@contextmanager
def same_urgency() -> Iterator[None]:
    """Undoes what a library does to the scheduling of the calling thread, and of the threads that it starts meanwhile.

    Run by root, SVT-AV1 makes the thread that opens it, and with it its own, real-time ones (SCHED_FIFO 99): they take
    the cores from everything else on the machine.
    """
    if sys.platform != "linux":
        yield
        return
    policy, parameters, others = os.sched_getscheduler(0), os.sched_getparam(0), _threads()
    others.discard(threading.get_native_id())
    try:
        yield
    finally:
        for thread in _threads() - others:
            with contextlib.suppress(ProcessLookupError):  # it has ended
                if os.sched_getscheduler(thread) != policy:
                    os.sched_setscheduler(thread, policy, parameters)


def _threads() -> set[int]:
    """The system's numbers of the threads of this process (Linux)."""
    return {int(each) for each in os.listdir("/proc/self/task")}
