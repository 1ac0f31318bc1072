"""Around every request: the door, limits on bodies, and headers that keep the browser from more than these pages.

ASGI, pure: Starlette's own middleware reads no WebSockets. The panel's event loop.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livebg.panel.door import Door

LARGEST_BYTES = 64 * 1024  # of a request's body, where its path has no limit of its own
BODY_S = 20.0  # from one piece of a body to the next
REFUSED = 1008  # the WebSocket code for what is against the rules


def headers(host: str) -> dict[str, str]:
    """For every answer. host: the header Host, for browsers in which 'self' does not cover WebSockets."""
    policy = (
        f"default-src 'self'; connect-src 'self' ws://{host}; img-src 'self' blob:; media-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }


class Safety:
    """largest: {start of a path: bytes of its bodies at most; 0: its own routes limit them}."""

    def __init__(self, app: ASGIApp, door: Door, largest: dict[str, int]) -> None:
        self._app, self._door, self._largest = app, door, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        known = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        path, query, method = scope["path"], scope["query_string"], scope.get("method", "GET")
        refusal = self._door.refusal(kind, method, path, query, known)
        more = headers(known.get("host", "")) | ({"Connection": "close"} if refusal else {})  # one answer for strangers
        told = self._told(send, more, path, query)
        if kind == "http" and path == "/" and known.get("host") in self._door.hosts:
            is_open = self._door.opens(query)
            if is_open or (is_open is False and refusal):  # who is known comes in by an old address, too
                await self._entered(bool(is_open))(scope, receive, told)
                return
        if not refusal:
            await self._app(scope, self._bounded(scope, receive, known), told)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": REFUSED})
        else:
            await PlainTextResponse(f"{refusal}\n", 403)(scope, receive, told)

    def _entered(self, is_right: bool) -> Response:
        if not is_right:
            text = "the token in this address is not the present one; livebg panel opens the right one\n"
            return PlainTextResponse(text, 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._door.cookie, self._door.session, httponly=True, samesite="strict")
        return answer

    def _told(self, send: Send, more: dict[str, str], path: str, query: bytes) -> Send:
        """send() with the headers; the source page's key becomes a cookie, for what the page loads."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                response = Response(status_code=message["status"])
                given = {name.lower() for name, _ in message.get("headers", ())}
                response.raw_headers = list(message.get("headers", ()))
                for name, value in more.items():
                    if name.lower().encode() not in given:
                        response.headers[name] = value
                if path == "/source" and b"key=" in query and message["status"] == 200:
                    name = f"{self._door.cookie}-source"
                    response.set_cookie(name, self._door.source, httponly=True, samesite="strict")
                message = {**message, "headers": response.raw_headers}
            await send(message)

        return told

    def _bounded(self, scope: Scope, receive: Receive, known: dict[str, str]) -> Receive:
        """receive() that ends a body which is too large or stands still, with an answer that says so."""
        path = scope["path"]
        most = next((bytes_ for start, bytes_ in self._largest.items() if path.startswith(start)), LARGEST_BYTES)
        if scope["type"] != "http":
            return receive
        most = most or sys.maxsize
        told_length = known.get("content-length", "0")
        is_too_large = not told_length.isdecimal() or int(told_length[:20]) > most
        so_far, is_whole = 0, False

        async def bounded() -> Any:
            nonlocal so_far, is_whole
            if is_whole:
                return await receive()
            if is_too_large:
                raise HTTPException(413, f"this is too large; livebg takes up to {_shown(most)} here")
            try:
                message = await asyncio.wait_for(receive(), BODY_S)
            except TimeoutError as cause:
                raise HTTPException(408, f"nothing came for {BODY_S:g} s; try again") from cause
            so_far += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if so_far > most:
                raise HTTPException(413, f"this is too large; livebg takes up to {_shown(most)} here")
            return message

        return bounded


def _shown(count: int) -> str:
    return f"{count // 2**20} MB" if count >= 2**20 else f"{count // 1024} kB"
