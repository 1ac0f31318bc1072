"""A real server: headers that never end, and too many connections."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from patience import HANGS_S, until
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from livebg.panel.connections import Connection


class Hasty(Connection):
    headers_s = 0.15
    at_once = 3


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    async def yes(_: Request) -> PlainTextResponse:
        return PlainTextResponse("yes")

    app = Starlette(routes=[Route("/", yes)])
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Hasty, ws="none", lifespan="off", log_config=None, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    until(lambda: server.started, "the server")
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=HANGS_S)


def _is_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True


def _answer(port: int) -> bytes:
    with _connected(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        try:
            return connection.recv(1000)
        except ConnectionError:
            return b""


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: "])
def test_headers_that_never_end_are_cut_off(port: int, begun: bytes) -> None:
    with _connected(port) as connection:
        connection.sendall(begun)
        assert _is_ended(connection)


def test_so_are_those_of_a_second_request(port: int) -> None:
    with _connected(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        while not answer.endswith(b"yes"):
            answer += connection.recv(1000)
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert _is_ended(connection)


def test_of_too_many_connections_the_last_are_closed_and_later_ones_served(port: int) -> None:
    until(lambda: _answer(port).startswith(b"HTTP/1.1 200"), "an answer")
    taken = [_connected(port) for _ in range(8)]
    try:
        assert sum(map(_is_ended, taken[Hasty.at_once :])) == len(taken) - Hasty.at_once
    finally:
        for each in taken:
            each.close()
    until(lambda: _answer(port).startswith(b"HTTP/1.1 200"), "an answer")
