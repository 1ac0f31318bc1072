"""One kind of picture for all who watch: fetched once from the live loop, and only while somebody waits for it.

The panel's event loop; the fetch itself, which blocks, in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import anyio.to_thread

STALE_S = 0.2  # older pictures serve nobody who comes later
PAUSE_S = 0.3  # after a fetch without a picture


@dataclass(frozen=True, slots=True)
class Shown:
    """An encoded picture. made_s: when the camera took it, monotonic clock of this process; run: which live loop's."""

    data: bytes
    run: int
    sequence: int
    made_s: float
    received_s: float
    state: str

    @property
    def key(self) -> tuple[int, int]:
        return self.run, self.sequence


class Feed:
    """fetch(key): the newest picture unless it is that one, else None; blocks up to a second, raises nothing.

    period_s: the shortest time from one fetch to the next.
    """

    def __init__(self, fetch: Callable[[tuple[int, int]], Shown | None], period_s: float) -> None:
        self._fetch, self._period_s = fetch, period_s
        self._latest: Shown | None = None
        self._task: asyncio.Task[None] | None = None
        self._began_s = float("-inf")

    async def after(self, key: tuple[int, int]) -> Shown:
        """The newest picture that is not this one."""
        found = self._latest
        if found is not None and found.key != key and time.monotonic() - found.received_s < STALE_S:
            return found
        while True:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._renew())
            await asyncio.shield(self._task)
            if self._latest is not None and self._latest.key != key:
                return self._latest

    async def _renew(self) -> None:
        await asyncio.sleep(self._began_s + self._period_s - time.monotonic())
        self._began_s = time.monotonic()
        last = self._latest.key if self._latest is not None else (0, 0)
        found = await anyio.to_thread.run_sync(self._fetch, last, abandon_on_cancel=True)
        if found is None:
            await asyncio.sleep(PAUSE_S)
        else:
            self._latest = found
