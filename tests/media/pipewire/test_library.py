from __future__ import annotations

import ctypes
import socket
import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from livebg.media.pipewire import library as module
from livebg.media.pipewire.library import NoPipeWire, check_daemon, daemon_address, library


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SONAME", "libno-such-pipewire.so.0")
    library.cache_clear()
    with pytest.raises(NoPipeWire, match=r"libno-such-pipewire.*apt install pipewire"):
        check_daemon()


def test_where_the_daemon_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIPEWIRE_REMOTE", "PIPEWIRE_RUNTIME_DIR", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoPipeWire, match="XDG_RUNTIME_DIR is not set"):
        daemon_address()
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    assert daemon_address() == "/run/user/1/pipewire-0"
    monkeypatch.setenv("PIPEWIRE_RUNTIME_DIR", "/run/other")
    monkeypatch.setenv("PIPEWIRE_REMOTE", "second")
    assert daemon_address() == "/run/other/second"
    monkeypatch.setenv("PIPEWIRE_REMOTE", "/a/path")
    assert daemon_address() == "/a/path"


def test_a_missing_daemon_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "library", lambda: None)
    monkeypatch.delenv("PIPEWIRE_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("PIPEWIRE_REMOTE", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(NoPipeWire, match=r"No such file.*systemctl --user start pipewire wireplumber"):
        check_daemon()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "pipewire-0"))
        listener.listen(1)
        check_daemon()
    with pytest.raises(NoPipeWire, match="refused"):
        check_daemon()


def test_the_structures_have_the_librarys_sizes() -> None:
    """On 64-bit machines, as in its headers."""
    assert ctypes.sizeof(module.Hook) == 48
    assert ctypes.sizeof(module.Data) == 40
    assert ctypes.sizeof(module.Buffer) == 32
    assert ctypes.sizeof(module.StreamEvents) == 12 * 8
