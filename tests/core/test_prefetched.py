"""Run ahead, in order, ended in every way."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator

import pytest
from patience import HANGS_S

from livebg.core.threads import prefetched


def _names() -> set[str]:
    return {each.name for each in threading.enumerate()}


def test_the_same_items_in_the_same_order() -> None:
    with prefetched(range(1000), 3, "belt") as items:
        assert list(items) == list(range(1000))
    assert "belt" not in _names()


class _Large:
    """Something whose end can be seen."""


def test_what_was_taken_is_held_no_longer() -> None:
    seen: list[weakref.ref[_Large]] = []
    is_next = threading.Event()

    def make() -> Iterator[_Large]:
        seen.append(weakref.ref(first := _Large()))
        yield first
        del first
        is_next.set()
        yield _Large()

    with prefetched(make(), 1, "belt") as items:
        taken = next(items)
        assert is_next.wait(HANGS_S)
        del taken
        assert seen[0]() is None
        assert next(items)


def test_it_runs_ahead_but_not_far() -> None:
    made: list[int] = []
    third = threading.Event()

    def count() -> Iterator[int]:
        for each in range(100):
            made.append(each)
            if each == 3:
                third.set()
            yield each

    with prefetched(count(), 2, "belt") as items:
        assert next(items) == 0
        assert third.wait(HANGS_S)
        assert len(made) <= 5
    assert len(made) <= 6


def test_a_reader_that_leaves_ends_the_thread_and_closes_the_generator() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    with prefetched(endless(), 2, "belt") as items:
        next(items)
    assert closed.is_set()
    assert "belt" not in _names()


def test_a_failure_comes_after_what_was_made_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("gone")

    seen: list[int] = []
    with prefetched(failing(), 5, "belt") as items, pytest.raises(OSError, match="gone"):
        seen.extend(items)
    assert seen == [] or seen == [1, 2]
    with prefetched(failing(), 5, "belt") as items:
        assert (next(items), next(items)) == (1, 2)
        with pytest.raises(OSError, match="gone"):
            next(items)


def test_one_may_feed_another() -> None:
    with prefetched(range(50), 2, "one") as first, prefetched((2 * each for each in first), 2, "two") as second:
        assert list(second) == [2 * each for each in range(50)]
