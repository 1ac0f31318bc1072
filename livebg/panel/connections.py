"""uvicorn's HTTP connection with what it lacks: a limit on their number, and a time for the headers of a request.

Where the house is full, the one that has said nothing for the longest goes, and the newcomer stays: somebody who opens
hundreds of connections and sleeps, or whose headers come a letter a minute, keeps nobody out.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

AT_ONCE = 200  # connections; a browser opens six for a page, and one WebSocket
BACKLOG = AT_ONCE // 4  # taken in at a time: a newcomer's request is read before so many others could displace it
HEADERS_S = 5.0


class Connection(H11Protocol):
    """One connection. Closed where there are too many, or where the headers of a request are not whole in time.

    One whose request is being answered, and a page's WebSocket, stay: the door has let them in."""

    headers_s = HEADERS_S
    at_once = AT_ONCE

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._last: asyncio.TimerHandle | None = None
        self._heard_s = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base
        super().connection_made(transport)
        open_ = [each for each in self.connections if not each.transport.is_closing()]
        if len(open_) > self.at_once:
            idle = [each for each in open_ if isinstance(each, Connection) and each._is_idle]
            min(idle, key=lambda each: each._heard_s).transport.abort()
        if not transport.is_closing():
            self._await_headers()

    def data_received(self, data: bytes) -> None:
        self._heard_s = self.loop.time()
        if self._is_idle and self._last is None:
            self._await_headers()
        super().data_received(data)
        if not self._is_idle:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    @property
    def _is_idle(self) -> bool:
        """Whether no request's headers are whole since the last answer."""
        is_upgraded = self.transport.get_protocol() is not self
        return not is_upgraded and (self.cycle is None or self.cycle.response_complete)

    def _await_headers(self) -> None:
        self._last = self.loop.call_later(self.headers_s, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._last is not None:
            self._last.cancel()
            self._last = None

    def _hang_up(self) -> None:
        self._last = None
        if self._is_idle:
            self.transport.abort()
