"""`livebg tray` where there is no library, no desktop, and where its user ends it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from livebg.cli import main

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.mark.parametrize(("system", "library"), [("linux", "dbus_fast"), ("win32", "pystray"), ("darwin", "pystray")])
def test_without_its_library_it_says_how_to_get_it(
    system: str, library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("livebg.cli.tray.sys", SimpleNamespace(platform=system))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert main(["tray"]) == 1
    wanted = f"livebg: the tray icon needs {library}; to install it: python -m pip install 'livebg[tray]'\n"
    assert capsys.readouterr().err == wanted


def test_without_a_desktop_it_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("dbus_fast")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/gone")
    assert main(["tray"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("livebg: there is no session bus (D-Bus), so no tray")
    assert said.count("\n") == 1


def test_ctrl_c_ends_it_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    face = pytest.importorskip("livebg.panel.tray.status_notifier")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(face, "run", interrupted)
    assert main(["tray"]) == 0
    assert capsys.readouterr() == ("", "")
