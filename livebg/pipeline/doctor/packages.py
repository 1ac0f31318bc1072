"""What system packages are called, and the command that installs them, by distribution."""

from __future__ import annotations

import re

from livebg.pipeline.doctor.finding import Mend
from livebg.pipeline.doctor.state_systems import Linux

_INSTALL = {
    "apt": ("apt", "install", "-y"),
    "dnf": ("dnf", "install", "-y"),
    "pacman": ("pacman", "-S", "--noconfirm"),
    "zypper": ("zypper", "install", "-y"),
    "rpm-ostree": ("rpm-ostree", "install"),
}
_NAMES = {
    "v4l2loopback": {
        "apt": "v4l2loopback-dkms",
        "dnf": "akmod-v4l2loopback",
        "rpm-ostree": "akmod-v4l2loopback",
        "pacman": "v4l2loopback-dkms",
        "zypper": "v4l2loopback-kmp-default",
    },
    "libraries of OpenCV": {
        "apt": "libgl1 libglib2.0-0 libxcb1",
        "dnf": "mesa-libGL glib2 libxcb",
        "pacman": "libglvnd glib2 libxcb",
        "zypper": "Mesa-libGL1 libglib-2_0-0 libxcb1",
    },
    "PortAudio": {"apt": "libportaudio2", "dnf": "portaudio", "pacman": "portaudio", "zypper": "libportaudio2"},
    "PipeWire": {
        "apt": "pipewire wireplumber",
        "dnf": "pipewire wireplumber",
        "pacman": "pipewire wireplumber",
        "zypper": "pipewire wireplumber",
    },
    "the camera portal": {
        "apt": "xdg-desktop-portal xdg-desktop-portal-gtk",
        "dnf": "xdg-desktop-portal xdg-desktop-portal-gtk",
        "pacman": "xdg-desktop-portal xdg-desktop-portal-gtk",
        "zypper": "xdg-desktop-portal xdg-desktop-portal-gtk",
    },
    "NVIDIA's driver": {
        "apt": "nvidia-driver",
        "dnf": "akmod-nvidia",
        "pacman": "nvidia",
        "zypper": "nvidia-driver-G06",
    },
}
_RPM_FUSION = "from RPM Fusion, which must be among the repositories"


def install(linux: Linux, *wanted: str, also: str = "") -> Mend:
    """Installs these things (keys of the table above); also: packages by their own names, with blanks between."""
    packager = linux.packager
    if any(packager not in _NAMES[each] for each in wanted) or packager not in _INSTALL:
        return Mend(advice=f"install {' and '.join(wanted)} with this distribution's package manager")
    names = " ".join(filter(None, (*(_NAMES[each][packager] for each in wanted), also))).split()
    advice = _RPM_FUSION if any(each.startswith("akmod-") for each in names) else ""
    if packager == "rpm-ostree":
        return Mend(((*_INSTALL[packager], *names),), needs_root=True, advice=f"{advice}; then restart the computer")
    return Mend(((*_INSTALL[packager], *names),), needs_root=True, advice=advice, is_safe=True)


def headers(linux: Linux) -> str:
    """The package with the running kernel's headers; '' where a module comes built, or where nothing is known."""
    return {
        "apt": f"linux-headers-{linux.kernel}",
        "dnf": f"kernel-devel-{linux.kernel}",
        "pacman": f"{linux.kernel_package or 'linux'}-headers",
    }.get(linux.packager, "")


def build(linux: Linux) -> Mend:
    """Builds the installed sources of v4l2loopback for the running kernel."""
    if linux.packager == "dnf":
        return Mend((("akmods", "--force", "--kernels", linux.kernel),), needs_root=True, is_safe=True)
    if linux.packager in ("zypper", "rpm-ostree"):
        return install(linux, "v4l2loopback")
    return Mend((("dkms", "autoinstall", "-k", linux.kernel),), needs_root=True, is_safe=True)


def sign(linux: Linux) -> Mend:
    """Makes a key for this machine's own modules, or signs v4l2loopback with it."""
    then = "then ask the doctor again"
    if linux.packager == "apt":  # DKMS signs what it builds, with a key that it makes
        again = ("apt", "install", "--reinstall", "-y", _NAMES["v4l2loopback"]["apt"])
        return Mend((again,), needs_root=True, advice=f"builds and signs it anew; {then}", is_safe=True)
    if linux.packager == "dnf":
        key, again = ("kmodgenca", "-a"), ("akmods", "--force", "--rebuild", "--kernels", linux.kernel)
        return Mend((again,) if linux.mok_key else (key, again), needs_root=True, advice=then, is_safe=True)
    words = "sign v4l2loopback with a key that you enrol by mokutil --import, or switch Secure Boot off in the firmware"
    return Mend(advice=words)


def nvidia_driver(linux: Linux) -> Mend:
    """Installs or renews NVIDIA's driver; the user then restarts the computer, so --fix does not run it."""
    then = "then restart the computer"
    if linux.distribution == "ubuntu":
        return Mend((("ubuntu-drivers", "install"),), needs_root=True, advice=then)
    mend = install(linux, "NVIDIA's driver")
    then = f"from its section non-free; {then}" if linux.distribution == "debian" else then
    return Mend(mend.steps, mend.needs_root, "; ".join(filter(None, (mend.advice, then))))


def major(version: str) -> int:
    """'550.54.14' → 550; 0 where there is no number."""
    number = re.match(r"\d+", version)
    return int(number[0]) if number else 0
