"""The client and the server of a running livebg, over real connections."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from patience import until
from steering import STATUS, serving, steered

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.settings import OPTIONS
from livebg.pipeline.live.client import Client, Kind, Picture, running
from livebg.pipeline.live.remote import Remote
from livebg.pipeline.live.requests import ACTIONS, QUESTIONS, openapi
from livebg.pipeline.live.server import AT_ONCE, KNOWN_AT_ONCE, Limits
from livebg.pipeline.live.status import Status

pytestmark = pytest.mark.usefixtures("own_home")


class Pictures:
    """Answers with what it was asked for."""

    def __init__(self) -> None:
        self.asked = list[tuple[Kind, int, int | None]]()

    def picture(self, of: Kind, width: int, after: int | None) -> Picture | None:
        self.asked.append((of, width, after))
        return None if after == 9 else Picture(b"\xff\xd8" + of.encode(), 9, 12.34, "live")


@contextmanager
def _served(limits: Limits = Limits()) -> Iterator[Pictures]:  # noqa: B008 - frozen
    pictures = Pictures()
    looks = {"/status": lambda: asdict(STATUS), "/openapi.json": lambda: openapi(Status)}
    remote = Remote(looks, pictures.picture, limits)
    with serving(remote, lambda action, values: {"did": [action, *values]}), remote.open():
        yield pictures


def _raw() -> tuple[http.client.HTTPConnection, dict[str, str]]:
    (file,) = running().values()
    where = json.loads(file.read_text())
    connection = http.client.HTTPConnection("127.0.0.1", where["port"], timeout=60)
    return connection, {"Authorization": f"Bearer {where['token']}"}


def _got(path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    connection, usual = _raw()
    connection.request("GET", path, None, {**usual, **headers})
    response = connection.getresponse()
    answer = response.status, json.loads(response.read() or b"{}")
    connection.close()
    return answer


def test_pictures_come_with_their_number_age_and_state() -> None:
    with _served() as pictures, Client() as livebg:
        picture = livebg.preview("matte", 320, 4)
        assert picture is not None
        assert (picture.content, picture.sequence, picture.age_ms, picture.state) == (b"\xff\xd8matte", 9, 12.3, "live")
        assert livebg.preview("person", after=9) is None
        assert livebg.preview() is not None
    assert pictures.asked == [("matte", 320, 4), ("person", 640, 9), ("composite", 640, None)]


def test_settings_come_with_their_declarations() -> None:
    with steered() as controls, Client() as livebg:
        livebg.do("set", "smoothing", "0.5")
        said = livebg.settings()
        assert set(said) == set(OPTIONS)
        about = said["smoothing"]
        assert (about["value"], about["default"], about["low"], about["high"], about["kind"]) == (
            0.5,
            0.9,
            0,
            1,
            "float",
        )
        assert (said["engine"]["choices"], said["engine"]["group"]) == (["auto", "rmbg", "selfie"], "engine")
        assert {each: said[each]["kind"] for each in ("hide", "stride", "to", "camera")} == {
            "hide": "bool",
            "stride": "int",
            "to": "list",
            "camera": "str",
        }
        assert controls.settings.smoothing == 0.5
        with pytest.raises(SettingsError, match=r"--smoothing: 7 is outside 0\.\.1"):
            livebg.do("set", "smoothing", "7")
        assert Status(**livebg.status()).state == STATUS.state


def test_one_connection_serves_many_questions_and_comes_back_after_a_rest() -> None:
    with _served(Limits(idle_s=0.3)) as pictures:
        connection, headers = _raw()
        connection.request("GET", "/status", None, headers)
        connection.getresponse().read()
        first = connection.sock
        assert first is not None
        for _ in range(20):
            connection.request("POST", "/hide", b"[]", headers)
            assert json.loads(connection.getresponse().read()) == {"did": ["hide"]}
        assert connection.sock is first, "the same connection"
        until(lambda: first.recv(1) == b"", "its end, after the idle time")
        connection.close()
        with Client() as livebg:
            assert livebg.preview() is not None
            until(lambda: _is_dropped(livebg), "the end of the client's idle connection")
            assert livebg.preview() is not None, "a new connection"
    assert len(pictures.asked) == 2


def _is_dropped(livebg: Client) -> bool:
    connection = livebg._link._connection
    assert connection is not None
    assert connection.sock is not None
    connection.sock.settimeout(0.01)
    try:
        return connection.sock.recv(1, socket.MSG_PEEK) == b""
    except TimeoutError:
        return False


def test_a_question_that_is_none_is_a_sentence() -> None:
    wrong = {
        "/preview?of=screen": "of: 'screen' is none of composite, matte, camera",
        "/preview?of=person": "of: 'person' is none of composite, matte, camera",
        "/preview?width=-5": "width: '-5' is not a whole number",
        "/person?after=now": "after: 'now' is not a whole number",
        "/preview?width=" + "9" * 30: "is not a whole number",
        "/preview?" + "&".join(f"a{each}=1" for each in range(30)): "fields",
    }
    with _served() as pictures:
        for path, error in wrong.items():
            code, answer = _got(path)
            assert code == 400
            assert error in answer["error"]
        assert _got("/../status")[0] == 404
    assert pictures.asked == []


def test_strangers_see_nothing() -> None:
    with _served() as pictures:
        for question in QUESTIONS:
            for headers in ({"Authorization": "Bearer x"}, {"Origin": "null"}, {"Host": "example.org"}):
                assert _got(question.path, **headers) == (403, {"error": "not allowed"})
        assert _got("/preview?of=camera", Authorization="") == (403, {"error": "not allowed"})
    assert pictures.asked == []


def test_strangers_cannot_take_the_places_of_those_with_the_token() -> None:
    with _served(Limits(patience_s=30)):
        mine = [Client() for _ in range(3)]
        for each in mine:
            each.status()
        port = json.loads(next(iter(running().values())).read_text())["port"]
        strangers = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * AT_ONCE)]
        mine.append(Client())  # one who comes later gets in at once, too
        for each in mine:
            assert each.status()["state"] == "hidden"
        for each in (*mine, *strangers):
            each.close()


def test_whoever_opens_too_many_connections_is_told() -> None:
    with _served():
        clients = [Client() for _ in range(KNOWN_AT_ONCE)]
        for each in clients:
            each.status()
        last = Client()
        with pytest.raises(LivebgError, match="connections are open already"):
            last.status()
        clients.pop().close()
        until(lambda: _answers(last), "a free place")
        for each in (*clients, last):
            each.close()


def _answers(client: Client) -> bool:
    try:
        client.status()
    except LivebgError:
        return False
    return True


def test_who_does_not_take_the_answer_holds_no_place_for_long() -> None:
    with _served(Limits(patience_s=0.3)):
        _, headers = _raw()
        port = json.loads(next(iter(running().values())).read_text())["port"]
        asking = (
            f"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {headers['Authorization']}\r\n\r\n"
        )
        lazy = socket.create_connection(("127.0.0.1", port))
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def ask() -> None:
            try:
                lazy.sendall(asking.encode() * 20_000)
            except OSError:
                return

        asker = threading.Thread(target=ask)
        asker.start()
        asker.join(60)
        assert not asker.is_alive(), "livebg has hung up"
        lazy.close()
        with Client() as livebg:
            assert livebg.status()["state"] == "hidden"


def test_the_page_names_every_request() -> None:
    page = (Path(__file__).parents[3] / "livebg" / "docs" / "control.md").read_text()
    for action in ACTIONS:
        assert re.search(rf"`[^`]*\b{action.name}(?![\w-])", page), action.name
    for question in QUESTIONS:
        assert f"GET {question.path}" in page
    for name in asdict(STATUS):
        assert f"`{name}`" in page or name == "preset", name


def test_every_request_is_described() -> None:
    with _served():
        code, said = _got("/openapi.json")
    assert code == 200
    assert said["openapi"] == "3.1.0"
    for each in ACTIONS:
        post = said["paths"][f"/{each.name}"]["post"]
        assert post["summary"] == each.help
        body = post.get("requestBody", {"content": {"application/json": {"schema": {"maxItems": 0}}}})
        assert body["content"]["application/json"]["schema"]["maxItems"] == len(each.values)
    for question in QUESTIONS:
        assert "get" in said["paths"][question.path]
    properties = said["components"]["schemas"]["Status"]["properties"]
    assert set(properties) == set(asdict(STATUS))
    assert properties["state"] == {"enum": ["live", "hidden", "resting", "standby"]}
    assert properties["outputs"] == {"type": "array", "items": {"type": "string"}}
    assert properties["level_db"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}
