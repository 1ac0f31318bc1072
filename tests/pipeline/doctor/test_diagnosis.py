"""A table: what is changed on a system where all is well, and the one finding that follows, with its mend."""

from __future__ import annotations

from typing import Any

import pytest
from recorded_systems import NAMES, system

from livebg.pipeline.doctor.diagnosis import CHECKS, diagnose
from livebg.pipeline.doctor.finding import WORST_FIRST

DEBIAN, UBUNTU, FEDORA, ARCH, WINDOWS, MACOS = "debian-12", "ubuntu-24.04", "fedora-41", "arch", "windows-11", "macos"
LOOPBACK, NODE, PIPEWIRE = "linux.loopback", "linux.loopback.nodes.0", "linux.pipewire"
VIRTUAL, NODE_NAME, CAMERA = "virtual camera", "/dev/video20 (livebg)", "/dev/video0 (Integrated Camera)"
ABSENT = {f"{LOOPBACK}.is_loaded": False, f"{LOOPBACK}.is_built": False, f"{LOOPBACK}.is_installed": False}
UNBUILT = ABSENT | {f"{LOOPBACK}.is_installed": True}
UNLOADED = {f"{LOOPBACK}.is_loaded": False}
MODPROBE = "modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=livebg"
OBS_WRITES = [{"pid": 812, "name": "obs", "is_writer": False}]
CHROME_READS = [{"pid": 901, "name": "chrome", "is_writer": False, "is_streaming": True}]
LIVEBG_WRITES = [{"pid": 77, "name": "livebg", "is_writer": True}]
PORTAUDIO = "a microphone needs the library PortAudio: not found; sudo apt install libportaudio2"
LIBGL = "OpenCV needs libGL.so.1, which this system lacks; on Debian and Ubuntu: ..."

