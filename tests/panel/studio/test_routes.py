"""The studio over HTTP, and a list of attacks on it, each refused with a sentence and without a trace."""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from patience import HANGS_S, until
from studio_server import Served, served, stand_in

from livebg.core.errors import SourceError
from livebg.panel.decoding import Decoding, Look
from livebg.panel.studio import routes, studio, work
from livebg.panel.studio.item import MOST_FILES

pytestmark = pytest.mark.slow
CONTENT = bytes(range(256)) * 16
NOTHING = {"rules.json"}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Its files need no decoder: what begins with < is no film."""

    def look(_decoding: Decoding, path: Path, name: str) -> Look:
        if path.read_bytes().startswith(b"<"):
            raise SourceError(f"{name} is no picture but text; give a JPEG")
        return Look("video", 160, 96, 2.0, 25.0, "video/mp4")

    monkeypatch.setattr(Decoding, "look", look)
    monkeypatch.setattr(Decoding, "picture", lambda *_, **asked: ("image/jpeg", json.dumps(asked).encode()))
    monkeypatch.setattr(work, "own_module", stand_in)
    with served(tmp_path / "studio") as running:
        yield running


def done(web: Served, name: str = "film.mp4", **wish: str) -> str:
    item_id = str(web.upload(name, CONTENT, wish=wish).values["id"])
    web.wait(item_id, "done")
    return item_id


def test_upload_work_download(web: Served) -> None:
    item_id = done(web)
    item = web.item(item_id)
    assert (item["name"], item["result"]["name"], item["result"]["bytes"]) == (
        "film.mp4",
        "film-livebg.mp4",
        len(CONTENT),
    )
    answer = web.ask("GET", f"/items/{item_id}/result")
    assert answer.body == CONTENT
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"] == 'attachment; filename="film-livebg.mp4"'
    part = web.ask("GET", f"/items/{item_id}/result", Range="bytes=100-199")
    assert (part.status, part.body) == (206, CONTENT[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(CONTENT)}"
    assert web.ask("GET", f"/items/{item_id}/original", Range="bytes=-1").body == CONTENT[-1:]


@pytest.mark.parametrize(
    "path",
    ["/state", "/backgrounds", "/items/ID/result", "/items/ID/original", "/items/ID/picture?width=64", "/nothing"],
)
def test_no_answer_can_run_or_be_framed(web: Served, path: str) -> None:
    """Not even an uploaded page, were it taken for a film."""
    answer = web.ask("GET", path.replace("ID", done(web, "<script>.mp4")))
    if path == "/nothing":
        assert answer.status == 404
        return
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    if path.endswith(("result", "original")):
        assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name", ["../../../evil.mp4", "/tmp/evil.mp4", "..\\..\\evil.mp4", "evil.mp4\0.jpg", "%2e%2e%2fevil.mp4"]
)
def test_a_name_never_leads_anywhere(web: Served, tmp_path: Path, name: str) -> None:
    before = set(tmp_path.rglob("*"))
    item_id = done(web, name)
    new = {each.relative_to(web.studio.store.folder) for each in set(tmp_path.rglob("*")) - before}
    assert {each.parts[0] for each in new} == {item_id}
    assert not [each for each in new if "evil" in str(each)]
    assert "/" not in web.item(item_id)["name"]


@pytest.mark.parametrize("name", ['a".mp4', "a\r\nSet-Cookie: x=1.mp4", "вид éo ✓.mp4", "a;filename=b.exe"])
def test_a_name_cannot_break_out_of_its_header(web: Served, name: str) -> None:
    answer = web.ask("GET", f"/items/{done(web, name)}/result")
    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    said = answer.headers["content-disposition"]
    assert said.startswith("attachment; filename*=utf-8''")
    assert said.removeprefix("attachment; filename*=utf-8''").isascii()
    assert not set('";\r\n') & set(said.removeprefix("attachment; "))


@pytest.mark.parametrize(
    "path",
    [
        "/items/../../../etc/passwd",
        "/items/%2e%2e/result",
        "/items/..%2f..%2fetc%2fpasswd/result",
        "/items/rules.json/original",
        "/items/.lock/original",
        "/backgrounds//etc/passwd",
    ],
)
def test_nothing_outside_is_served(web: Served, path: str) -> None:
    answer = web.ask("GET", path)
    assert answer.status in (400, 404)
    assert b"root:" not in answer.body


def test_a_wrong_type_is_refused_and_leaves_nothing(web: Served) -> None:
    answer = web.upload("photo.jpg", b"<html><script>alert(1)</script>")
    assert (answer.status, answer.error) == (415, "photo.jpg is no picture but text; give a JPEG")
    assert web.files() <= NOTHING
    assert web.state["items"] == web.state["uploads"] == []


@pytest.mark.parametrize(
    ("count", "status"), [(0, 400), (-5, 400), (5 * 2**30, 413), (2**70, 413), ("5", 400), (True, 400), (1.5, 400)]
)
def test_a_size_that_cannot_be_is_refused_before_a_byte_comes(web: Served, count: Any, status: int) -> None:
    assert web.announce("film.mp4", count).status == status
    assert web.files() <= NOTHING


def raw(web: Served, upload_id: str, headers: str, *pieces: bytes) -> socket.socket:
    """A request as no client library would send it."""
    connection = socket.create_connection(("127.0.0.1", web.port), HANGS_S)
    connection.sendall(
        f"PUT /studio/uploads/{upload_id} HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n{headers}\r\n".encode()
    )
    for each in pieces:
        connection.sendall(each)
    return connection


def has_nothing(web: Served) -> None:
    until(lambda: not web.state["uploads"] and web.files() <= NOTHING, lambda: f"{web.state['uploads']} {web.files()}")


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        ("Content-Length: 99\r\n", [b"x" * 99]),
        ("Content-Length: 4097\r\n", [b"x" * 4097]),
        ("Transfer-Encoding: chunked\r\n", [b"1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n"]),
        ("Transfer-Encoding: chunked\r\n", [b"fffff\r\n" + b"x" * 50_000]),
        ("", []),
    ],
)
def test_a_content_length_that_lies_is_refused(web: Served, headers: str, pieces: list[bytes]) -> None:
    upload_id = web.announce("film.mp4", 4096).values["id"]
    with raw(web, upload_id, headers, *pieces) as connection:
        assert b" 400 " in connection.recv(100)
    has_nothing(web)


def test_more_bytes_than_the_length_are_no_part_of_the_file(web: Served) -> None:
    upload_id = web.announce("film.mp4", 4).values["id"]
    with raw(web, upload_id, "Content-Length: 4\r\n", b"filmDELETE /studio/items HTTP/1.1\r\n\r\n") as connection:
        assert b" 201 " in connection.recv(100)
    assert web.studio.store.original(upload_id).read_bytes() == b"film"


@pytest.mark.parametrize("received", [0, 100, 3_000_000])
def test_an_upload_that_breaks_off_leaves_nothing(web: Served, received: int) -> None:
    upload_id = web.announce("film.mp4", 4_000_000).values["id"]
    connection = raw(web, upload_id, "Content-Length: 4000000\r\n", b"x" * received)
    until(lambda: web.studio.uploads[upload_id].has_begun, "the upload")
    until(lambda: web.studio.uploads[upload_id].received >= received - 2**20, "what was sent")
    assert web.state["uploads"][0]["bytes"] == 4_000_000
    connection.close()
    has_nothing(web)


def test_an_upload_cancelled_from_another_tab_ends(web: Served) -> None:
    upload_id = web.announce("film.mp4", 8_000_000).values["id"]
    with raw(web, upload_id, "Content-Length: 8000000\r\n", b"x" * 2_000_000) as connection:
        until(lambda: web.studio.uploads[upload_id].received > 0, "its first bytes")
        assert web.ask("DELETE", f"/uploads/{upload_id}").status == 204
        connection.sendall(b"x" * 2_000_000)
        assert b" 409 " in connection.recv(100)
    has_nothing(web)


def test_an_announced_upload_that_never_begins_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "BEGIN_S", 0.0)
    monkeypatch.setattr(studio, "SWEEP_S", 0.01)
    with served(tmp_path / "studio") as web:
        free = web.state["free_bytes"]
        web.announce("film.mp4", 2**30)
        until(lambda: not web.state["uploads"], "it is forgotten")
        assert web.state["free_bytes"] == pytest.approx(free, abs=2**29)


def test_uploads_and_files_have_a_number(web: Served) -> None:
    ids = [web.announce(f"{each}.mp4", 4).values["id"] for each in range(studio.MOST_UPLOADS)]
    assert web.announce("one-more.mp4", 4).status == 429
    for each in ids:
        assert web.ask("PUT", f"/uploads/{each}", b"film").status == 201
        assert web.ask("PUT", f"/uploads/{each}", b"film").status == 404  # a second time
    while len(web.state["items"]) < MOST_FILES:
        assert web.upload("film.mp4", b"film").status == 201
    refused = web.upload("one-more.mp4", b"film")
    assert (refused.status, refused.error) == (
        409,
        f"the studio holds {MOST_FILES} files; remove some, then add others",
    )


def test_a_full_disk_is_a_sentence_and_leaves_nothing(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livebg.panel.studio.store.LEAST_BYTES", 0)
    with served(small_disk / "studio") as web:
        free = os.statvfs(small_disk).f_bavail * 4096
        assert "needs about" in web.announce("large.mp4", 2 * free).error
        upload_id = web.announce("film.mp4", 8_000_000).values["id"]
        (small_disk / "others").write_bytes(bytes(free - 3_000_000))  # another program is quicker
        answer = web.ask("PUT", f"/uploads/{upload_id}", bytes(8_000_000))
        assert (answer.status, answer.error) == (
            507, "film.mp4 cannot be written: no space left on device; free space, then add it again")  # fmt: skip
        has_nothing(web)


def test_a_thousand_small_requests_leave_the_studio_quick(web: Served) -> None:
    paths = ["/state", "/items/none/result", f"/state?after={web.state['version']}"]
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=HANGS_S)
    for number in range(1000):
        connection.request("GET", f"/studio{paths[number % len(paths)]}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == (200, 404, 204)[number % len(paths)]
    connection.close()
    assert web.upload("film.mp4", CONTENT).status == 201


def test_a_flood_of_pictures_is_refused_and_uploads_go_on(web: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_PICTURES", 4)
    item_id, go = done(web), threading.Event()
    monkeypatch.setattr(Decoding, "picture", lambda *_, **_more: (go.wait(HANGS_S), ("image/jpeg", b""))[1])
    answers: list[int] = []
    askers = [
        threading.Thread(target=lambda: answers.append(web.ask("GET", f"/items/{item_id}/picture?width=64").status))
        for _ in range(10)
    ]
    for each in askers:
        each.start()
    until(lambda: len(answers) == 6, "six refusals")
    assert web.upload("film.mp4", CONTENT).status == 201
    go.set()
    for each in askers:
        each.join()
    assert sorted(answers) == [200] * 4 + [503] * 6


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/uploads", b"{"),
        ("/uploads", b"[]"),
        ("/uploads", b"[" * 15_000),
        ("/uploads", b'{"name": "x", "bytes": 4, "path": "/etc"}'),
        ("/uploads", b'{"name": "x", "bytes": 4, "wish": {"background": ["x"]}}'),
        ("/uploads", b'{"bytes": 4, "wish": {"output": "x"}}'),
        ("/uploads", b" " * 20_000),
        ("/rules", b'{"after_h": 0}'),
        ("/rules", b'{"folder": "/etc"}'),
        ("/rules", b"\xff"),
    ],
)
def test_requests_that_make_no_sense_are_refused(web: Served, path: str, body: bytes) -> None:
    answer = web.ask("POST", path, body)
    assert answer.status in (400, 413)
    assert answer.error


@pytest.mark.parametrize(
    "query", ["width=0", "width=99999", "width=x", "width=nan", "width=64&at=-1", "width=64&at=inf"]
)
def test_pictures_have_bounds(web: Served, query: str) -> None:
    assert web.ask("GET", f"/items/{done(web)}/picture?{query}").status == 400


def test_the_picture_before_and_after(web: Served) -> None:
    item_id = done(web, background="none", video="webm")
    before, after = (
        web.ask("GET", f"/items/{item_id}/picture?of={each}&at=1.5&width=64") for each in ("before", "after")
    )
    assert before.values == {"is_video": True, "at_s": 1.5, "width": 64, "with_alpha": False}
    assert after.values["with_alpha"] is True
    waiting = web.studio.store.change(item_id, result="")
    assert waiting is not None
    assert web.ask("GET", f"/items/{item_id}/picture?of=after&width=64").status == 404


def test_cancel_and_start_again_and_another_version(web: Served) -> None:
    slow = web.studio.store.folder / "slow"
    slow.touch()
    item_id = web.upload("film.mp4", CONTENT).values["id"]
    web.wait(item_id, "working")
    assert web.ask("POST", f"/items/{item_id}/again", {}).status == 409
    assert web.ask("POST", f"/items/{item_id}/cancel").status == 204
    assert web.item(item_id)["state"] == "cancelled"
    slow.unlink()
    assert web.ask("POST", f"/items/{item_id}/again", {}).values["id"] == item_id
    web.wait(item_id, "done")
    other_id = web.ask("POST", f"/items/{item_id}/again", {"wish": {"background": "none", "video": "mov"}}).values["id"]
    assert other_id != item_id
    assert web.wait(other_id, "done")["result"]["name"] == "film-livebg.mov"
    assert web.item(item_id)["result"]["name"] == "film-livebg.mp4"
    assert web.ask("DELETE", f"/items/{item_id}").status == 204
    assert web.ask("GET", f"/items/{other_id}/result").body == CONTENT  # it has the upload still
    assert web.ask("POST", f"/items/{other_id}/again", {"wish": {"background": "/etc/passwd"}}).status == 400


def test_a_removed_file_in_work_ends_whole(web: Served) -> None:
    (web.studio.store.folder / "slow").touch()
    item_id = web.upload("film.mp4", CONTENT).values["id"]
    web.wait(item_id, "working")
    assert web.ask("DELETE", f"/items/{item_id}").status == 204
    (web.studio.store.folder / "slow").unlink()
    assert web.files() <= NOTHING
    assert web.ask("DELETE", f"/items/{item_id}").status == 404


def test_all_finished_go_at_once_and_the_others_stay(web: Served) -> None:
    done(web)
    own = web.upload("sea.jpg", CONTENT, is_background=True).values["id"]
    (web.studio.store.folder / "slow").touch()
    working = web.upload("film.mp4", CONTENT, wish={"background": f"own:{own}"}).values["id"]
    web.wait(working, "working")
    assert web.ask("DELETE", "/items").status == 204
    state = web.state
    assert [each["id"] for each in state["items"]] == [working]
    assert state["items"][0]["background_name"] == "sea.jpg"
    assert state["own_backgrounds"] == [f"own:{own}"]
    assert web.ask("GET", "/backgrounds").values[0] == {"key": f"own:{own}", "name": "sea.jpg"}
    (web.studio.store.folder / "slow").unlink()


def test_rules_change_and_the_time_that_is_left(web: Served) -> None:
    item_id = done(web)
    assert web.item(item_id)["ends_in_s"] == pytest.approx(24 * 3600, abs=60)
    assert web.ask("POST", "/rules", {"after_h": 1, "keeps": True}).status == 204
    assert web.state["rules"] == {"after_h": 1, "keeps": True, "largest_gb": 4}
    assert web.item(item_id)["ends_in_s"] == pytest.approx(3600, abs=60)
    web.studio.store.change(item_id, since_s=time.time() - 3601)
    web.studio.store.sweep()
    assert web.files() == NOTHING
    web.ask("POST", "/rules", {"keeps": False})
