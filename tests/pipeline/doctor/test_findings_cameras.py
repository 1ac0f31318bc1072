"""Cameras, and the virtual cameras of Windows and macOS: what is found when it changes where all was well."""

from __future__ import annotations

from recorded_systems import ARCH, DEBIAN, MACOS, UBUNTU, WINDOWS, Case, Well, checks_of, system

from livebg.pipeline.doctor.findings_cameras import cameras, macos, windows

VIRTUAL = "virtual camera"
CAMERA = "/dev/video0 (Integrated Camera)"
CHROME_READS = [{"pid": 901, "name": "chrome", "is_writer": False, "is_streaming": True}]
LIVEBG_READS = [{"pid": 77, "name": "livebg", "is_streaming": True}]

# system, changes, name, state, words of what is found, mend as text (its beginning; '' for none)
FAULTS: list[Case] = [
    (DEBIAN, {"cameras": []}, "camera", "error", "none", "plug one in"),
    (DEBIAN, {"cameras": [], "linux.container": "docker"}, "camera", "error", "container (docker)", "start the cont"),
    (DEBIAN, {"cameras": [], "linux.is_wsl": True}, "camera", "error", "WSL", "use livebg on Windows"),
    (
        UBUNTU,
        {"cameras.0.users": CHROME_READS, "cameras.0.problem": "another program is using it; close that program"},
        CAMERA,
        "error",
        "chrome (901) uses it",
        "kill 901",
    ),
    (
        UBUNTU,
        {"cameras.0.problem": "another program is using it; close that program"},
        CAMERA,
        "error",
        "another program is using it",
        "close that program",
    ),
    (
        ARCH,
        {"cameras.0.may_open": False, "user.in_video_group": False, "user.has_video_group": False},
        CAMERA,
        "error",
        "may not open it",
        "sudo usermod -aG video ada",
    ),
    (MACOS, {"cameras": None, "problems": [["cameras", "no answer"]]}, "camera", "unknown", "no answer", ""),
    (
        WINDOWS,
        {"windows.has_obs_camera": False},
        VIRTUAL,
        "error",
        "neither OBS Studio's nor Unity",
        "winget install --exact --id OBSProject.OBSStudio; start OBS's virtual camera once",
    ),
    (
        WINDOWS,
        {"windows.has_obs_camera": False, "windows.has_winget": False},
        VIRTUAL,
        "error",
        "neither OBS Studio's nor Unity",
        "install OBS Studio (obsproject.com)",
    ),
    (WINDOWS, {"windows.camera_consent": "all"}, "camera permission", "error", "no program", "start ms-settings:"),
    (WINDOWS, {"windows.camera_consent": "desktop"}, "camera permission", "error", "no desktop", "start ms-settings:"),
    (WINDOWS, {"windows.camera_consent": "policy"}, "camera permission", "error", "policy", "ask the administrator"),
    (WINDOWS, {"windows.camera_users": ["Zoom.exe"]}, "camera use", "warning", "Zoom.exe uses a camera", "end it"),
    (MACOS, {"macos.obs_extension": ""}, VIRTUAL, "error", "never started", "open -a OBS; start OBS's virtual"),
    (MACOS, {"macos.obs_extension": "waiting"}, VIRTUAL, "error", "waits until you allow it", "open x-apple."),
    (
        MACOS,
        {"macos.obs_extension": "", "macos.has_obs": False},
        VIRTUAL,
        "error",
        "not installed",
        "brew install --cask obs; start OBS's virtual camera once",
    ),
    (
        MACOS,
        {"macos.obs_extension": "", "macos.has_obs": False, "macos.has_brew": False},
        VIRTUAL,
        "error",
        "not installed",
        "install it (obsproject.com)",
    ),
    (MACOS, {"macos.camera_consent": "denied"}, "camera permission", "error", "denied", "open 'x-apple.system"),
    (MACOS, {"macos.camera_consent": ""}, "camera permission", "unknown", "did not say", "open 'x-apple.system"),
]
# system, changes, name, words of what is found
WELL: list[Well] = [
    (UBUNTU, {"cameras.0.users": [{"pid": 5, "name": "wireplumber"}]}, CAMERA, "free"),
    (
        UBUNTU,
        {"cameras.0.users": LIVEBG_READS, "cameras.0.problem": "another program is using it; x"},
        CAMERA,
        "livebg",
    ),
    (WINDOWS, {"windows.has_obs_camera": False, "windows.has_unity_capture": True}, VIRTUAL, "Unity Capture"),
    (MACOS, {"macos.camera_consent": "not asked"}, "camera permission", "not asked yet"),
    (MACOS, {"macos.obs_extension": "", "macos.has_obs_plugin": True}, VIRTUAL, "that of OBS"),
]

test_a_fault_is_found_with_its_mend, test_what_is_no_fault_is_told = checks_of(FAULTS, WELL)


def test_each_system_has_findings_of_its_own() -> None:
    for name, expected in ((WINDOWS, (1, 2, 0)), (MACOS, (1, 0, 2)), (DEBIAN, (1, 0, 0))):
        state = system(name)
        assert tuple(len(list(check(state))) for check in (cameras, windows, macos)) == expected
