"""A real server: headers that never end, and too many connections."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

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


class Small(Connection):
    headers_s = HANGS_S
    at_once = 3


@contextmanager
def _server(connection: type[Connection]) -> Iterator[int]:
    """Its port."""

    async def yes(_: Request) -> PlainTextResponse:
        return PlainTextResponse("yes")

    app = Starlette(routes=[Route("/", yes)])
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=connection, ws="none", lifespan="off", log_config=None, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    until(lambda: server.started, "the server")
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with _server(Hasty) as opened:
        yield opened


@pytest.fixture
def small() -> Iterator[int]:
    with _server(Small) as opened:
        yield opened


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=HANGS_S)


def _is_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True


def _ask(connection: socket.socket) -> None:
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = b""
    while not answer.endswith(b"yes"):
        came = connection.recv(1000)
        assert came, "it was closed"
        answer += came


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: "])
def test_headers_that_never_end_are_cut_off(port: int, begun: bytes) -> None:
    with _connected(port) as connection:
        connection.sendall(begun)
        assert _is_ended(connection)


def test_so_are_those_of_a_second_request(port: int) -> None:
    with _connected(port) as connection:
        _ask(connection)
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert _is_ended(connection)


def test_who_comes_into_a_full_house_is_answered_at_once(small: int) -> None:
    """Beside many that say nothing; those that came first have gone for it."""
    silent = [_connected(small) for _ in range(8)]
    with _connected(small) as newcomer:
        _ask(newcomer)
        assert all(map(_is_ended, silent[: -(Small.at_once - 1)]))
    for each in silent:
        each.close()


def test_the_one_goes_that_was_silent_for_the_longest(small: int) -> None:
    with _connected(small) as first, _connected(small) as second, _connected(small) as third:
        for each in (second, third, first):  # whoever was answered has come in
            _ask(each)
        with _connected(small) as newcomer:
            _ask(newcomer)
            assert _is_ended(second)
            _ask(first)
