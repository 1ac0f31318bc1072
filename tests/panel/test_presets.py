"""The page's presets over HTTP, with a livebg in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from steering import steered

from livebg.core.live_settings import LiveSettings
from livebg.panel.api import HANDLERS
from livebg.panel.presets import PresetsApi
from livebg.pipeline.live.client import Client, Picture
from livebg.pipeline.presets import load_preset, names, presets_folder, save_preset

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def page() -> Iterator[TestClient]:
    app = Starlette(routes=PresetsApi(Client).routes(), exception_handlers=HANDLERS)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def livebg() -> Iterator[LiveSettings]:
    with steered(lambda *_: Picture(b"the composite", 1, 5.0, "live")) as controls:
        yield controls


def _listed(page: TestClient) -> list[dict[str, Any]]:
    return list(page.get("/api/presets").json())


def test_what_livebg_has_now_is_saved_with_what_viewers_see(page: TestClient, livebg: LiveSettings) -> None:
    assert _listed(page) == []
    livebg.propose(background="#102030", grow=2.0)
    said = page.post("/api/presets", json=["my office"])
    assert said.status_code == 200
    (listed,) = _listed(page)
    assert said.json() == listed
    assert (listed["name"], listed["what"], listed["fault"]) == ("my office", ["--grow 2", "--background #102030"], "")
    assert listed["stamp"] > 1e12
    thumbnail = page.get("/api/presets/my%20office.jpg")
    assert (thumbnail.content, thumbnail.headers["content-type"]) == (b"the composite", "image/jpeg")


def test_one_is_replaced_only_on_request(page: TestClient, livebg: LiveSettings) -> None:
    page.post("/api/presets", json=["a"])
    livebg.propose(grow=2.0)
    said = page.post("/api/presets", json=["A"])
    assert said.status_code == 400
    assert "there is a preset 'a' already" in said.json()["error"]
    assert page.post("/api/presets", json=["A", "replace"]).status_code == 200
    assert load_preset("a").values["grow"] == 2.0


def test_renamed_and_deleted(page: TestClient) -> None:
    save_preset("my office", {}, b"x")
    assert page.post("/api/presets/my%20office", json=["work"]).json() == {"name": "work"}
    assert page.request("DELETE", "/api/presets/work").json() == {"name": "work"}
    assert names() == []
    assert page.request("DELETE", "/api/presets/work").status_code == 400


def test_a_broken_one_is_shown_with_its_fault(page: TestClient) -> None:
    presets_folder().mkdir(parents=True)
    (presets_folder() / "bad.toml").write_text("grow = ")
    (listed,) = _listed(page)
    assert (listed["name"], listed["what"], listed["stamp"]) == ("bad", [], 0)
    assert "is not valid TOML" in listed["fault"]


@pytest.mark.parametrize("name", ["..%2f..%2fsecret", "../secret", "%2e%2e", ".hidden", "a%00b", "secret"])
def test_a_name_is_never_a_path(page: TestClient, name: str) -> None:
    secret = presets_folder().parent / "secret"
    secret.parent.mkdir(parents=True, exist_ok=True)
    for ending in (".jpg", ".toml"):
        secret.with_suffix(ending).write_text("secret")
    save_preset("a", {}, b"x")
    assert page.get(f"/api/presets/{name}.jpg").status_code in (400, 404)
    assert page.request("DELETE", f"/api/presets/{name}").status_code in (400, 404, 405)
    assert page.post(f"/api/presets/{name}", json=["b"]).status_code in (400, 404, 405)
    assert page.post("/api/presets", json=["../secret"]).status_code == 400
    assert page.post("/api/presets/a", json=["../b"]).status_code == 400
    assert names() == ["a"]
    assert all(secret.with_suffix(ending).exists() for ending in (".jpg", ".toml"))


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"[", b'["a", "b"]', b'["a", "replace", "c"]', b"[" * 9000])
def test_a_body_of_another_kind_is_a_sentence(page: TestClient, body: bytes) -> None:
    for path in ("/api/presets", "/api/presets/a"):
        said = page.post(path, content=body)
        assert said.status_code == 400
        assert said.json()["error"]
    assert names() == []


def test_where_none_runs_there_is_nothing_to_save(page: TestClient) -> None:
    said = page.post("/api/presets", json=["a"])
    assert said.status_code == 503
    assert "no livebg runs here" in said.json()["error"]
