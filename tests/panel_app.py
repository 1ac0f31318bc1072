"""The panel's application over a running livebg that is none, and who asks it: the user's browser, or somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fake_live import FakeLoop
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from livebg.panel.app import make_app
from livebg.panel.backgrounds import Gallery
from livebg.panel.decoding import Decoding
from livebg.panel.door import Door

PORT = 8642
HOST = f"127.0.0.1:{PORT}"
OWN = {"Origin": f"http://{HOST}"}
DOOR = Door(PORT, frozenset({HOST, f"localhost:{PORT}"}), "the-token", "the-session", "the-source-key")
DECODING = Decoding()  # its process starts with the first question; conftest.py ends it
COOKIE = f"livebg-{PORT}=the-session"


def app(loop: FakeLoop, folder: Path) -> ASGIApp:
    return make_app(loop.live(), DOOR, Gallery(folder / "backgrounds", DECODING))


def stranger(application: ASGIApp, **more: Any) -> TestClient:
    """Somebody at the right address, without a cookie."""
    return TestClient(application, base_url=f"http://{HOST}", follow_redirects=False, **more)


def user(application: ASGIApp) -> TestClient:
    """The browser that has opened the address with the token."""
    client = stranger(application)
    assert client.get("/?token=the-token").status_code == 303
    client.headers.update(OWN)
    return client
