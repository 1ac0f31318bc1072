from __future__ import annotations

import ctypes
import socket
import sys
import time

import pytest
from patience import SLACK

from livebg.sinks.preview.display import has_screen, why_no_screen

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="X11 systems only")


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_no_session_at_all() -> None:
    assert not has_screen()
    assert "DISPLAY" in why_no_screen()


def test_wayland_without_x11(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "Xwayland" in why_no_screen()


@pytest.mark.parametrize("display", [":4711", "unix:4711", ":4711.0", "nonsense", "", ":"])
def test_a_screen_that_is_not_there(monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    assert not has_screen()
    assert display in why_no_screen()


def test_another_machines_screen_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free_port = server.getsockname()[1]
    monkeypatch.setenv("DISPLAY", f"127.0.0.1:{free_port - 6000}")
    started_s = time.monotonic()
    assert "cannot be reached" in why_no_screen()
    assert time.monotonic() - started_s < 2.5 * SLACK


def test_a_system_without_x11_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert not has_screen()


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_desktops_always_have_one(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert has_screen()
