"""A feed fetches only while somebody waits, one picture for all, none twice."""

from __future__ import annotations

import asyncio
import time

import pytest

from livebg.panel.frames import Feed, Shown

PERIOD_S = 0.02


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _shown(number: int, run: int = 1) -> Shown:
    now_s = time.monotonic()
    return Shown(b"jpeg", run, number, now_s, now_s, "live")


@pytest.mark.anyio
async def test_all_who_wait_get_the_same_picture() -> None:
    asked, began_s = list[tuple[int, int]](), time.monotonic()

    def fetch(last: tuple[int, int]) -> Shown:
        asked.append(last)
        return _shown(len(asked))

    feed = Feed(fetch, PERIOD_S)
    first = await asyncio.gather(*(feed.after((0, 0)) for _ in range(5)))
    assert {each.sequence for each in first} == {1}
    assert asked == [(0, 0)]
    assert (await feed.after(first[0].key)).sequence == 2
    assert asked == [(0, 0), (1, 1)]
    for number in range(3, 6):
        assert (await feed.after((1, number - 1))).sequence == number
    assert time.monotonic() - began_s >= 4 * PERIOD_S, "no faster than the period"


@pytest.mark.anyio
async def test_it_tries_on_where_none_comes() -> None:
    answers = [lambda: None, lambda: _shown(1)]
    feed = Feed(lambda _: answers.pop(0)(), PERIOD_S)
    assert (await feed.after((0, 0))).sequence == 1


@pytest.mark.anyio
async def test_another_live_loop_may_begin_at_the_same_number() -> None:
    pictures = [_shown(1, run=1), _shown(1, run=2)]
    feed = Feed(lambda _: pictures.pop(0), PERIOD_S)
    first = await feed.after((0, 0))
    assert (await feed.after(first.key)).key == (2, 1)


@pytest.mark.anyio
async def test_who_comes_later_gets_no_old_picture() -> None:
    old = Shown(b"", 1, 1, 0.0, time.monotonic() - 10, "live")
    pictures = [old, _shown(2)]
    feed = Feed(lambda _: pictures.pop(0), PERIOD_S)
    assert (await feed.after((0, 0))).sequence == 1, "fetched for this one"
    assert (await feed.after((0, 0))).sequence == 2


@pytest.mark.anyio
async def test_a_viewer_who_leaves_ends_nobody_elses_fetch() -> None:
    def fetch(_: tuple[int, int]) -> Shown:
        time.sleep(0.05)
        return _shown(1)

    feed = Feed(fetch, PERIOD_S)
    leaving, staying = asyncio.create_task(feed.after((0, 0))), asyncio.create_task(feed.after((0, 0)))
    await asyncio.sleep(0.01)
    leaving.cancel()
    assert (await staying).sequence == 1
