"""PipeWire, portal, consent, applications, screen: what is found when it changes where all was well."""

from __future__ import annotations

import pytest
from recorded_systems import DEBIAN, FEDORA, UBUNTU, Case, Well, checks_of, system

from livebg.pipeline.doctor.diagnosis import diagnose
from livebg.pipeline.doctor.findings_desktop import takes
from livebg.pipeline.doctor.state_systems import Linux, Program

PIPEWIRE = "linux.pipewire"

# system, changes, name, state, words of what is found, mend as text (its beginning; '' for none)
FAULTS: list[Case] = [
    (
        UBUNTU,
        {f"{PIPEWIRE}.has_session_manager": False},
        "PipeWire",
        "warning",
        "WirePlumber",
        "systemctl --user start",
    ),
    (
        UBUNTU,
        {f"{PIPEWIRE}.consent": [["", "no"], ["org.mozilla.firefox", "yes"]]},
        "camera consent",
        "warning",
        "refuses cameras to all programs without a sandbox",
        "busctl --user call org.freedesktop.impl.portal.PermissionStore",
    ),
    (
        UBUNTU,
        {"linux.programs.0.sees_devices": False},
        "Firefox (snap)",
        "warning",
        "lets it see no camera device",
        "sudo snap connect firefox:camera",
    ),
    (
        FEDORA,
        {"linux.programs.0.sees_devices": False},
        "Firefox (flatpak)",
        "warning",
        "lets it see no camera device",
        "flatpak override --user --device=all org.mozilla.firefox",
    ),
    (
        DEBIAN,
        {"screen_problem": "this Wayland session offers no X11 (DISPLAY is not set) ...: enable Xwayland"},
        "screen",
        "warning",
        "offers no X11",
        "sudo apt install -y xwayland",
    ),
    (
        DEBIAN,
        {"screen_problem": "opencv-python-headless has no windows; install opencv-python in its place"},
        "screen",
        "warning",
        "opencv-python-headless",
        "pip uninstall opencv-python-headless",
    ),
]
# system, changes, name, words of what is found
WELL: list[Well] = [
    (DEBIAN, {f"{PIPEWIRE}.is_running": False}, "PipeWire", "installed, not running"),
    (DEBIAN, {f"{PIPEWIRE}.is_installed": False, f"{PIPEWIRE}.is_running": False}, "PipeWire", "no application here"),
    (DEBIAN, {f"{PIPEWIRE}.consent": []}, "camera consent", "not asked yet"),
    (DEBIAN, {"linux.programs": []}, "applications", "no browser or call application"),
    (
        UBUNTU,
        {},
        "applications",
        "Firefox (snap), Chrome, Zoom: V4L2 cameras (v4l2loopback's); OBS (flatpak): V4L2 and PipeWire cameras",
    ),
    (FEDORA, {"linux.programs": [{"name": "Firefox"}]}, "applications", "Firefox: PipeWire cameras (livebg's needs no"),
    (DEBIAN, {"screen_problem": "this session has no screen"}, "screen", "no preview window"),
]

test_a_fault_is_found_with_its_mend, test_what_is_no_fault_is_told = checks_of(FAULTS, WELL)


def test_pipewire_is_a_fault_only_where_an_application_needs_it() -> None:
    firefox = {"linux.programs": [{"name": "Firefox"}]}
    for changes, words, mend in (
        ({f"{PIPEWIRE}.is_running": False}, "not running; Firefox needs it", "systemctl --user start pipewire.socket"),
        (
            {f"{PIPEWIRE}.is_running": False, f"{PIPEWIRE}.is_installed": False},
            "Firefox finds cameras by it alone",
            "sudo dnf install -y pipewire wireplumber",
        ),
        ({f"{PIPEWIRE}.has_portal": False}, "Firefox needs it", "sudo dnf install -y xdg-desktop-portal"),
    ):
        seen = system(FEDORA, firefox | changes)
        found = next(each for each in diagnose(seen) if each.name == "PipeWire")
        assert found.state == "warning"
        assert words in found.found
        assert found.mend.text(seen.user).startswith(mend)


@pytest.mark.parametrize(
    ("program", "distribution", "expected"),
    [
        (Program("Zoom"), "fedora", "V4L2"),
        (Program("Firefox"), "debian", "V4L2"),
        (Program("Firefox"), "fedora", "PipeWire"),
        (Program("OBS"), "debian", "both"),
        (Program("Slack", "snap", "slack", sees_devices=False), "ubuntu", ""),
    ],
)
def test_which_cameras_a_program_takes(program: Program, distribution: str, expected: str) -> None:
    assert takes(program, Linux(distribution=distribution, version="41")) == expected
