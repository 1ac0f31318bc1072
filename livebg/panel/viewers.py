"""The open pages: each has one WebSocket, gets pictures as fast as it acknowledges them, and the status.

A page says what it shows: {"see": ["composite", "matte"]}, [] while it is hidden; after each picture {"ack": KIND}.
It gets a picture as HEADER and the file's bytes, and texts: {"status": ...}, {"age": ...}. The panel's event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import anyio.to_thread
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from livebg.core.stats import timing
from livebg.panel.frames import Feed
from livebg.panel.live import Live

HEADER = struct.Struct(">BxHIf")  # kind, number of the live loop's start, sequence, age in ms when the panel sent it
KINDS = ("composite", "matte", "camera", "person")
WIDTHS = {"composite": 640, "matte": 320, "camera": 320}
PERIODS_S = {"composite": 0.06, "matte": 0.2, "camera": 0.12, "person": 0.05}
MOST = 40  # pages at a time
STATUS_S, AGES = 0.5, 60
MESSAGES, PER_S = 120, 60.0  # a page may send so many at once, and so many a second
FLOOD, FULL = 1008, 1013  # WebSocket codes
SOURCE_WIDTHS = (640, 960, 1280, 1920)


class Viewers:
    """Every page that is open."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._feeds: dict[tuple[str, int], Feed] = {}
        self._count = 0

    async def page(self, socket: WebSocket) -> None:
        """The panel's page."""
        await self._serve(socket, lambda: _Page(socket, self._feed, self._live).run())

    async def source(self, socket: WebSocket) -> None:
        """The page for OBS: only the person, and nothing else."""
        wanted = socket.query_params.get("width", "1280")
        width = int(wanted) if wanted.isdecimal() and int(wanted) in SOURCE_WIDTHS else 1280
        viewer = _Page(socket, self._feed, None, {"person": width})
        await self._serve(socket, viewer.run)

    async def _serve(self, socket: WebSocket, run: Callable[[], Any]) -> None:
        if self._count >= MOST:
            await socket.close(FULL)
            return
        self._count += 1
        try:
            await socket.accept()
            await run()
        finally:
            self._count -= 1

    def _feed(self, of: str, width: int) -> Feed:
        """The one feed of this kind and width."""
        if (of, width) not in self._feeds:
            self._feeds[of, width] = Feed(lambda last: self._live.picture(of, width, last), PERIODS_S[of])
        return self._feeds[of, width]


class _Page:
    """One of them. live: whose status it gets; None: none. widths: {kind that it may see: px}."""

    def __init__(
        self, socket: WebSocket, feed: Callable[[str, int], Feed], live: Live | None, widths: dict[str, int] = WIDTHS
    ) -> None:
        self._socket, self._feed, self._live, self._widths = socket, feed, live, widths
        self._senders: dict[str, asyncio.Task[None]] = {}
        self._acks = {kind: asyncio.Event() for kind in widths}
        self._is_visible = asyncio.Event()
        self._ages_s: deque[float] = deque(maxlen=AGES)
        self._allowance, self._counted_s = float(MESSAGES), time.monotonic()

    async def run(self) -> None:
        teller = asyncio.create_task(self._tell())
        try:
            while await self._heard(await self._socket.receive()):
                pass
            await self._socket.close(FLOOD)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the page has gone
        finally:
            tasks = [teller, *self._senders.values()]
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _heard(self, message: Message) -> bool:
        """Whether the page keeps to the rules. Raises WebSocketDisconnect."""
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        now_s = time.monotonic()
        self._allowance = min(MESSAGES, self._allowance + (now_s - self._counted_s) * PER_S) - 1
        self._counted_s = now_s
        try:
            said = json.loads(message["text"])
            if "see" in said:
                self._see(set(said["see"]))
            elif said["ack"] in self._acks:
                self._acks[said["ack"]].set()
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        return self._allowance >= 0

    def _see(self, shown: set[str]) -> None:
        """shown: by the page now. Nothing: it is hidden, and gets nothing."""
        wanted = shown & set(self._widths)
        for kind in set(self._senders) - wanted:
            self._senders.pop(kind).cancel()
        for kind in wanted - set(self._senders):
            self._acks[kind].clear()
            self._senders[kind] = asyncio.create_task(self._send(kind))
        if shown:
            self._is_visible.set()
        else:
            self._is_visible.clear()

    async def _send(self, kind: str) -> None:
        """One picture in flight; a slow page gets fewer."""
        feed, last = self._feed(kind, self._widths[kind]), (0, 0)
        while True:
            shown = await feed.after(last)
            last = shown.key
            age_ms = 1000 * (time.monotonic() - shown.made_s)
            head = HEADER.pack(KINDS.index(kind), last[0] % 2**16, last[1] % 2**32, age_ms)
            self._acks[kind].clear()
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.send_bytes(head + shown.data)
            await self._acks[kind].wait()
            if kind == "composite" and shown.state == "live":
                self._ages_s.append(time.monotonic() - shown.made_s)

    async def _tell(self) -> None:
        """The status, while the page is visible: at once, and then every STATUS_S."""
        if self._live is None:
            return
        while True:
            await self._is_visible.wait()
            said: dict[str, Any] = {"status": await anyio.to_thread.run_sync(self._live.status)}
            if self._ages_s:
                ages = timing(sorted(self._ages_s))
                said["age"] = {"p50": ages.p50_ms, "p95": ages.p95_ms}
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.send_text(json.dumps(said))
            await asyncio.sleep(STATUS_S)
