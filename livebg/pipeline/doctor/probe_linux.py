"""Linux: distribution, kernel, container, Secure Boot, v4l2loopback, by files and by a few programs that only tell."""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

from livebg.pipeline.doctor.probe_desktop import pipewire, programs
from livebg.pipeline.doctor.probe_devices import OpenFiles, loopback_nodes
from livebg.pipeline.doctor.probing import answer, found, program, text
from livebg.pipeline.doctor.state import User
from livebg.pipeline.doctor.state_systems import Linux, Loopback

MODULE = "v4l2loopback"
_PACKAGERS = ("apt", "dnf", "zypper", "pacman")
_MOK_KEYS = (
    "/var/lib/shim-signed/mok/MOK.der",  # Ubuntu
    "/var/lib/dkms/mok.pub",
    "/etc/pki/akmods/certs/public_key.der",  # Fedora
)
_SOURCES = (
    "/usr/src/v4l2loopback-*",
    "/usr/src/akmods/v4l2loopback*",
    "/var/lib/dkms/v4l2loopback",
    "/var/lib/dpkg/info/v4l2loopback-dkms.list",
    "/var/lib/pacman/local/v4l2loopback-dkms-*",
    "/lib/modules/*/extra/v4l2loopback*",
    "/lib/modules/*/updates/v4l2loopback*",
)
_REFUSALS = ("key was rejected", "unavailable key", "unsigned module", "key not available")


def linux(files: OpenFiles) -> Linux:
    """files: who has which device open."""
    release = platform.freedesktop_os_release() if _has_release() else {}
    kernel = platform.release()
    mok_key = next((each for each in _MOK_KEYS if os.path.exists(each)), "")
    packager = "rpm-ostree" if os.path.exists("/run/ostree-booted") else ""
    return Linux(
        distribution=release.get("ID", ""),
        version=release.get("VERSION_ID", ""),
        packager=packager or next((each for each in _PACKAGERS if shutil.which(each)), ""),
        kernel=kernel,
        kernel_package=text(f"/usr/lib/modules/{kernel}/pkgbase"),
        has_kernel_modules=os.path.isdir(f"/lib/modules/{kernel}"),
        container=_container(),
        is_wsl="microsoft" in kernel.lower(),
        secure_boot=_secure_boot(),
        demands_signatures=_demands_signatures(),
        mok_key=mok_key,
        is_mok_enrolled=_is_enrolled(mok_key),
        display=os.environ.get("DISPLAY", ""),
        wayland=os.environ.get("WAYLAND_DISPLAY", ""),
        loopback=_loopback(kernel, files),
        pipewire=pipewire(files.own_programs),
        programs=programs(),
        is_each_process_seen=files.is_complete,
    )


def user() -> User:
    """This user, and whether it may become root by sudo."""
    import grp
    import pwd

    number, is_member, has_group = os.geteuid(), False, False
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    try:
        video = grp.getgrnam("video")
        is_member, has_group = name in video.gr_mem, video.gr_gid in os.getgroups()
    except KeyError:
        pass
    return User(name, number == 0, shutil.which("sudo") is not None, is_member or has_group, has_group)


def _has_release() -> bool:
    return os.path.exists("/etc/os-release") or os.path.exists("/usr/lib/os-release")


def _container() -> str:
    """'docker', 'podman', 'lxc' ...; '' outside one."""
    if os.path.exists("/run/.containerenv"):
        return "podman"
    if os.path.exists("/.dockerenv"):
        return "docker"
    if kind := os.environ.get("container", ""):  # noqa: SIM112 - systemd's own name
        return kind
    status, kind, _ = answer("systemd-detect-virt", "--container")
    return kind.strip() if status == 0 else ""


def _secure_boot() -> bool | None:
    if not os.path.isdir("/sys/firmware/efi"):
        return False
    for each in found("/sys/firmware/efi/efivars/SecureBoot-*"):
        try:
            return each.read_bytes()[-1:] == b"\1"  # four bytes of attributes, then the value
        except OSError:
            break
    _, said, _ = answer("mokutil", "--sb-state")
    return "enabled" in said if "SecureBoot" in said else None


def _demands_signatures() -> bool | None:
    """By the kernel's parameter, or its lockdown ('none [integrity] confidentiality'), which Secure Boot switches on in
    most distributions."""
    if text("/sys/module/module/parameters/sig_enforce") == "Y":
        return True
    lockdown = text("/sys/kernel/security/lockdown")
    return "[none]" not in lockdown if lockdown else None


def _is_enrolled(key: str) -> bool | None:
    """Whether the firmware's list has this key; None if mokutil does not say."""
    _, said, _ = answer("mokutil", "--test-key", key) if key else (0, "", "")
    return "already enrolled" in said if "enrolled" in said else None


def _loopback(kernel: str, files: OpenFiles) -> Loopback:
    is_loaded = os.path.isdir(f"/sys/module/{MODULE}")
    status, said, _ = answer("modinfo", MODULE)
    about = {each.partition(":")[0]: each.partition(":")[2].strip() for each in said.splitlines()}
    is_built = status == 0
    caps = text(f"/sys/module/{MODULE}/parameters/exclusive_caps")
    return Loopback(
        is_installed=is_built or is_loaded or bool(found(*_SOURCES)),
        is_built=is_built,
        is_loaded=is_loaded,
        version=text(f"/sys/module/{MODULE}/version") or about.get("version", ""),
        has_headers=os.path.exists(f"/lib/modules/{kernel}/build"),
        dkms=() if is_built or is_loaded else _dkms(),
        signer=about.get("signer", ""),
        refusal=_refusal() if is_built and not is_loaded else "",
        exclusive_caps=tuple(each == "Y" for each in caps.split(",")) if caps else (),
        nodes=loopback_nodes(files) if is_loaded else (),
        at_boot=any(MODULE in each.split() for each in _lines(_boot_files())),
        boot_options=next((each for each in _lines(_option_files()) if each.split()[:2] == ["options", MODULE]), ""),
    )


def _dkms() -> tuple[str, ...]:
    if program("dkms") is None:
        return ()
    _, said, _ = answer("dkms", "status", MODULE)
    return tuple(each for each in said.splitlines() if MODULE in each)


def _refusal() -> str:
    """The kernel's last word about a module that it did not let in; it tells not every user."""
    status, said, _ = answer("dmesg")
    if status != 0:
        _, said, _ = answer("journalctl", "-k", "-b", "-q", "--no-pager", "-o", "cat")
    lines = [each for each in said.splitlines() if any(words in each.lower() for words in _REFUSALS)]
    return lines[-1].partition("] ")[2] or lines[-1] if lines else ""


def _boot_files() -> list[Path]:
    return [*found("/etc/modules-load.d/*.conf", "/usr/lib/modules-load.d/*.conf"), Path("/etc/modules")]


def _option_files() -> list[Path]:
    return found("/etc/modprobe.d/*.conf", "/usr/lib/modprobe.d/*.conf")


def _lines(files: Iterable[Path]) -> list[str]:
    return [line for each in files for line in text(each).splitlines() if line.strip() and line.strip()[0] not in "#;"]
