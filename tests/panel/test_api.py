"""What the page asks for and does, over a livebg that notes it."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from fake_live import FakeLoop
from PIL import Image
from starlette.testclient import TestClient

from livebg.core.settings import OPTIONS
from livebg.panel.api import ACTIONS


def test_the_status_says_what_runs(client: TestClient, loop: FakeLoop) -> None:
    known = client.get("/api/status").json()
    assert known["process"] == "running"
    assert known["live"]["watchers"] == ["Firefox"]
    loop.is_there = False


def test_where_none_runs_that_is_a_state_and_a_sentence(loop: FakeLoop, client: TestClient) -> None:
    loop.is_there = False
    known = client.get("/api/status").json()
    assert (known["process"], known["live"]) == ("none", None)
    answer = client.get("/api/settings")
    assert answer.status_code == 503
    assert answer.json() == {"error": "no livebg runs here; start one: livebg run"}


def test_actions_reach_the_live_loop(client: TestClient, loop: FakeLoop) -> None:
    assert client.post("/api/do/hide", json=[]).json()["state"] == "hidden"
    assert client.post("/api/do/set", json=["smoothing", "0.4"]).status_code == 200
    assert client.post("/api/do/background", json=["blur:60"]).status_code == 200
    assert loop.done == [("hide",), ("set", "smoothing", "0.4"), ("background", "blur:60")]
    assert client.get("/api/settings").json()["smoothing"]["value"] == 0.4
    assert {"hide", "show", "preset", "record"} <= ACTIONS


def test_a_refused_value_comes_with_its_sentence(client: TestClient) -> None:
    answer = client.post("/api/do/set", json=["smoothing", "bad"])
    assert (answer.status_code, answer.json()) == (400, {"error": "--smoothing: 'bad' is not a number (0..1)"})


@pytest.mark.parametrize("body", ["{}", '"a"', "[1]", "[", '[["a"]]', "[" * 5000])
def test_what_is_no_list_of_texts_is_refused(client: TestClient, loop: FakeLoop, body: str) -> None:
    answer = client.post("/api/do/hide", content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "the body must be a JSON list of texts")
    assert not loop.done


@pytest.mark.parametrize("action", ["quit", "nothing", "status", "..%2fstop"])
def test_only_listed_actions_are_done(client: TestClient, loop: FakeLoop, action: str) -> None:
    assert client.post(f"/api/do/{action}", json=[]).status_code in (400, 404, 405)
    assert not loop.done


def test_the_gallery_with_pictures_and_a_new_one(client: TestClient) -> None:
    names = [each["name"] for each in client.get("/api/backgrounds").json()]
    assert "bookshelf" in names
    assert client.get("/api/backgrounds/bookshelf.jpg").content.startswith(b"\xff\xd8")
    assert client.get("/api/backgrounds/nothing.jpg").status_code == 404
    made = io.BytesIO()
    Image.new("RGB", (64, 36), (9, 9, 200)).save(made, "PNG")
    added = client.post("/api/backgrounds", content=made.getvalue(), headers={"X-Name": "My%20ni%C3%B1o.jpeg"}).json()
    assert added["name"] == "my-ni-o"
    assert added["what"].endswith("my-ni-o.png")
    assert client.get("/api/backgrounds").json()[0] == added
    assert client.get("/api/backgrounds/my-ni-o.jpg").status_code == 200


def test_a_file_that_is_no_background_leaves_nothing(client: TestClient, tmp_path: Path) -> None:
    answer = client.post("/api/backgrounds", content=b"hello", headers={"X-Name": "a.jpg"})
    assert answer.status_code == 400
    assert "a.jpg" in answer.json()["error"]
    assert not list((tmp_path / "backgrounds").iterdir())


def test_a_livebg_from_elsewhere_can_be_ended_but_not_restarted(client: TestClient, loop: FakeLoop) -> None:
    client.get("/api/status")
    answer = client.post("/api/restart", json=["size", "640x360"])
    assert answer.status_code == 503
    assert "was started elsewhere" in answer.json()["error"]
    assert client.post("/api/restart", json=["size"]).status_code == 400
    assert client.post("/api/restart", json=["size", "x"]).status_code == 400
    assert client.post("/api/stop", json=[]).status_code == 200
    assert loop.done == [("quit",)]
    assert client.get("/api/status").json()["process"] == "ended"


def test_the_fixed_facts_and_lists(client: TestClient) -> None:
    about = client.get("/api/panel").json()
    assert about["source"] == "http://127.0.0.1:8642/source?key=the-source-key"
    assert client.get("/api/presets").json() == []
    assert isinstance(client.get("/api/cameras").json(), list)
    assert set(client.get("/api/settings").json()) == set(OPTIONS)


def test_a_file_whose_name_is_no_text_keeps_nothing_from_the_page(
    client: TestClient, loop: FakeLoop, tmp_path: Path
) -> None:
    """From an old disk or a foreign archive."""
    file = os.fsencode(tmp_path / "backgrounds") + b"/caf\xe9.png"
    (tmp_path / "backgrounds").mkdir()
    try:
        Image.new("RGB", (32, 18), (9, 90, 9)).save(file, "PNG")
    except OSError:
        pytest.skip("this file system takes texts alone")
    first = client.get("/api/backgrounds").json()[0]
    assert (first["name"], first["what"]) == ("caf\ufffd", os.fsdecode(file))
    assert client.get(f"/api/backgrounds/{first['name']}.jpg").status_code == 200
    chosen = client.post("/api/do/background", content=json.dumps([first["what"]]))
    assert chosen.json()["background"] == first["what"], "also the status says it"
    assert loop.done == [("background", first["what"])]