# system, changes, name, state, words of what is found, mend as text (its beginning; '' for none)
TABLE: list[tuple[str, dict[str, Any], str, str, str, str]] = [
    # v4l2loopback: installed?
    (DEBIAN, ABSENT, VIRTUAL, "error", "not installed", "sudo apt install -y v4l2loopback-dkms"),
    (
        DEBIAN,
        ABSENT | {f"{LOOPBACK}.has_headers": False},
        VIRTUAL,
        "error",
        "not installed",
        "sudo apt install -y v4l2loopback-dkms linux-headers-6.1.0-28-amd64",
    ),
    (UBUNTU, ABSENT, VIRTUAL, "error", "not installed", "sudo apt install -y v4l2loopback-dkms"),
    (FEDORA, ABSENT, VIRTUAL, "error", "not installed", "sudo dnf install -y akmod-v4l2loopback; from RPM Fusion"),
    (
        FEDORA,
        ABSENT | {"linux.packager": "rpm-ostree"},
        VIRTUAL,
        "error",
        "not installed",
        "sudo rpm-ostree install akmod-v4l2loopback",
    ),
    (
        ARCH,
        ABSENT | {f"{LOOPBACK}.has_headers": False},
        VIRTUAL,
        "error",
        "not installed",
        "sudo pacman -S --noconfirm v4l2loopback-dkms linux-zen-headers",
    ),
    (
        ARCH,
        ABSENT | {"linux.packager": "zypper"},
        VIRTUAL,
        "error",
        "not installed",
        "sudo zypper install -y v4l2loopback-kmp-default",
    ),
    (ARCH, ABSENT | {"linux.packager": ""}, VIRTUAL, "error", "not installed", "install v4l2loopback with this"),
    (
        DEBIAN,
        ABSENT | {"user.has_sudo": False},
        VIRTUAL,
        "error",
        "not installed",
        "su -c 'apt install -y v4l2loopback-dkms'",
    ),
    (DEBIAN, ABSENT | {"user.is_root": True}, VIRTUAL, "error", "not installed", "apt install -y v4l2loopback-dkms"),
    # built for the running kernel?
    (
        DEBIAN,
        UNBUILT | {f"{LOOPBACK}.dkms": ["v4l2loopback/0.12.7: added"]},
        VIRTUAL,
        "error",
        "not built for the kernel 6.1.0-28-amd64 (DKMS: v4l2loopback/0.12.7: added)",
        "sudo dkms autoinstall -k 6.1.0-28-amd64",
    ),
    (
        UBUNTU,
        UNBUILT | {f"{LOOPBACK}.has_headers": False},
        VIRTUAL,
        "error",
        "whose headers are missing",
        "sudo apt install -y linux-headers-6.8.0-45-generic && sudo dkms autoinstall -k 6.8.0-45-generic",
    ),
    (FEDORA, UNBUILT, VIRTUAL, "error", "not built", "sudo akmods --force --kernels 6.11.4-301.fc41.x86_64"),
    (ARCH, UNLOADED | {"linux.has_kernel_modules": False}, VIRTUAL, "error", "no longer on the disk", "sudo reboot"),
    # loaded, and let in?
    (DEBIAN, UNLOADED, VIRTUAL, "error", "installed, but not loaded", f"sudo {MODPROBE}"),
    (
        UBUNTU,
        UNLOADED | {f"{LOOPBACK}.refusal": "Loading of module with unavailable key is rejected"},
        VIRTUAL,
        "error",
        "Secure Boot refuses v4l2loopback: Loading of module with unavailable key is rejected",
        "sudo mokutil --import /var/lib/shim-signed/mok/MOK.der; choose a password",
    ),
    (
        FEDORA,
        UNLOADED | {f"{LOOPBACK}.signer": "", "linux.mok_key": ""},
        VIRTUAL,
        "error",
        "carries no signature",
        "sudo kmodgenca -a",
    ),
    (
        UBUNTU,
        UNLOADED | {f"{LOOPBACK}.signer": "", "linux.mok_key": ""},
        VIRTUAL,
        "error",
        "carries no signature",
        "sudo update-secureboot-policy --new-key",
    ),
    (
        DEBIAN,
        UNLOADED | {f"{LOOPBACK}.signer": "", "linux.secure_boot": True},
        VIRTUAL,
        "error",
        "carries no signature",
        "sudo dkms generate_mok",
    ),
    (
        ARCH,
        UNLOADED | {"linux.secure_boot": True},
        VIRTUAL,
        "error",
        "carries no signature",
        "sign v4l2loopback with a key",
    ),
    (DEBIAN, UNLOADED | {"linux.is_wsl": True}, VIRTUAL, "error", "WSL", "install livebg on Windows itself"),
    (DEBIAN, UNLOADED | {"linux.container": "docker"}, VIRTUAL, "error", "container (docker)", f"sudo {MODPROBE}; on"),
    # loaded as it should be?
    (
        DEBIAN,
        {f"{NODE}.announces_capture": True},
        VIRTUAL,
        "warning",
        "without exclusive_caps=1: Chromium",
        f"sudo modprobe -r v4l2loopback && sudo {MODPROBE}; first end",
    ),
    (DEBIAN, {f"{LOOPBACK}.nodes": []}, VIRTUAL, "error", "has no device", "sudo modprobe -r v4l2loopback && sudo"),
    (DEBIAN, {f"{LOOPBACK}.at_boot": False}, "at boot", "warning", "nothing loads", "sudo sh -c 'echo v4l2loopback >"),
    (UBUNTU, {f"{LOOPBACK}.boot_options": ""}, "at boot", "warning", "without exclusive_caps=1", "sudo sh -c 'echo"),
    # its device
    (
        DEBIAN,
        {f"{NODE}.may_open": False, "user.in_video_group": False, "user.has_video_group": False},
        NODE_NAME,
        "error",
        "may not open it",
        "sudo usermod -aG video ada; then log out",
    ),
    (
        DEBIAN,
        {f"{NODE}.may_open": False, "user.has_video_group": False},
        NODE_NAME,
        "error",
        "may not open it",
        "you are in the group video since your last login",
    ),
    (DEBIAN, {f"{NODE}.may_open": False}, NODE_NAME, "error", "may not open it", "you are in the group video, but"),
    (
        DEBIAN,
        {f"{NODE}.is_there": False, "linux.container": "podman"},
        NODE_NAME,
        "error",
        "this container does not",
        "start the container with --device /dev/video20",
    ),
    (
        UBUNTU,
        {
            f"{NODE}.announces_capture": True,
            f"{NODE}.announces_output": False,
            f"{NODE}.format": "YU12:1280x720@30",
            f"{NODE}.users": OBS_WRITES + CHROME_READS,
        },
        NODE_NAME,
        "error",
        "obs (812) writes to it (YU12:1280x720@30)",
        "kill 812",
    ),
    (
        FEDORA,
        {f"{NODE}.has_writer": True, f"{NODE}.format": "YU12:1280x720@30", f"{NODE}.announces_output": False},
        NODE_NAME,
        "error",
        "a program of another user writes",
        "end that program",
    ),
    (
        FEDORA,
        {f"{NODE}.format": "YU12:640x360@30", f"{NODE}.users": CHROME_READS},
        NODE_NAME,
        "warning",
        "chrome (901) holds it at YU12:640x360@30, and nobody writes",
        "kill 901",
    ),
    # cameras
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
    # PipeWire, portal, consent, applications
    (
        FEDORA,
        {"linux.programs": [{"name": "Firefox"}]},
        "Firefox",
        "warning",
        "lists PipeWire's cameras alone",
        "systemctl --user restart wireplumber",
    ),
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
    # screen, libraries, packages, sound, encoders
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
    (
        DEBIAN,
        {"problems": [["opencv", LIBGL]]},
        "OpenCV",
        "error",
        "needs libGL.so.1",
        "sudo apt install -y libgl1 libglib2.0-0 libxcb1",
    ),
    (FEDORA, {"problems": [["opencv", LIBGL]]}, "OpenCV", "error", "libGL.so.1", "sudo dnf install -y mesa-libGL"),
    (
        WINDOWS,
        {"problems": [["opencv", "OpenCV cannot be loaded: DLL load failed; install livebg again"]]},
        "OpenCV",
        "error",
        "DLL load failed",
        r"C:\Users\ada\livebg\.venv\Scripts\python.exe -m pip install --force-reinstall opencv-python",
    ),
    (
        DEBIAN,
        {"packages.0.version": "", "packages.0.fits": False},
        "packages",
        "error",
        "av absent (needs >=18)",
        "/home/ada/livebg/.venv/bin/python -m pip install 'av>=18'",
    ),
    (
        WINDOWS,
        {"packages.1.version": "1.26.4", "packages.1.fits": False},
        "packages",
        "error",
        "numpy 1.26.4 (needs >=2.0)",
        r'C:\Users\ada\livebg\.venv\Scripts\python.exe -m pip install "numpy>=2.0"',
    ),
    (MACOS, {"packages": None}, "packages", "unknown", "runs from its sources", ""),
    (
        DEBIAN,
        {"microphones": None, "problems": [["microphones", PORTAUDIO]]},
        "microphone",
        "warning",
        "PortAudio is missing",
        "sudo apt install -y libportaudio2",
    ),
    (
        ARCH,
        {"microphones": None, "problems": [["microphones", PORTAUDIO]]},
        "microphone",
        "warning",
        "PortAudio is missing",
        "sudo pacman -S --noconfirm portaudio",
    ),
    (
        DEBIAN,
        {"microphones": None, "problems": [["microphones", "microphones cannot be listed: ..."]]},
        "microphone",
        "unknown",
        "cannot be listed",
        "",
    ),
    (
        ARCH,
        {"codecs.3.software": ""},
        "encoders",
        "warning",
        "none for av1",
        "/home/ada/livebg/.venv/bin/python -m pip",
    ),
    (MACOS, {"codecs": None, "problems": [["codecs", "no libav"]]}, "encoders", "error", "no libav", "/Users/ada/live"),
    # settings file, disks
    (
        DEBIAN,
        {"settings.is_there": True, "settings.problem": "settings file ... is not valid TOML: line 3"},
        "settings file",
        "error",
        "not valid TOML",
        "mv /home/ada/.config/livebg/settings.toml /home/ada/.config/livebg/settings.toml.broken",
    ),
    (
        MACOS,
        {"disks.0.free_bytes": 500_000_000},
        "disk for recordings, models, caches",
        "warning",
        "only 0.5 GB free in /Users/ada",
        "du -xh --max-depth=2 /Users/ada",
    ),
    (ARCH, {"disks.0.free_bytes": 9}, "disk for recordings, models, caches", "error", "only 0.0 GB", "du -xh"),
    (
        ARCH,
        {"disks.0.is_writable": False},
        "disk for recordings, models, caches",
        "warning",
        "cannot be written",
        "ls -ld /home/ada",
    ),
    (ARCH, {"disks.0.free_bytes": None}, "disk for recordings, models, caches", "unknown", "does not say", ""),
    (ARCH, {"problems": [["home", "this user has no home folder"]]}, "home folder", "warning", "no home", "export XDG"),
    (ARCH, {"problems": [["folder", "the current folder is gone"]]}, "current folder", "warning", "is gone", "cd /"),
    # GPU
    (
        UBUNTU,
        {"gpu.torch_cuda": "", "gpu.torch": "2.13.0+cpu"},
        "GPU",
        "warning",
        "built without CUDA",
        "/home/ada/live",
    ),
    (
        WINDOWS,
        {"gpu.torch_cuda": "", "gpu.torch": "2.13.0+cpu"},
        "GPU",
        "warning",
        "without CUDA",
        "install torch's CUDA",
    ),
    (
        UBUNTU,
        {"gpu.has_library": False, "gpu.driver": "", "gpu.names": []},
        "GPU",
        "warning",
        "its driver is not installed",
        "sudo ubuntu-drivers install; then restart",
    ),
    (
        DEBIAN,
        {"gpu.cards": ["nvidia"]},
        "GPU",
        "warning",
        "its driver is not installed",
        "sudo apt install -y nvidia-driver",
    ),
    (
        UBUNTU,
        {"gpu.driver": "470.256.02"},
        "GPU",
        "warning",
        "driver 470.256.02 is too old for CUDA 12.8, which needs 525",
        "sudo ubuntu-drivers install",
    ),
    (
        UBUNTU,
        {"gpu.driver": "", "gpu.driver_error": "Failed to initialize NVML: Driver/library version mismatch"},
        "GPU",
        "warning",
        "driver was updated while it ran",
        "sudo reboot",
    ),
    (
        WINDOWS,
        {"gpu.torch_cuda": "13.0", "gpu.driver": "581.15", "gpu.capabilities": ["6.1"]},
        "GPU",
        "warning",
        "too old for CUDA 13.0 (compute capability 6.1)",
        "install torch for CUDA 12.6",
    ),
    (
        UBUNTU,
        {"gpu.has_library": False, "gpu.has_node": False, "gpu.driver": "", "linux.container": "docker"},
        "GPU",
        "warning",
        "this container (docker) was not given it",
        "start it with --gpus all",
    ),
    (
        FEDORA,
        {"gpu.is_compute_device_closed": True},
        "GPU",
        "warning",
        "may not open /dev/kfd",
        "sudo usermod -aG render ada",
    ),
    # engines
    (
        DEBIAN,
        {"engines.selfie_problem": "selfie.tflite is damaged: ...; install livebg again"},
        "engine selfie",
        "error",
        "is damaged",
        "install livebg again",
    ),
    (
        UBUNTU,
        {"engines.cached": ""},
        "engine rmbg",
        "warning",
        "when it is first used",
        "livebg models fetch rmbg; 176",
    ),
    (
        MACOS,
        {"engines.cached": "", "engines.does_hub_answer": False},
        "engine rmbg",
        "warning",
        "the hub does not answer",
        "livebg models fetch rmbg; with a connection once",
    ),
    (
        WINDOWS,
        {"engines.cached": "", "engines.is_hub_off": True},
        "engine rmbg",
        "warning",
        "switched off (HF_HUB_OFFLINE)",
        "livebg models fetch rmbg",
    ),
    (ARCH, {"settings.engine": "rmbg"}, "engine rmbg", "warning", "not in the cache", "livebg models fetch rmbg"),
    (
        ARCH,
        {"engines.problem": "--model 'x' is no repository name"},
        "engine rmbg",
        "warning",
        "no repository name",
        "correct model in the settings file",
    ),
    # Windows and macOS
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

# What changes and stays well: the words that then stand there
WELL: list[tuple[str, dict[str, Any], str, str]] = [
    (UBUNTU, {f"{NODE}.users": LIVEBG_WRITES + CHROME_READS}, NODE_NAME, "livebg writes to it; read by chrome (901)"),
    (UBUNTU, {f"{NODE}.users": LIVEBG_WRITES}, NODE_NAME, "nobody reads it"),
    (DEBIAN, {f"{NODE}.announces_output": False}, NODE_NAME, "livebg opens it again"),
    (DEBIAN, {"linux.is_each_process_seen": False}, NODE_NAME, "programs of other users are not seen"),
    (
        UBUNTU,
        {"cameras.0.users": LIVEBG_WRITES, "cameras.0.problem": "another program is using it; x"},
        CAMERA,
        "livebg",
    ),
    (DEBIAN, {f"{PIPEWIRE}.is_running": False}, "PipeWire", "installed, not running"),
    (DEBIAN, {f"{PIPEWIRE}.is_installed": False, f"{PIPEWIRE}.is_running": False}, "PipeWire", "no application here"),
    (DEBIAN, {f"{PIPEWIRE}.consent": []}, "camera consent", "not asked yet"),
    (DEBIAN, {"linux.programs": []}, "applications", "no browser or call application"),
    (UBUNTU, {}, "applications", "Firefox (snap), Chrome, Zoom (V4L2), OBS (flatpak) (V4L2 and PipeWire)"),
    (DEBIAN, {"screen_problem": "this session has no screen"}, "screen", "no preview window"),
    (UBUNTU, {"settings.device": "cpu"}, "GPU", "device = cpu"),
    (ARCH, {"gpu.cards": ["amd"]}, "GPU", "not built for ROCm"),
    (ARCH, {"engines.does_hub_answer": False}, "engine rmbg", "selfie does without"),
    (ARCH, {"microphones": []}, "microphone", "none"),
    (WINDOWS, {"windows.has_obs_camera": False, "windows.has_unity_capture": True}, VIRTUAL, "Unity Capture"),
    (MACOS, {"macos.camera_consent": "not asked"}, "camera permission", "not asked yet"),
    (MACOS, {"macos.obs_extension": "", "macos.has_obs_plugin": True}, VIRTUAL, "that of OBS"),
    (ARCH, {"settings.is_there": True}, "settings file", "/home/ada/.config/livebg/settings.toml"),
]


def test_there_are_systems_and_cases_enough() -> None:
    assert set(NAMES) == {DEBIAN, UBUNTU, FEDORA, ARCH, WINDOWS, MACOS}
    assert len(TABLE) >= 40
    assert {each[0] for each in TABLE} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_all_is_well_before_the_change(name: str) -> None:
    assert {each.state for each in diagnose(system(name))} == {"ok"}


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case[0]}: {case[2]}, {case[4]}")
def test_the_change_is_found_with_its_mend_and_nothing_else(
    case: tuple[str, dict[str, Any], str, str, str, str],
) -> None:
    name, changes, finding, state, words, mend = case
    seen = system(name, changes)
    wrong = [each for each in diagnose(seen) if each.state != "ok"]
    assert [(each.name, each.state) for each in wrong] == [(finding, state)]
    assert words in wrong[0].found
    text = wrong[0].mend.text(seen.user)
    assert text.startswith(mend) if mend else text == ""


@pytest.mark.parametrize("case", WELL, ids=lambda case: f"{case[0]}: {case[2]}, {case[3]}")
def test_the_change_is_told_and_is_no_fault(case: tuple[str, dict[str, Any], str, str]) -> None:
    name, changes, finding, words = case
    found = diagnose(system(name, changes))
    assert {each.state for each in found} == {"ok"}
    assert any(words in each.found for each in found if each.name == finding)


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


def test_the_worst_comes_first_and_each_check_says_something() -> None:
    seen = system(DEBIAN, UNLOADED | {"cameras": None, "disks.0.free_bytes": 500_000_000})
    ranks = [WORST_FIRST.index(each.state) for each in diagnose(seen)]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2, 3}
    for check in CHECKS:
        assert any(list(check(system(name))) for name in NAMES), check
