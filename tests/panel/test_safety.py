"""The attack list: each one is refused, and the live loop is asked for nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from fake_live import FakeLoop
from panel_app import COOKIE, DECODING, DOOR, HOST, OWN, app, stranger, user
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from livebg.panel import door, safety, viewers
from livebg.panel.app import make_app
from livebg.panel.backgrounds import Gallery
from livebg.panel.door import Door
from livebg.panel.safety import Safety
from livebg.panel.studio.routes import routes as studio_routes
from livebg.panel.studio.studio import Studio


def _gallery(folder: Path) -> Gallery:
    return Gallery(folder, DECODING)


EVERY_GET = ("/", "/api/panel", "/api/status", "/api/settings", "/api/backgrounds", "/api/backgrounds/bookshelf.jpg",
             "/api/words/en", "/static/panel.js", "/source", "/static/source.js", "/nothing")  # fmt: skip
EVERY_POST = ("/api/do/hide", "/api/backgrounds", "/api/start", "/api/stop", "/api/restart")
EVERY_SOCKET = ("/ws", "/ws/source")


def test_the_token_opens_once_and_leaves_the_address(loop: FakeLoop, tmp_path: Path) -> None:
    answer = stranger(app(loop, tmp_path)).get("/?token=the-token")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "the-session" in cookie
    assert "the-token" not in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_ticket_opens_once(loop: FakeLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other users of this computer see the address in the browser's command line, and come too late."""
    application = app(loop, tmp_path)
    ticket = user(application).post("/api/ticket").json()["ticket"]
    mine, other = stranger(application), stranger(application)
    assert mine.get(f"/?ticket={ticket}").status_code == 303
    assert other.get(f"/?ticket={ticket}").status_code == 403
    assert other.get("/").status_code == 403
    assert mine.get(f"/?ticket={ticket}").status_code == 200, "by its cookie, where the browser remembers the address"
    late = user(application).post("/api/ticket").json()["ticket"]
    now_s = time.monotonic()
    monkeypatch.setattr(door.time, "monotonic", lambda: now_s + door.TICKET_S)
    assert other.get(f"/?ticket={late}").status_code == 403
    for wrong in ("", "the-token", "wrong"):
        assert other.get(f"/?ticket={wrong}").status_code == 403


@pytest.mark.parametrize("path", EVERY_GET)
def test_without_a_cookie_nothing_is_shown(loop: FakeLoop, tmp_path: Path, path: str) -> None:
    answer = stranger(app(loop, tmp_path)).get(path)
    assert answer.status_code == 403
    assert "the token that it printed" in answer.text
    assert answer.headers["connection"] == "close", "and does not stay for more"
    assert not loop.done


@pytest.mark.parametrize("query", ["token=", "token=wrong", "token=the-toke", "token=the-token2", "token=%ff"])
def test_a_wrong_token_opens_nothing(loop: FakeLoop, tmp_path: Path, query: str) -> None:
    answer = stranger(app(loop, tmp_path)).get(f"/?{query}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "cookie", ["livebg-8642=", "livebg-8642=wrong", "livebg-1=the-session", "x" * 500, 'livebg-8642="\\']
)
def test_a_wrong_cookie_opens_nothing(loop: FakeLoop, tmp_path: Path, cookie: str) -> None:
    client = stranger(app(loop, tmp_path), headers={"Cookie": cookie} | OWN)
    assert client.get("/").status_code == 403
    assert client.post("/api/do/hide").status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", f"{HOST}.evil.example", "", f"a@{HOST}"])
@pytest.mark.parametrize("path", ["/", "/?token=the-token", "/api/status"])
def test_a_foreign_host_is_refused_with_the_right_cookie_too(client: TestClient, host: str, path: str) -> None:
    """A name that its owner lets point here (DNS rebinding)."""
    answer = client.get(path, headers={"Host": host, "Origin": f"http://{host}", "Cookie": COOKIE})
    assert answer.status_code == 403
    assert "does not know this host name" in answer.text


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"https://{HOST}", "http://127.0.0.1:1", "", "http://localhost:8642"]
)
def test_a_foreign_origin_is_refused_everywhere(client: TestClient, loop: FakeLoop, origin: str) -> None:
    for path in EVERY_POST:
        assert client.post(path, headers={"Origin": origin}).status_code == 403
    assert client.get("/api/status", headers={"Origin": origin}).status_code == 403
    for path in EVERY_SOCKET:
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(f"ws://{HOST}{path}", headers={"Origin": origin}),
        ):
            pass
    assert not loop.done


