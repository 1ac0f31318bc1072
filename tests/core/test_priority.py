"""Giving way: the thread and what it starts from then on, and nobody else."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from livebg.core.threads import STEP, below, give_way

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@linux
def test_the_task_and_its_threads_give_way_and_the_caller_does_not() -> None:
    before, seen = niceness(), []

    def task() -> int:
        helper = threading.Thread(target=lambda: seen.append(niceness()))
        helper.start()
        helper.join()
        return niceness()

    assert below(task) == seen[0] == min(19, before + STEP)
    assert niceness() == before


@linux
def test_it_ends_at_the_lowest() -> None:
    def task() -> int:
        for _ in range(20):
            give_way()
        return niceness()

    assert below(task) == 19


def test_what_the_task_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        below(lambda: 1 // 0)


def test_a_task_that_answers_nothing_has_ended() -> None:
    done = []
    assert below(lambda: done.append(1)) is None
    assert done == [1]


def test_where_threads_have_no_priorities_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "setpriority", raising=False)
    give_way()
