"""Lets other programs of this user steer a running livebg: `livebg ctl`, key bindings, stream decks.

HTTP on this computer alone (127.0.0.1): POST /ACTION with a JSON list of texts, GET /status; each answer is a JSON
object. A token proves that the caller is this user: it lies with the port in a file that only this user can read. No
web page gets through: livebg refuses requests with an Origin, and other hosts' names. The main thread does the actions.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from livebg.core.errors import LivebgError
from livebg.core.private_files import is_own, make_folder, new_file
from livebg.core.user_folders import runtime_folder

log = logging.getLogger(__name__)

Command = Callable[[str, tuple[str, ...]], dict[str, Any]]

PREFIX, SUFFIX = "run-", ".json"
LARGEST_BYTES = 10_000
AT_ONCE = 8  # connections; further ones are closed
PATIENCE_S = 2.0  # for a whole request
ANSWER_S = 10.0  # the main thread may open a device meanwhile


def running() -> dict[int, Path]:
    """{process: the file with its port and token}; a process that was killed may be among them."""
    found: dict[int, Path] = {}
    if not is_own(runtime_folder()):  # whoever owns it could answer in livebg's place
        return found
    with suppress(OSError):
        for each in sorted(runtime_folder().glob(f"{PREFIX}*{SUFFIX}")):
            number = each.name[len(PREFIX) : -len(SUFFIX)]
            if number.isdecimal():
                found[int(number)] = each
    return found


class Remote:
    """The requests that wait for the main thread, which does them by serve()."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        """patience_s: a caller's whole request must be there by then."""
        self._patience_s = patience_s
        self._waiting: queue.SimpleQueue[tuple[str, tuple[str, ...], Future[dict[str, Any]]]] = queue.SimpleQueue()

    def ask(self, action: str, values: tuple[str, ...]) -> dict[str, Any]:
        """From any other thread. Raises what the action raises, and TimeoutError."""
        answer: Future[dict[str, Any]] = Future()
        self._waiting.put((action, values, answer))
        return answer.result(ANSWER_S)

    def serve(self, command: Command) -> None:
        """Does everything that waits. Never waits itself."""
        with suppress(queue.Empty):
            while True:
                action, values, answer = self._waiting.get_nowait()
                try:
                    answer.set_result(command(action, values))
                except LivebgError as failure:
                    answer.set_exception(failure)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Takes requests within the context. Where that is impossible, it says so, and livebg runs without."""
        try:
            make_runtime_folder()
            server = _Server(self, self._patience_s)
        except (LivebgError, OSError) as cause:
            log.warning("livebg ctl cannot reach this run: %s", cause)
            yield
            return
        thread = threading.Thread(target=server.serve_forever, name="livebg-remote", daemon=True)
        thread.start()
        file = runtime_folder() / f"{PREFIX}{os.getpid()}{SUFFIX}"
        try:
            try:
                new_file(file).write_text(json.dumps({"port": server.server_port, "token": server.token}))
            except OSError as cause:
                log.warning("livebg ctl cannot reach this run: %s", cause)
            yield
        finally:
            with suppress(OSError):
                file.unlink()
            server.shutdown()
            server.server_close()


def make_runtime_folder() -> None:
    """Raises LivebgError where this user can have none."""
    folder = runtime_folder()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        make_folder(folder)
    except OSError as cause:
        raise LivebgError(f"the folder {folder} cannot be made: {cause}") from cause


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a caller that stands still does not keep livebg from ending

    def __init__(self, remote: Remote, patience_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.remote, self.token, self.patience_s = remote, secrets.token_urlsafe(32), patience_s
        self._free = threading.Semaphore(AT_ONCE)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Whoever sends a byte now and then keeps a place for PATIENCE_S, too."""
        last = threading.Timer(self.patience_s, _hang_up, (request,))
        last.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            last.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the shape of its base
        log.debug("a caller of livebg ctl went away", exc_info=True)


def _hang_up(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RD)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self._is_allowed():
            if self.path == "/status":
                self._answer_to("status", ())
            else:
                self._send(404, {"error": "there is only GET /status; all else is POST /ACTION"})

    def do_POST(self) -> None:
        if not self._is_allowed():
            return
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 <= length <= LARGEST_BYTES:
                raise ValueError
            values = json.loads(self.rfile.read(length) or b"[]")
            if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
                raise ValueError
        except (ValueError, RecursionError):
            self._send(400, {"error": f"the body must be a JSON list of texts, up to {LARGEST_BYTES} bytes"})
            return
        self._answer_to(self.path.removeprefix("/"), tuple(values))

    def _is_allowed(self) -> bool:
        port = self.server.server_port
        is_here = self.headers.get("Host") in (f"127.0.0.1:{port}", f"localhost:{port}")
        given = (self.headers.get("Authorization") or "").encode()
        is_own = secrets.compare_digest(given, f"Bearer {self.server.token}".encode())
        if is_here and is_own and self.headers.get("Origin") is None:
            return True
        self._send(403, {"error": "not allowed"})
        return False

    def _answer_to(self, action: str, values: tuple[str, ...]) -> None:
        try:
            self._send(200, self.server.remote.ask(action, values))
        except LivebgError as failure:
            self._send(400, {"error": str(failure)})
        except TimeoutError:
            self._send(503, {"error": f"livebg gave no answer within {ANSWER_S:g} s; it is busy or ends"})

    def _send(self, code: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests are no news."""
