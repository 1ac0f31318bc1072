"""The WebSocket's messages as docs/panel.md describes them: its words against what the panel sends and takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fake_live import FakeLoop
from panel_app import HOST
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import livebg
from livebg.panel import viewers
from livebg.panel.viewers import FLOOD, FULL, HEADER, KINDS, MESSAGES, MOST, PER_S, SOURCE_WIDTHS, STATUS_S

PAGE = (Path(livebg.__file__).parent / "docs" / "panel.md").read_text(encoding="utf-8").partition("## For programs")[2]
LETTERS = {"uint8": "B", "pad": "x", "uint16": "H", "uint32": "I", "float32": "f"}
MESSAGE = re.compile(r"^\| (\w+) \| (you|livebg) \| .+ \| `(\{.+\})` \|$", re.MULTILINE)
EXAMPLES = {name: (sender, json.loads(text)) for name, sender, text in MESSAGE.findall(PAGE)}


def test_the_bytes_ahead_of_a_picture() -> None:
    rows = re.findall(r"^\| (\d+) \| (\w+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert HEADER.format == ">" + "".join(LETTERS[kind] for _, kind, _ in rows)
    assert [int(at) for at, _, _ in rows] == [0, 1, 2, 4, 8]
    assert f"{HEADER.size} bytes, big-endian" in PAGE
    assert re.findall(r"(\d) `(\w+)`", rows[0][2]) == [(str(number), kind) for number, kind in enumerate(KINDS)]


def test_the_numbers() -> None:
    widths = f"{', '.join(map(str, SOURCE_WIDTHS[:-1]))} or {SOURCE_WIDTHS[-1]} px wide"
    limits = (
        f"code {FLOOD} for what is no such message, and for more than {MESSAGES} messages at once or {PER_S:g} a second"
    )
    assert STATUS_S == 0.5
    for words in (widths, limits, f"with {FULL} where {MOST} pages are open", "twice a second"):
        assert words in PAGE.replace("\n", " ")


def test_the_examples_are_what_goes_over_it(client: TestClient, loop: FakeLoop) -> None:
    assert {name: sender for name, (sender, _) in EXAMPLES.items()} == {
        "see": "you", "ack": "you", "status": "livebg", "age": "livebg",
    }  # fmt: skip
    with client.websocket_connect(f"ws://{HOST}/ws") as socket:
        socket.send_json(EXAMPLES["see"][1])
        told = dict[str, object]()
        while set(told) < {"status", "age"}:
            message = socket.receive()
            if message.get("bytes"):
                kind = KINDS[HEADER.unpack_from(message["bytes"])[0]]
                assert kind in EXAMPLES["see"][1]["see"]
                assert message["bytes"][HEADER.size :].startswith(b"\xff\xd8")
                socket.send_json({**EXAMPLES["ack"][1], "ack": kind})
            else:
                told |= json.loads(message["text"])
    for name in ("status", "age"):
        (given,) = EXAMPLES[name][1].values()
        found = told[name]
        assert isinstance(found, dict)
        assert set(given) == set(found)
    assert set(EXAMPLES["status"][1]["status"]["live"]) < set(loop.status)


def test_a_list_of_anything_else_brings_the_status_alone(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "STATUS_S", 0.001)
    with client.websocket_connect(f"ws://{HOST}/ws") as socket:
        socket.send_json({"see": ["status"]})
        for _ in range(5):
            assert set(socket.receive_json()) == {"status"}


def test_without_the_origin_it_does_not_open(client: TestClient) -> None:
    assert "wants the header `Origin: http://127.0.0.1:8642`" in PAGE
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"ws://{HOST}/ws", headers={"Origin": ""}),
    ):
        pass
