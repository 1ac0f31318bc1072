"""Linux' virtual camera: what is found when it changes where all was well."""

from __future__ import annotations

from recorded_systems import ARCH, DEBIAN, FEDORA, UBUNTU, Case, Well, checks_of

LOOPBACK = "linux.loopback"
NODE = "linux.loopback.nodes.0"
VIRTUAL = "virtual camera"
NODE_NAME = "/dev/video20 (livebg)"
ABSENT = {f"{LOOPBACK}.is_loaded": False, f"{LOOPBACK}.is_built": False, f"{LOOPBACK}.is_installed": False}
UNBUILT = ABSENT | {f"{LOOPBACK}.is_installed": True}
UNLOADED = {f"{LOOPBACK}.is_loaded": False}
MODPROBE = "modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=livebg"
OBS_WRITES = [{"pid": 812, "name": "obs", "is_writer": False}]
CHROME_READS = [{"pid": 901, "name": "chrome", "is_writer": False, "is_streaming": True}]
LIVEBG_WRITES = [{"pid": 77, "name": "livebg", "is_writer": True}]
SHOWS_CAPTURE = {
    f"{NODE}.announces_capture": True,
    f"{NODE}.announces_output": False,
    f"{NODE}.format": "YU12:640x360@30",
}

# system, changes, name, state, words of what is found, mend as text (its beginning; '' for none)
FAULTS: list[Case] = [
    (
        DEBIAN,
        UNLOADED | {"linux.secure_boot": True, "linux.demands_signatures": False, f"{LOOPBACK}.signer": ""},
        VIRTUAL,
        "error",
        "installed, but not loaded",
        f"sudo {MODPROBE}",
    ),
    (
        DEBIAN,
        {f"{NODE}.announces_capture": True, "linux.container": "podman"},
        VIRTUAL,
        "warning",
        "without exclusive_caps=1",
        f"sudo modprobe -r v4l2loopback && sudo {MODPROBE}; on the host",
    ),
    (
        UBUNTU,
        UNLOADED | {f"{LOOPBACK}.signer": "", "linux.is_mok_enrolled": True},
        VIRTUAL,
        "error",
        "it is not signed",
        "sudo apt install --reinstall -y v4l2loopback-dkms",
    ),
    (
        UBUNTU,
        UNLOADED | {"linux.is_mok_enrolled": False},
        VIRTUAL,
        "error",
        "nobody has enrolled the key of ada-laptop Secure Boot",
        "sudo mokutil --import /var/lib/shim-signed/mok/MOK.der",
    ),
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
        "it is not signed",
        "sudo kmodgenca -a && sudo akmods --force --rebuild",
    ),
    (
        UBUNTU,
        UNLOADED | {f"{LOOPBACK}.signer": "", "linux.mok_key": ""},
        VIRTUAL,
        "error",
        "it is not signed",
        "sudo apt install --reinstall -y v4l2loopback-dkms; builds and signs it anew",
    ),
    (
        DEBIAN,
        UNLOADED | {f"{LOOPBACK}.signer": "", "linux.secure_boot": True},
        VIRTUAL,
        "error",
        "it is not signed",
        "sudo apt install --reinstall -y v4l2loopback-dkms",
    ),
    (
        ARCH,
        UNLOADED | {"linux.secure_boot": True},
        VIRTUAL,
        "error",
        "it is not signed",
        "sign v4l2loopback with a key",
    ),
    (DEBIAN, UNLOADED | {"linux.is_wsl": True}, VIRTUAL, "error", "WSL", "install livebg on Windows itself"),
    (
        FEDORA,
        ABSENT | {"linux.programs": [{"name": "Firefox"}]},
        VIRTUAL,
        "warning",
        "not installed; the applications here list livebg's camera in PipeWire, which does without",
        "sudo dnf install -y akmod-v4l2loopback",
    ),
    (DEBIAN, UNLOADED | {"linux.container": "docker"}, VIRTUAL, "error", "container (docker)", f"sudo {MODPROBE}; on"),
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
        {
            "linux.is_each_process_seen": False,
            f"{NODE}.has_writer": True,
            f"{NODE}.format": "YU12:1280x720@30",
            f"{NODE}.announces_output": False,
        },
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
]
# system, changes, name, words of what is found
WELL: list[Well] = [
    (FEDORA, {f"{NODE}.has_writer": True}, NODE_NAME, "free"),  # keep_format
    (DEBIAN, SHOWS_CAPTURE | {f"{NODE}.users": [{"pid": 5, "name": "wireplumber"}]}, NODE_NAME, "free"),
    (UBUNTU, {f"{NODE}.users": LIVEBG_WRITES + CHROME_READS}, NODE_NAME, "livebg writes to it; read by chrome (901)"),
    (UBUNTU, {f"{NODE}.users": LIVEBG_WRITES}, NODE_NAME, "nobody reads it"),
    (DEBIAN, {f"{NODE}.announces_output": False}, NODE_NAME, "livebg opens it again"),
    (DEBIAN, {"linux.is_each_process_seen": False}, NODE_NAME, "programs of other users are not seen"),
]

test_a_fault_is_found_with_its_mend, test_what_is_no_fault_is_told = checks_of(FAULTS, WELL)