def test_a_post_or_socket_must_tell_its_origin(loop: FakeLoop, tmp_path: Path) -> None:
    client = stranger(app(loop, tmp_path), headers={"Cookie": COOKIE})
    assert client.get("/api/status").status_code == 200
    assert {client.post(each).status_code for each in EVERY_POST} == {403}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"ws://{HOST}/ws"):
        pass
    assert not loop.done


def test_the_sources_key_opens_the_source_alone(loop: FakeLoop, tmp_path: Path) -> None:
    client = stranger(app(loop, tmp_path))
    assert client.get("/source?key=wrong").status_code == 403
    assert client.get("/source?key=the-source-key").status_code == 200
    assert client.get("/static/source.js").status_code == 200, "by the cookie that it got"
    for path in ("/", "/api/status", "/static/panel.js", "/api/panel"):
        assert client.get(f"{path}?key=the-source-key").status_code == 403
    assert client.post("/api/do/hide?key=the-source-key", headers=OWN).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"ws://{HOST}/ws?key=the-source-key", headers=OWN),
    ):
        pass
    assert not loop.done


def _every_route(routes: Sequence[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of each; of a WebSocket ('', path)."""
    for each in routes:
        assert isinstance(each, Mount | Route | WebSocketRoute)
        if isinstance(each, Mount):
            yield from _every_route(each.routes, before + each.path)
            continue
        path = before + re.sub(r"\{\w+\}", "x", each.path)
        for method in sorted(each.methods or ()) if isinstance(each, Route) else [""]:
            yield method, path


def test_no_route_of_the_whole_panel_answers_somebody_else(loop: FakeLoop, tmp_path: Path) -> None:
    """Whatever is added has the same door."""
    with closing(Studio(tmp_path / "studio", "", DECODING)) as studio:
        application = make_app(
            loop.live(), DOOR, _gallery(tmp_path), more=[Mount("/studio", routes=studio_routes(studio))]
        )
        assert isinstance(application, Safety)
        assert isinstance(application._app, Starlette)
        found = [*_every_route(application._app.routes)]
        assert {("POST", "/api/presets"), ("PUT", "/studio/uploads/x"), ("GET", "/source"), ("", "/ws")} <= {*found}
        assert len(found) > 40
        known = {"Cookie": COOKIE}
        for method, path in found:
            others = [OWN, {**known, "Host": "evil.example"}, {**known, "Origin": "http://127.0.0.1:1"}]
            others += [known] if method not in ("GET", "HEAD") else []  # a page of another site's, in an old browser
            for headers in others:
                client = stranger(application, headers=headers)
                if method:
                    assert client.request(method, path).status_code == 403, (method, path, headers)
                    continue
                with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"ws://{HOST}{path}"):
                    pass
        assert not loop.done
        assert not studio.store.items()


@pytest.mark.parametrize("path", [
    "/static/..%2f..%2fdoor.py", "/static/../door.py", "/static/%2e%2e%2fdoor.py", "/static/index.html",
    "/static//etc/passwd",
    "/static/panel.js/../../door.py", "/static/strings.en.json", "/api/backgrounds/..%2f..%2fetc%2fpasswd.jpg",
    "/api/backgrounds/%2e%2e.jpg", "/api/backgrounds/%00.jpg", "/api/words/../../door",
])  # fmt: skip
def test_no_path_leaves_the_list_of_files(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 200)
    assert b"root:" not in answer.content
    assert b"Door" not in answer.content
    if answer.status_code == 200:  # the client itself has shortened it, as browsers do
        assert answer.headers["content-type"].startswith(("application/json", "text/javascript"))


def test_a_body_that_is_too_large_is_cut_off(client: TestClient, loop: FakeLoop) -> None:
    told = client.post("/api/do/background", content=b"[" + b" " * safety.LARGEST_BYTES + b"]")
    untold = client.post("/api/do/background", content=iter([b"[", *[b" " * 4096] * 20, b'"a"]']))
    for answer in (told, untold):
        assert answer.status_code == 413
        assert answer.json() == {"error": "this is too large; livebg takes up to 64 kB here"}
    assert not loop.done


def test_an_upload_that_is_too_large_leaves_nothing(
    loop: FakeLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livebg.panel.app.LARGEST_BYTES", 10_000)
    client = user(app(loop, tmp_path))
    for content in (b"x" * 20_000, iter([b"x" * 1000] * 20)):
        assert client.post("/api/backgrounds", content=content, headers={"X-Name": "a.jpg"}).status_code == 413
    assert not list((tmp_path / "backgrounds").iterdir())


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/api/do/hide", "/api/backgrounds", "/studio/x"])
async def test_a_body_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    import asyncio

    monkeypatch.setattr(safety, "BODY_S", 0.01)
    never, sent = asyncio.Event(), list[dict[str, object]]()

    async def receive() -> dict[str, object]:
        await never.wait()
        return {}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    door = Door(1, frozenset({"a:1"}), "t", "s", "k")

    async def take(request: Request) -> Response:
        return Response(await request.body())

    more = [Route("/studio/x", take, methods=["POST"])]
    safe = make_app(FakeLoop().live(), door, _gallery(Path("none")), more=more)
    headers = [(b"host", b"a:1"), (b"origin", b"http://a:1"), (b"cookie", b"livebg-1=s")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers,
             "root_path": "", "app": None}  # fmt: skip
    await safe(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_every_answer_keeps_the_browser_from_more_than_these_pages(client: TestClient) -> None:
    for path in ("/", "/api/status", "/static/panel.js", "/nothing", "/api/backgrounds/bookshelf.jpg"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


def test_a_flood_of_messages_closes_the_socket(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "PER_S", 0.0)  # however slow the machine is
    with client.websocket_connect(f"ws://{HOST}/ws") as socket:
        for _ in range(viewers.MESSAGES + 1):
            socket.send_text('{"see": []}')
        while (message := socket.receive())["type"] != "websocket.close":
            pass
    assert message["code"] == viewers.FLOOD


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"see": 3}', '{"ack": ["x"]}', '{"ack": {}}', "[" * 2000, '{"see": [[]]}']
)
def test_what_is_no_message_closes_the_socket(client: TestClient, text: str) -> None:
    with client.websocket_connect(f"ws://{HOST}/ws") as socket:
        socket.send_text(text)
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_bytes_in_place_of_text_close_the_socket(client: TestClient) -> None:
    with client.websocket_connect(f"ws://{HOST}/ws") as socket:
        socket.send_bytes(b"\0\1")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_of_too_many_pages_the_last_gets_in_later(
    loop: FakeLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MOST", 1)
    client = user(app(loop, tmp_path))
    address = f"ws://{HOST}/ws"
    with (
        client.websocket_connect(address),
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect(address),
    ):
        pass
    assert refused.value.code == viewers.FULL
    with client.websocket_connect(f"ws://{HOST}/ws") as socket:
        socket.send_text('{"see": ["status"]}')
        assert "status" in socket.receive_json()


def test_routes_of_the_studio_stand_behind_the_same_door(loop: FakeLoop, tmp_path: Path) -> None:
    from starlette.responses import PlainTextResponse

    more = [Route("/studio/jobs", lambda _: PlainTextResponse("jobs"))]
    door = Door(8642, frozenset({HOST}), "the-token", "the-session", "k")
    application = make_app(loop.live(), door, _gallery(tmp_path), more=more)
    assert isinstance(application, Safety)
    assert stranger(application).get("/studio/jobs").status_code == 403
    assert user(application).get("/studio/jobs").text == "jobs"
    assert user(application).get("/api/panel").json()["has_studio"] is True
