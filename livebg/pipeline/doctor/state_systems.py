"""What one operating system alone knows: Linux' devices, driver and desktop, Windows' registry, macOS' extensions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """A program that has a device open. is_writer: for writing alone, as readers never do. is_streaming: it shares
    buffers with the driver, as nearly all readers do, and writers hardly ever."""

    pid: int
    name: str
    is_writer: bool = False
    is_streaming: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.pid})"


@dataclass(frozen=True, slots=True)
class Node:
    """A v4l2loopback device. is_there, may_open: as for a camera. format: 'YU12:1280x720@30' or ''.

    announces_capture, announces_output: the directions in its capabilities. has_writer: as v4l2loopback 0.13 says.
    """

    path: str
    name: str
    is_there: bool = True
    may_open: bool = True
    announces_capture: bool | None = None
    announces_output: bool | None = None
    has_writer: bool | None = None
    format: str = ""
    users: tuple[Process, ...] = ()


@dataclass(frozen=True, slots=True)
class Loopback:
    """The kernel module v4l2loopback. dkms: the lines of `dkms status` about it. refusal: the kernel's words.

    is_built: for the running kernel. exclusive_caps: as the module was loaded, device by device.
    at_boot: some file of modules-load.d names it. boot_options: its options in modprobe.d.
    """

    is_installed: bool | None = None
    is_built: bool = False
    is_loaded: bool = False
    version: str = ""
    has_headers: bool | None = None
    dkms: tuple[str, ...] = ()
    signer: str = ""
    refusal: str = ""
    exclusive_caps: tuple[bool, ...] = ()
    nodes: tuple[Node, ...] = ()
    at_boot: bool = False
    boot_options: str = ""


@dataclass(frozen=True, slots=True)
class PipeWire:
    """is_installed: its library loads. has_camera: the portal's own answer. consent: application → 'yes' or 'no' in the
    permission store ('' stands for programs without a sandbox); None where the store cannot be asked."""

    is_installed: bool = False
    is_running: bool = False
    has_session_manager: bool = False
    has_portal: bool = False
    has_camera: bool | None = None
    consent: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A browser or call application. packaging: 'system', 'flatpak' or 'snap'; package: its name there.

    sees_devices: whether its sandbox lets it see /dev/video*; None where that is not known.
    """

    name: str
    packaging: str = "system"
    package: str = ""
    sees_devices: bool | None = True

    def __str__(self) -> str:
        return self.name if self.packaging == "system" else f"{self.name} ({self.packaging})"


@dataclass(frozen=True, slots=True)
class Linux:
    """distribution: its ID, e.g. 'debian'; version: e.g. '12'. packager: apt, dnf, pacman, zypper, rpm-ostree or ''.

    kernel_package: what the kernel's package is called, on Arch. container: its kind, '' for none. demands_signatures:
    the kernel lets in signed modules alone. mok_key: the file of the key that signs this machine's own modules;
    is_mok_enrolled: Secure Boot knows it.
    """

    distribution: str = ""
    version: str = ""
    packager: str = ""
    kernel: str = ""
    kernel_package: str = ""
    has_kernel_modules: bool = True
    container: str = ""
    is_wsl: bool = False
    secure_boot: bool | None = None
    demands_signatures: bool | None = None
    mok_key: str = ""
    is_mok_enrolled: bool | None = None
    display: str = ""
    wayland: str = ""
    loopback: Loopback = Loopback()
    pipewire: PipeWire = PipeWire()
    programs: tuple[Program, ...] = ()
    is_each_process_seen: bool = True


@dataclass(frozen=True, slots=True)
class Windows:
    """camera_consent: what blocks cameras: '' for nothing, 'all', 'desktop' or 'policy'.

    camera_users: programs that use one now.
    """

    has_obs_camera: bool = False
    has_unity_capture: bool = False
    has_winget: bool = False
    camera_consent: str = ""
    camera_users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MacOS:
    """camera_consent: 'not asked', 'restricted', 'denied', 'authorized', or '' if macOS does not say.

    obs_extension: 'enabled', 'waiting' or ''.
    """

    has_obs: bool = False
    has_obs_plugin: bool = False
    obs_extension: str = ""
    has_brew: bool = False
    camera_consent: str = ""
