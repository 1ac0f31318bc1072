"""The sender process by itself."""

from __future__ import annotations

import threading

import psutil
import pytest
from patience import until
from stream_servers import HangingServer

from livebg.sinks.streaming.address import parse_address
from livebg.sinks.streaming.connection import Connection, Lost

pytestmark = pytest.mark.process


def test_a_kill_ends_the_waiting_and_leaves_nothing() -> None:
    server = HangingServer()
    connection = Connection(parse_address(f"rtmp://127.0.0.1:{server.port}/live/secret"), 300_000, 24, 32, 30.0, 0)
    why: list[str] = []

    def connect() -> None:
        try:
            connection.connect()
        except Lost as lost:
            why.append(str(lost))

    thread = threading.Thread(target=connect)
    thread.start()
    until(lambda: bool(server.accepted), "the connection")
    (sender,) = psutil.Process().children()
    assert not any("secret" in each for each in sender.cmdline()), "others could see it"
    connection.kill()
    thread.join()
    connection.close()
    connection.close()
    server.close()
    assert why == ["the sending process was ended by signal 9"]
    assert not psutil.pid_exists(sender.pid)


def test_after_a_kill_nothing_begins() -> None:
    connection = Connection(parse_address("rtmp://127.0.0.1:1/live/secret"), 300_000, 24, 32, 30.0, 0)
    connection.kill()
    with pytest.raises(Lost, match="ended"):
        connection.connect()
    connection.close()
    assert psutil.Process().children() == []


def test_what_the_encoder_cannot_take_is_a_loss_with_its_reason() -> None:
    connection = Connection(parse_address("rtmp://127.0.0.1:1/live/secret"), 300_000, 2, 200_000, 30.0, 0)
    with pytest.raises(Lost, match="200000x2 cannot be encoded") as raised:
        connection.connect()
    connection.close()
    assert "secret" not in str(raised.value)
