"""Only this user's programs steer a running livebg, and nobody can block it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from patience import until
from steering import serving

from livebg.core.errors import SettingsError
from livebg.core.private_files import make_runtime_folder
from livebg.core.user_folders import runtime_folder
from livebg.pipeline.live import remote
from livebg.pipeline.live.client import running
from livebg.pipeline.live.remote import Remote
from livebg.pipeline.live.requests import texts_of
from livebg.pipeline.live.server import AT_ONCE, LARGEST_BYTES, Limits

LIMITS = Limits()


class Served:
    """A remote in use. done: what it was asked to do."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.done = list[tuple[str, tuple[str, ...]]]()
        self.remote = Remote({"/status": lambda: {"state": "live"}}, limits=limits)

    def do(self, action: str, values: tuple[str, ...]) -> dict[str, Any]:
        if action == "refused":
            raise SettingsError("no")
        if action == "broken":
            raise ValueError("embedded null byte")
        self.done.append((action, values))
        return {"state": "live"}


@contextmanager
def _served() -> Iterator[Served]:
    made = Served()
    with serving(made.remote, made.do), made.remote.open():
        yield made


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with _served() as made:
        yield made
    assert not list(runtime_folder().iterdir()), "the address goes with the run"


def _where() -> dict[str, Any]:
    (file,) = runtime_folder().glob("run-*.json")
    return dict(json.loads(file.read_text()))


def _asked(path: str, body: object = None, method: str = "POST", **headers: str) -> tuple[int, dict[str, Any]]:
    where = _where()
    connection = http.client.HTTPConnection("127.0.0.1", where["port"], timeout=60)
    usual = {"Authorization": f"Bearer {where['token']}"}
    sent = body if isinstance(body, bytes) else json.dumps([] if body is None else body).encode()
    connection.request(method, path, sent, {**usual, **headers})
    response = connection.getresponse()
    answer = response.status, dict(json.loads(response.read()))
    connection.close()
    return answer


def test_actions_reach_the_main_thread_with_their_values(served: Served) -> None:
    assert _asked("/hide") == (200, {"state": "live"})
    assert _asked("/background", ["a b/ä"]) == (200, {"state": "live"})
    assert _asked("/status", method="GET") == (200, {"state": "live"})
    assert served.done == [("hide", ()), ("background", ("a b/ä",))]
    assert _asked("/refused") == (400, {"error": "no"})
    assert _asked("/hide", method="GET")[0] == 404


@pytest.mark.usefixtures("served")
def test_what_nobody_foresaw_is_a_sentence_and_the_call_goes_on() -> None:
    assert _asked("/broken") == (400, {"error": "broken: ValueError: embedded null byte"})
    assert _asked("/hide") == (200, {"state": "live"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer ü"},
        {"Authorization": "Basic x"},
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Host": "example.org"},
        {"Host": "127.0.0.1.example.org:80"},
    ],
)
def test_others_are_refused(served: Served, headers: dict[str, str]) -> None:
    assert _asked("/hide", **headers) == (403, {"error": "not allowed"})
    assert served.done == []


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"hide", b"\xff", b"[" * 5_000, b"[" + b" " * LARGEST_BYTES + b"]"])
def test_a_body_of_another_kind_or_too_large_is_refused(served: Served, body: bytes) -> None:
    assert _asked("/hide", body)[0] == 400
    assert served.done == []


@pytest.mark.parametrize("length", ["-1", "1e9", "99999999999999", "0" * 20 + "99999999"])
def test_a_length_that_lies_is_refused(served: Served, length: str) -> None:
    assert _asked("/hide", b"[]", **{"Content-Length": length})[0] == 400
    assert served.done == []


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'["a"', b"[" * 5000, b"\xff"])
def test_a_body_is_a_list_of_texts_or_refused(body: bytes) -> None:
    assert texts_of(b"") == []
    assert texts_of(b'["a", "b"]') == ["a", "b"]
    with pytest.raises(SettingsError, match="must be a JSON list of texts"):
        texts_of(body)


def test_callers_that_stand_still_or_drip_block_nobody_for_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made = Served(Limits(patience_s=0.5))
    with serving(made.remote, made.do), made.remote.open():
        port = _where()["port"]
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * AT_ONCE)]
        for each in idle:
            each.sendall(b"POST /hide HT")
        until(lambda: all(_is_closed(each) for each in idle), "the end of all idle connections")
        dripping = [socket.create_connection(("127.0.0.1", port)) for _ in range(AT_ONCE)]
        until(lambda: all(_is_dripped_out(each) for each in dripping), "the end of those that send byte by byte")
        assert _asked("/hide")[0] == 200
        for each in (*idle, *dripping):
            each.close()
        last = socket.create_connection(("127.0.0.1", port))  # the end does not wait for it
    last.close()


def _is_dripped_out(connection: socket.socket) -> bool:
    with contextlib.suppress(OSError):
        connection.sendall(b"x")
    return _is_closed(connection)


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1000) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.usefixtures("served")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_this_user_can_read_the_token() -> None:
    (file,) = runtime_folder().iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(runtime_folder().stat().st_mode) == 0o700
    assert file.name == f"run-{os.getpid()}.json"
    assert len(_where()["token"]) > 40


def test_where_its_folder_is_no_folder_livebg_runs_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "livebg").write_text("a file")
    with Remote().open():
        assert "livebg ctl cannot reach this run" in caplog.text


def test_a_main_thread_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(remote, "ANSWER_S", 0.05)
    made = Remote()
    with made.open():
        code, answer = _asked("/hide")
    assert code == 503
    assert "gave no answer in time" in answer["error"]
    make_runtime_folder()  # it is there, and stays this user's


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
def test_a_folder_of_somebody_else_gets_no_token_and_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "livebg").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "run-1.json").write_text('{"port": 1, "token": "theirs"}')
    with Remote().open():
        assert "livebg ctl cannot reach this run" in caplog.text
        assert [each.name for each in (tmp_path / "elsewhere").iterdir()] == ["run-1.json"]
    assert running() == {}
