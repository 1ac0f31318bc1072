"""Windows and macOS: what can be tried elsewhere, and on these systems themselves one look."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from runpy import run_path
from typing import Any, cast

import pytest

from livebg.pipeline.doctor import probe_macos, probe_windows
from livebg.pipeline.doctor.state_systems import Windows

LISTED = """1 extension(s)
--- com.apple.system_extension.cmio
enabled	active	teamID	bundleID (version)	name	[state]
*	*	2MMRE5MTB8	com.obsproject.obs-studio.mac-camera-extension (31.0/1)	OBS Virtual Camera	[{state}]
"""


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("activated enabled", "enabled"),
        ("activated waiting for user", "waiting"),
        ("terminated waiting to uninstall", ""),
    ],
)
def test_the_state_of_obs_extension(state: str, expected: str) -> None:
    assert probe_macos.extension(LISTED.format(state=state)) == expected
    assert probe_macos.extension("0 extension(s)") == ""


def test_elsewhere_macos_says_nothing() -> None:
    seen = probe_macos.macos()
    if sys.platform != "darwin":
        assert (seen.has_obs, seen.obs_extension, seen.camera_consent) == (False, "", "")


CONSENT = probe_windows.CONSENT
ZOOM = rf"{CONSENT}\NonPackaged\C:#Program Files#Zoom#Zoom.exe"


class Registry:
    """winreg, with these values by path; both roots are one."""

    HKEY_CLASSES_ROOT = HKEY_LOCAL_MACHINE = HKEY_CURRENT_USER = 0

    def __init__(self, values: dict[str, dict[str, object]]) -> None:
        self._values = values

    @contextmanager
    def OpenKey(self, _root: int, path: str) -> Iterator[Any]:  # noqa: N802 - winreg's own name
        if not any(each == path or each.startswith(f"{path}\\") for each in self._values):
            raise FileNotFoundError(path)
        yield path

    def QueryValueEx(self, path: str, name: str) -> tuple[object, int]:  # noqa: N802
        try:
            return self._values[path][name], 1
        except KeyError as cause:
            raise FileNotFoundError(name) from cause

    def _below(self, path: str) -> list[str]:
        inside = [each.removeprefix(f"{path}\\") for each in self._values if each.startswith(f"{path}\\")]
        return list(dict.fromkeys(each.partition("\\")[0] for each in inside))

    def QueryInfoKey(self, path: str) -> tuple[int, int, int]:  # noqa: N802
        return len(self._below(path)), 0, 0

    def EnumKey(self, path: str, at: int) -> str:  # noqa: N802
        return self._below(path)[at]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Any:
    """probe_windows as on Windows, with a registry of these values."""

    def seen(values: dict[str, dict[str, object]]) -> Windows:
        monkeypatch.setitem(sys.modules, "winreg", cast("Any", Registry(values)))
        with monkeypatch.context() as there:
            there.setattr(sys, "platform", "win32")
            module = load(str(probe_windows.__file__))
            there.setattr(module["shutil"], "which", lambda name: name if name == "winget" else None)
            windows: Windows = module["windows"]()
        return windows

    def load(file: str) -> dict[str, Any]:
        return run_path(file)

    return seen


def test_what_the_registry_says_of_virtual_cameras(look: Any) -> None:
    assert look({}) == Windows(has_winget=True)
    assert look({probe_windows.OBS: {}}).has_obs_camera
    assert look({probe_windows.UNITY_CAPTURE: {}}).has_unity_capture


@pytest.mark.parametrize(
    ("values", "blocked"),
    [
        ({CONSENT: {"Value": "Allow"}}, ""),
        ({CONSENT: {"Value": "Deny"}}, "all"),
        ({CONSENT: {"Value": "Allow"}, rf"{CONSENT}\NonPackaged": {"Value": "Deny"}}, "desktop"),
        ({probe_windows.POLICY: {"LetAppsAccessCamera": 2}}, "policy"),
    ],
)
def test_who_may_use_cameras(look: Any, values: dict[str, dict[str, object]], blocked: str) -> None:
    assert look(values).camera_consent == blocked


def test_who_uses_one_now(look: Any) -> None:
    own = rf"{CONSENT}\NonPackaged\{sys.executable.replace(chr(92), '#')}"
    assert look({ZOOM: {"LastUsedTimeStop": 0}, own: {"LastUsedTimeStop": 0}}).camera_users == ("Zoom.exe",)
    assert look({ZOOM: {"LastUsedTimeStop": 133_500}}).camera_users == ()


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' own registry")
def test_windows_itself() -> None:
    assert probe_windows.windows().camera_consent in ("", "all", "desktop", "policy")
    assert probe_windows.user().is_on_windows
