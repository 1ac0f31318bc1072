"""What an open page gets: pictures as fast as it acknowledges them, the camera when asked, nothing while hidden."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_live import FakeLoop
from panel_app import HOST, app, stranger, user
from patience import until
from starlette.testclient import TestClient

from livebg.panel.viewers import HEADER, KINDS

PAGE = f"ws://{HOST}/ws"


@pytest.fixture
def client(loop: FakeLoop, tmp_path: Path) -> Iterator[TestClient]:
    with user(app(loop, tmp_path)) as client:  # one event loop for all its sockets
        yield client


def _picture(socket: Any) -> tuple[str, int, float, bytes]:
    """Kind, sequence, age in ms, file; passes texts by."""
    while True:
        message = socket.receive()
        if message.get("bytes"):
            kind, _, sequence, age_ms = HEADER.unpack(message["bytes"][: HEADER.size])
            return KINDS[kind], sequence, age_ms, message["bytes"][HEADER.size :]


def test_pictures_come_one_at_a_time_with_their_age_ahead(client: TestClient, loop: FakeLoop) -> None:
    with client.websocket_connect(PAGE) as socket:
        socket.send_json({"see": ["composite"]})
        kind, first, age_ms, jpeg = _picture(socket)
        assert kind == "composite"
        assert jpeg.startswith(b"\xff\xd8")
        assert age_ms >= 20, "what the live loop said, and the way"
        time.sleep(0.3)
        assert len(loop.asked) == 1, "not acknowledged: nothing more is fetched"
        socket.send_json({"ack": "composite"})
        assert _picture(socket)[1] > first


def test_the_camera_comes_only_to_who_asks_and_stops_with_the_question(client: TestClient, loop: FakeLoop) -> None:
    with client.websocket_connect(PAGE) as socket:
        socket.send_json({"see": ["composite", "matte"]})
        assert {_picture(socket)[0] for _ in range(2)} == {"composite", "matte"}
        assert {of for of, _ in loop.asked} == {"composite", "matte"}
        socket.send_json({"see": ["camera"]})
        assert _picture(socket)[0] == "camera"
    with client.websocket_connect(PAGE) as again:  # a reload
        before = len(loop.asked)
        again.send_json({"see": ["composite"]})
        for _ in range(3):
            _picture(again)
            again.send_json({"ack": "composite"})
        assert {of for of, _ in loop.asked[before:]} == {"composite"}


def test_nothing_is_fetched_while_every_page_is_hidden(client: TestClient, loop: FakeLoop) -> None:
    with client.websocket_connect(PAGE) as socket:
        socket.send_json({"see": ["composite"]})
        _picture(socket)
        socket.send_json({"see": []})
        socket.send_json({"ack": "composite"})
        time.sleep(0.2)
        before = len(loop.asked)
        time.sleep(0.3)
        assert len(loop.asked) == before


def test_many_pages_share_one_fetch(client: TestClient, loop: FakeLoop) -> None:
    with client.websocket_connect(PAGE) as a, client.websocket_connect(PAGE) as b, client.websocket_connect(PAGE) as c:
        for each in (a, b, c):
            each.send_json({"see": ["composite"]})
        sequences = {_picture(each)[1] for each in (a, b, c)}
        assert len(sequences) == 1
        assert len(loop.asked) == 1


def test_a_slow_page_gets_fewer_pictures_never_older_ones(client: TestClient) -> None:
    with client.websocket_connect(PAGE) as fast, client.websocket_connect(PAGE) as slow:
        for each in (fast, slow):
            each.send_json({"see": ["composite"]})
            _picture(each)
        for _ in range(5):
            fast.send_json({"ack": "composite"})
            newest = _picture(fast)[1]
        slow.send_json({"ack": "composite"})
        assert _picture(slow)[1] >= newest


def test_the_source_gets_the_person_and_no_status(loop: FakeLoop, tmp_path: Path) -> None:
    with stranger(app(loop, tmp_path)) as client:
        address = f"ws://{HOST}/ws/source?key=the-source-key&width=640"
        with client.websocket_connect(address, headers={"Origin": f"http://{HOST}"}) as socket:
            socket.send_json({"see": ["composite", "camera", "matte", "person"]})
            kind, *_, picture = _picture(socket)
        assert kind == "person"
        assert picture[8:12] == b"WEBP"
        assert {of for of, _ in loop.asked} == {"person"}


def test_the_status_comes_at_once_and_with_the_ages(client: TestClient) -> None:
    with client.websocket_connect(PAGE) as socket:
        socket.send_json({"see": ["composite"]})
        said: dict[str, Any] = {}

        def is_there() -> bool:
            message = socket.receive()
            if "text" in message:
                said.update(socket_json(message["text"]))
            else:
                socket.send_json({"ack": "composite"})
            return "age" in said

        until(is_there, "the ages")
    assert said["status"]["process"] == "running"
    assert 20 <= said["age"]["p50"] <= said["age"]["p95"]


def socket_json(text: str) -> dict[str, Any]:
    import json

    return dict(json.loads(text))
