from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from livebg.core.errors import LivebgError
from livebg.pipeline.service.manage import (
    Service,
    here,
    install,
    logs,
    on_linux,
    on_macos,
    on_windows,
    status,
    uninstall,
)

LIVEBG = ("/usr/bin/python", "-P", "-m", "livebg")


class Manager:
    """What systemctl and others would answer: 0 and `said`, unless a command has one of these words."""

    def __init__(self, *failing: str, said: str = "active\n") -> None:
        self.ran = list[tuple[str, ...]]()
        self._failing, self._said = failing, said

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self.ran.append(words)
        return (1, "", "no bus") if set(words) & set(self._failing) else (0, self._said, "")


def linux(home: Path, manager: Manager) -> Service:
    return _with(on_linux(LIVEBG, home / "config", home / "data"), manager)


def _with(service: Service, manager: Manager) -> Service:
    return replace(service, run=manager)


def test_install_writes_and_starts_and_uninstall_takes_it_back(tmp_path: Path) -> None:
    manager = Manager()
    service = linux(tmp_path, manager)
    lines = list(install(service))
    unit = tmp_path / "config" / "systemd" / "user" / "livebg.service"
    assert lines[0] == f"written: {unit}"
    assert "starts idle" in lines[-1]
    assert [each[2:] for each in manager.ran[1:]] == [
        ("daemon-reload",),
        ("enable", "livebg.service"),
        ("restart", "livebg.service"),
    ]
    assert (tmp_path / "data/icons/hicolor/scalable/apps/livebg.svg").is_file()
    assert (tmp_path / "data/applications/livebg.desktop").is_file()
    list(install(service))
    assert len(list(uninstall(service))) == 3
    assert ("systemctl", "--user", "disable", "--now", "livebg.service") in manager.ran
    assert manager.ran[-1][2:] == ("daemon-reload",)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
    assert list(uninstall(service)) == ["no service is installed"]


def test_without_a_manager_the_files_are_there_and_the_commands_are_told(tmp_path: Path) -> None:
    service, lines = linux(tmp_path, Manager("show-environment")), list[str]()
    with pytest.raises(LivebgError, match=r"run: systemctl --user daemon-reload && systemctl --user enable livebg"):
        lines.extend(install(service))
    assert len(lines) == 3
    assert service.is_installed
    assert list(uninstall(service))[-1].startswith("systemctl does not answer here")


def test_a_start_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(LivebgError, match=r"^systemctl --user enable livebg\.service failed: no bus"):
        list(install(linux(tmp_path, Manager("enable"))))


def test_status_and_logs(tmp_path: Path) -> None:
    service = linux(tmp_path, Manager(said="one\ntwo\n"))
    for ask in (status, logs):
        with pytest.raises(LivebgError, match="no service is installed"):
            list(ask(service))
    list(install(service))
    assert list(status(service))[1:] == ["one", "two"]
    assert list(logs(service)) == ["one", "two"]
    with pytest.raises(LivebgError, match="no bus"):
        list(logs(linux(tmp_path, Manager("journalctl"))))


def test_macos_and_windows_start_at_login_and_say_that_the_camera_stays_on(tmp_path: Path) -> None:
    mac = _with(on_macos(LIVEBG, tmp_path, 501), Manager())
    assert "the camera stays on" in list(install(mac))[-1]
    assert (tmp_path / "Library" / "LaunchAgents" / "livebg.plist").exists()
    assert mac.start[0][:3] == ("launchctl", "bootstrap", "gui/501")
    windows = on_windows(LIVEBG, tmp_path)
    assert windows.has_manager
    lines = list(install(windows))
    assert lines[0].endswith("livebg.cmd")
    assert "the camera stays on" in lines[-1]
    assert "minimised window" in list(status(windows))[-1]
    assert len(list(uninstall(windows))) == 1


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(LivebgError, match="cannot be written"):
        list(install(linux(tmp_path, Manager())))


def test_here_is_this_python() -> None:
    first = next(iter(here().files.values())).decode()
    assert Path(sys.executable).name in first
