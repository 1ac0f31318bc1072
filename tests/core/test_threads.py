"""The hand-off between threads, and the end of the thread that feeds it."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest

from livebg.core.threads import Aside, Closed, Latest, Worker, same_urgency


def test_the_newest_wins_and_the_replaced_are_counted() -> None:
    slot: Latest[int] = Latest()
    for value in range(4):
        slot.put(value)
    assert slot.get(0) == 3
    assert slot.dropped == 3
    assert slot.get(0) is None


def test_what_is_left_comes_before_the_end() -> None:
    slot: Latest[int] = Latest()
    slot.put(1)
    slot.close()
    assert slot.get(0) == 1
    with pytest.raises(Closed):
        slot.get(0)
    with pytest.raises(Closed):
        slot.put(2)


def test_closing_carries_the_first_failure() -> None:
    slot: Latest[int] = Latest()
    slot.close(ValueError("first"))
    slot.close(ValueError("second"))
    with pytest.raises(ValueError, match="first"):
        slot.get(0)


def _feeding(slot: Latest[int], stopping: threading.Event) -> None:
    count = 0
    while not stopping.wait(0.001):
        slot.put(count)
        count += 1


def _worker(slot: Latest[int]) -> Worker:
    return Worker("feeder", lambda stopping: _feeding(slot, stopping), slot.close, slot.close)


def test_ending_consumer_leaves() -> None:
    slot: Latest[int] = Latest()
    worker = _worker(slot)
    assert slot.get(1) is not None
    worker.stop()
    assert not worker.is_running
    worker.stop()


def test_ending_consumer_raises() -> None:
    slot: Latest[int] = Latest()
    worker = _worker(slot)

    def consume() -> None:
        try:
            raise ZeroDivisionError
        finally:
            worker.stop()

    with pytest.raises(ZeroDivisionError):
        consume()
    assert not worker.is_running


def test_ending_source_ends() -> None:
    slot: Latest[int] = Latest()

    def body(_: threading.Event) -> None:
        slot.put(7)
        slot.close()

    worker = Worker("ender", body)
    assert slot.get(1) == 7
    with pytest.raises(Closed):
        slot.get(1)
    worker.stop()


def test_ending_producer_fails() -> None:
    slot: Latest[int] = Latest()

    def body(_: threading.Event) -> None:
        raise OSError("camera pulled")

    worker = Worker("failing", body, slot.close, slot.close)
    with pytest.raises(OSError, match="camera pulled"):
        slot.get(1)
    worker.stop()


def test_a_failure_nobody_was_told_comes_out_at_stop() -> None:
    def body(_: threading.Event) -> None:
        raise OSError("lost")

    worker = Worker("failing", body)
    with pytest.raises(OSError, match="lost"):
        worker.stop()


def test_ending_consumer_too_slow_sees_time_go_forwards() -> None:
    slot: Latest[int] = Latest()
    worker = _worker(slot)
    seen = []
    for _ in range(5):
        time.sleep(0.02)
        seen.append(slot.get(1))
    worker.stop()
    assert seen == sorted(seen, key=lambda each: each or 0)
    assert slot.dropped > 0


def test_a_thread_that_does_not_end_is_named() -> None:
    release = threading.Event()
    worker = Worker("stubborn", lambda _: release.wait(5) and None)
    with pytest.raises(TimeoutError, match="stubborn"):
        worker.stop(timeout_s=0.05)
    release.set()
    worker.stop()


def test_a_task_beside_its_owner_returns_or_raises() -> None:
    aside = Aside("beside")
    assert aside.begin(lambda: threading.get_ident())() != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        aside.begin(lambda: 1 // 0)()
    assert aside.begin(lambda: 3)() == 3
    aside.close()
    aside.close()
    assert aside.begin(lambda: 4)() == 4
    aside.close()
    assert all(each.name != "beside" for each in threading.enumerate())


def test_a_task_that_was_begun_is_answered_even_if_its_thread_ends_at_once() -> None:
    go_on, aside = threading.Event(), Aside("beside")

    class First:
        """Keeps the thread from its next task until `go_on`, although this one is done."""

        def __call__(self) -> None: ...

        def __del__(self) -> None:
            go_on.wait(5)

    aside.begin(First())()
    wait = aside.begin(lambda: 7)
    ending = threading.Thread(target=aside.close)
    ending.start()
    time.sleep(0.05)  # the thread's end is wanted by now
    go_on.set()
    answers: list[int] = []
    waiter = threading.Thread(target=lambda: answers.append(wait()), daemon=True)
    waiter.start()
    waiter.join(2)
    ending.join()
    assert answers == [7]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has scheduling of threads")
def test_a_library_changes_neither_the_callers_scheduling_nor_that_of_its_own_threads() -> None:
    assert sys.platform == "linux"
    started, end = threading.Event(), threading.Event()
    child: list[int] = []

    def wait() -> None:
        child.append(threading.get_native_id())
        started.set()
        end.wait()

    before = os.sched_getscheduler(0)
    with same_urgency():
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # a thread takes over its starter's
        thread = threading.Thread(target=wait)
        thread.start()
        started.wait()
        assert os.sched_getscheduler(child[0]) == os.SCHED_BATCH
    try:
        assert os.sched_getscheduler(0) == os.sched_getscheduler(child[0]) == before
    finally:
        end.set()
        thread.join()
