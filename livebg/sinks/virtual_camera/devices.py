"""Which virtual cameras this machine has, and which one to use. On Linux it reads sysfs and opens no device.

Never chooses a real camera: only v4l2loopback's devices have the attributes that it looks for.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import SinkError

SYSFS = Path("/sys/class/video4linux")

_SET_UP = {
    "linux": "load the driver with: sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=livebg "
    "(install it first: sudo apt install v4l2loopback-dkms, or your distribution's package of that name)",
    "win32": "install OBS Studio (obsproject.com), start its virtual camera once, stop it and close OBS",
    "darwin": "install OBS Studio (obsproject.com), start its virtual camera once, stop it and close OBS",
}


@dataclass(frozen=True, slots=True)
class VirtualDevice:
    """device: '/dev/video20'; label: the name that other programs show."""

    device: str
    label: str

    def __str__(self) -> str:
        return f"{self.device} ({self.label})"


def set_up_hint() -> str:
    """How to set up a virtual camera on this system, for a message."""
    return f"{_SET_UP.get(sys.platform, _SET_UP['linux'])}; 'livebg doctor' says what is missing"


def list_virtual_cameras() -> list[VirtualDevice]:
    """v4l2loopback's devices by number. Empty on Windows and macOS, where only opening one tells."""
    found: list[tuple[int, VirtualDevice]] = []
    for folder in SYSFS.glob("video*"):
        number = re.fullmatch(r"video(\d+)", folder.name)
        if number and _is_loopback(folder):
            found.append((int(number[1]), VirtualDevice(f"/dev/{folder.name}", _read(folder / "name"))))
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def choose(wanted: str) -> VirtualDevice | None:
    """The device for 'virtual-camera:WANTED' (path, number, or part of its label).

    '' prefers a label with 'livebg', and among those an unused device: a loopback may play the webcam.

    None for '' on other systems than Linux: the system's only one. Raises SinkError if there is no such device.
    """
    if not sys.platform.startswith("linux"):
        return VirtualDevice(wanted, wanted) if wanted else None
    devices = list_virtual_cameras()
    if not devices:
        raise SinkError(
            f"virtual camera: this machine has none (no v4l2loopback device); {set_up_hint()}; or take "
            "--to virtual-camera:pipewire, which needs no driver"
        )
    if not wanted:
        return min(devices, key=lambda each: ("livebg" not in each.label.lower(), bool(device_format(each.device))))
    path = f"/dev/video{wanted}" if wanted.isdecimal() else str(Path(wanted).resolve())
    for each in devices:
        if each.device == path:
            return each
    for each in devices:
        if wanted.lower() in each.label.lower():
            return each
    raise SinkError(
        f"virtual camera {wanted}: is none of v4l2loopback's; virtual cameras found: "
        f"{', '.join(map(str, devices))}; name one of them, or only virtual-camera"
    )


def find_again(lost: VirtualDevice) -> VirtualDevice:
    """The device that is most likely the same: it may come back under another number. `lost` while there is none.

    By label first: after the driver is loaded again, another device may have the old number.
    """
    alike = [each for each in list_virtual_cameras() if each.label == lost.label or each.device == lost.device]
    return min(alike, key=lambda each: (each.label != lost.label, each.device != lost.device), default=lost)


def device_format(device: str) -> str:
    """The device's current format, e.g. 'YU12:1280x720@30'; '' if it does not say."""
    return _read(SYSFS / Path(device).name / "format")


def _is_loopback(folder: Path) -> bool:
    return (folder / "max_openers").exists() and (folder / "format").exists()


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""
