"""Windows and macOS: what can be tried elsewhere, and on these systems themselves one look."""

from __future__ import annotations

import sys

import pytest

from livebg.pipeline.doctor import probe_macos, probe_windows

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


def test_the_registry_is_windows_own() -> None:
    if sys.platform == "win32":
        assert probe_windows.windows().camera_consent in ("", "all", "desktop", "policy")
        assert probe_windows.user().is_on_windows
    else:
        assert not hasattr(probe_windows, "windows")
