"""The port, the hosts, the token's file, and the panel that runs already."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
from pathlib import Path

import pytest
import uvicorn

from livebg.core.errors import SettingsError
from livebg.core.user_folders import data_folder, runtime_folder, state_folder
from livebg.panel import server
from livebg.panel.door import FILE, known_panel, open_door, remember
from livebg.panel.server import Wish, _hosts, _listen, _other_panel, run


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for each in ("RUNTIME_DIR", "STATE_HOME", "DATA_HOME"):
        monkeypatch.setenv(f"XDG_{each}", str(tmp_path / each))
    (tmp_path / "RUNTIME_DIR").mkdir()


def test_secrets_last_over_a_restart_and_are_the_users_alone() -> None:
    first = open_door(9000, frozenset())
    remember(first, os.getpid())
    assert open_door(9001, frozenset()).token == first.token
    assert open_door(9001, frozenset()).session == first.session
    assert open_door(9001, frozenset()).source == first.source
    assert len({first.token, first.session, first.source}) == 3
    assert known_panel()["port"] == 9000
    for file in (runtime_folder() / FILE, state_folder() / "source-key"):
        assert sys.platform == "win32" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert data_folder().name == "livebg"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"port": "x"}', '{"port": 99999}'])
def test_a_damaged_file_means_new_secrets(content: str) -> None:
    remember(open_door(9000, frozenset()), 1)
    (runtime_folder() / FILE).write_text(content)
    assert len(open_door(9000, frozenset()).token) > 20
    assert _other_panel(Wish()) is None
    _listen("127.0.0.1", 0).close()


def test_a_port_that_is_taken_is_a_sentence_or_another_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"port {port} at 127\.0\.0\.1 cannot be had: .*; give another --port"):
            _listen("127.0.0.1", port)
        runtime_folder().mkdir(mode=0o700)
        (runtime_folder() / FILE).write_text(json.dumps({"port": port}))
        with _listen("127.0.0.1", 0) as other:
            assert other.getsockname()[1] not in (0, port)


def test_the_address_can_be_opened_as_soon_as_it_is_known() -> None:
    with _listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()[:2]) as early:
        assert early.getpeername() == listening.getsockname()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_ours_is_a_sentence(host: str) -> None:
    with pytest.raises(SettingsError, match=r"cannot be had: .*; give another --port or --host"):
        _listen(host, 9000)


def test_the_hosts_are_exact() -> None:
    assert _hosts("127.0.0.1", 90) == {"127.0.0.1:90", "localhost:90"}
    assert _hosts("192.168.1.5", 90) == {"192.168.1.5:90"}
    assert _hosts("::1", 90) == {"[::1]:90"}
    assert {"127.0.0.1:90", "localhost:90"} < _hosts("0.0.0.0", 90)


def test_another_host_is_explained_before_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(*_: object) -> None:
        """Nothing."""

    monkeypatch.setattr(server, "_serve", serve)
    lines = list(run(Wish(host="0.0.0.0", has_browser=False)))
    assert "everybody in this network who has the address below sees your picture" in lines[0]
    assert lines[1].startswith("the panel: http://127.0.0.1:")
    assert len(list(run(Wish(has_browser=False)))) == 1


def test_why_there_is_no_virtual_camera_is_text() -> None:
    assert isinstance(server.why_no_virtual_camera(), str)
    assert callable(server.connect)


def test_the_panel_beside_a_livebg_that_was_killed_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = iter((7, 7, 7, 1))
    monkeypatch.setattr(server.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(server, "PARENT_S", 0.0)
    ended = uvicorn.Server(uvicorn.Config("none"))
    asyncio.run(server._end_with_parent(ended))
    assert ended.should_exit
    assert not list(parents), "it looked until then"
