"""A live loop that notes what it is asked for, and the panel over it, asked by its user."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_live import FakeLoop
from panel_app import DECODING, app, user
from starlette.testclient import TestClient


@pytest.fixture(scope="session", autouse=True)
def no_decoder_stays() -> Iterator[None]:
    yield
    DECODING.close()


@pytest.fixture
def loop() -> FakeLoop:
    return FakeLoop()


@pytest.fixture
def client(loop: FakeLoop, tmp_path: Path) -> TestClient:
    return user(app(loop, tmp_path))
