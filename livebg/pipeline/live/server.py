"""The HTTP server of a running livebg, on this computer alone (127.0.0.1). requests.py declares what it answers.

A token proves that the caller is this user. No web page gets through: livebg refuses requests with an Origin, and other
hosts' names. A caller has a time for each request, and a few seconds between two; callers with the token have places of
their own, and of the others the first goes when one too many comes, so that nobody can take all places. One thread for
each connection.
"""

from __future__ import annotations

import io
import json
import logging
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, get_args
from urllib.parse import parse_qs, urlsplit

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.option import did_you_mean, seen
from livebg.pipeline.live.client import Kind, Picture
from livebg.pipeline.live.requests import texts_of

log = logging.getLogger(__name__)

LARGEST_BYTES, MOST_DIGITS = 10_000, 20  # of a body; of its length, which Python would read without an end
AT_ONCE = 8  # connections without a request yet, or with a refused one
KNOWN_AT_ONCE = 24  # connections of callers with the token
PATIENCE_S = 2.0  # for a whole request, and for a caller to take the answer
IDLE_S = 10.0  # between two requests of a caller with the token
USUAL_PX = 640


class Answers(Protocol):
    """What the server asks for, in its callers' threads."""

    def ask(self, action: str, values: tuple[str, ...]) -> dict[str, Any]:
        """The status after this action. Raises LivebgError, and TimeoutError if the main thread does not come."""
        ...

    def look(self, question: str) -> dict[str, Any] | None:
        """The answer to GET /status, /settings ...; None: there is no such question. Raises as ask()."""
        ...

    def picture(self, of: Kind, width: int, after: int | None) -> Picture | None:
        """See previews.Previews."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """patience_s: for one request. idle_s: between two."""

    patience_s: float = PATIENCE_S
    idle_s: float = IDLE_S


class Server(ThreadingHTTPServer):
    """On a port of its own choice. Raises OSError."""

    daemon_threads = True
    request_queue_size = 64  # with few, callers who come at once wait seconds for their second try
    block_on_close = False  # a caller that stands still does not keep livebg from ending

    def __init__(self, answers: Answers, limits: Limits) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.token, self.limits = answers, secrets.token_urlsafe(32), limits
        self._strangers, self._known = list[socket.socket](), set[socket.socket]()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            if len(self._strangers) == AT_ONCE:
                _hang_up(self._strangers.pop(0))
            self._strangers.append(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._known.discard(request)
                with suppress(ValueError):
                    self._strangers.remove(request)

    def is_welcome(self, request: socket.socket) -> bool:
        """Whether a caller with the token gets one of the places for these; gives its place among strangers free."""
        with self._lock:
            if request in self._known:
                return True
            if len(self._known) == KNOWN_AT_ONCE or request not in self._strangers:
                return False
            self._strangers.remove(request)
            self._known.add(request)
            return True

    def server_close(self) -> None:
        super().server_close()
        with self._lock:
            for each in (*self._strangers, *self._known):
                _hang_up(each)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the shape of its base
        log.debug("a caller of livebg ctl went away", exc_info=True)


def _hang_up(connection: socket.socket) -> None:
    """Its thread ends then."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _InTime(io.RawIOBase):
    """Reads from a socket up to a moment: whoever sends a byte now and then has no more time than others."""

    def __init__(self, connection: socket.socket, patience_s: float) -> None:
        self._connection, self._patience_s = connection, patience_s
        self._deadline_s, self._is_idle = time.monotonic() + patience_s, False

    def wait_for_next(self, idle_s: float) -> None:
        """The next request may begin within idle_s; its first byte starts its own time."""
        self._deadline_s, self._is_idle = time.monotonic() + idle_s, True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(max(0.001, self._deadline_s - time.monotonic()))
        count = self._connection.recv_into(buffer)
        if self._is_idle:
            self._deadline_s, self._is_idle = time.monotonic() + self._patience_s, False
        return count


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"  # keeps the connection
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._incoming = _InTime(self.connection, self.server.limits.patience_s)
        self.rfile.close()
        self.rfile = io.BufferedReader(self._incoming)

    def do_GET(self) -> None:
        if not self._is_allowed():
            return
        parts = urlsplit(self.path)
        try:
            values = {name: given[-1] for name, given in parse_qs(parts.query, max_num_fields=10).items()}
            if parts.path == "/preview":
                self._send_picture(_chosen(values.pop("of", "composite")), values)
            elif parts.path == "/person":
                self._send_picture("person", values)
            else:
                answer = self.server.answers.look(parts.path)
                if answer is None:
                    self._send(
                        404, {"error": f"there is no GET {seen(parts.path)}; GET /openapi.json lists what there is"}
                    )
                else:
                    self._send(200, answer)
        except (LivebgError, ValueError) as failure:
            self._send(400, {"error": str(failure)})
        except TimeoutError:
            self._send_busy()

    def do_POST(self) -> None:
        if not self._is_allowed():
            return
        try:
            values = texts_of(self._body())
        except LivebgError as failure:
            self.close_connection = True  # the rest of such a body would be read as the next request
            self._send(400, {"error": str(failure)})
            return
        try:
            self._send(200, self.server.answers.ask(self.path.removeprefix("/"), tuple(values)))
        except LivebgError as failure:
            self._send(400, {"error": str(failure)})
        except TimeoutError:
            self._send_busy()

    def _body(self) -> bytes:
        """Raises SettingsError."""
        given = self.headers.get("Content-Length") or "0"
        if not given.isdecimal() or len(given) > MOST_DIGITS or int(given) > LARGEST_BYTES:
            raise SettingsError(f"the body may have up to {LARGEST_BYTES} bytes; its Content-Length is {seen(given)}")
        return self.rfile.read(int(given))

    def _is_allowed(self) -> bool:
        port = self.server.server_port
        is_here = self.headers.get("Host") in (f"127.0.0.1:{port}", f"localhost:{port}")
        given = (self.headers.get("Authorization") or "").encode()
        is_own = secrets.compare_digest(given, f"Bearer {self.server.token}".encode())
        is_plain = self.headers.get("Transfer-Encoding") is None
        if is_here and is_own and is_plain and self.headers.get("Origin") is None:
            if self.server.is_welcome(self.connection):
                return True
            self.close_connection = True
            self._send(503, {"error": f"{KNOWN_AT_ONCE} connections are open already; close some"})
            return False
        self.close_connection = True
        self._send(403, {"error": "not allowed"})
        return False

    def _send_picture(self, of: Kind, values: Mapping[str, str]) -> None:
        width, after = _number("width", values, USUAL_PX), _number("after", values, None)
        assert width is not None
        picture = self.server.answers.picture(of, width, after)
        if picture is None:
            self._respond(204, "", b"")
            return
        about = {
            "X-Sequence": str(picture.sequence),
            "X-Age-Ms": f"{picture.age_ms:.1f}",
            "X-State": picture.state,
        }
        self._respond(200, "image/webp" if of == "person" else "image/jpeg", picture.content, about)

    def _send_busy(self) -> None:
        self._send(503, {"error": "livebg gave no answer in time; it is busy or ends"})

    def _send(self, code: int, answer: dict[str, Any]) -> None:
        self._respond(code, "application/json", json.dumps(answer).encode())

    def _respond(self, code: int, kind: str, body: bytes, more: Mapping[str, str] | None = None) -> None:
        """One write: headers and content in one packet."""
        limits = self.server.limits
        if self.request_version == "HTTP/0.9":  # it has no headers, so no token either
            self.close_connection = True
            return
        self.send_response(code)
        if kind:
            self.send_header("Content-Type", kind)
        if code != 204:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self._headers_buffer.append(b"\r\n" + body)  # type: ignore[attr-defined]
        self.connection.settimeout(limits.patience_s)  # for a caller that does not take it
        self.flush_headers()
        self._incoming.wait_for_next(limits.idle_s)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests are no news."""


def _chosen(of: str) -> Kind:
    kinds = [each for each in get_args(Kind) if each != "person"]
    if of not in kinds:
        raise SettingsError(f"of: {seen(of)} is none of {', '.join(kinds)}{did_you_mean(of, kinds)}")
    return of  # type: ignore[return-value]  # one of them


def _number(name: str, values: Mapping[str, str], instead: int | None) -> int | None:
    text = values.get(name)
    if text is None:
        return instead
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise SettingsError(f"{name}: {seen(text)} is not a whole number")
    return int(text)
