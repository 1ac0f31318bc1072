"""Lists the cameras, and finds the one that `--camera` means: an index, part of a name, a device path, or the first.

On Linux it uses V4L2 (v4l2.py), on Windows and macOS cv2-enumerate-cameras, which also knows their order in OpenCV.
Opens no camera for capture. Main thread.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from livebg.capture.camera import v4l2
from livebg.capture.camera.v4l2 import Mode
from livebg.core.errors import SourceError

__all__ = ["Camera", "Mode", "find_camera", "list_cameras"]


# Programs' own cameras (OBS Virtual Camera, OBS-Camera, ManyCam Virtual Webcam, XSplit VCam, ...), livebg's output too.
_VIRTUAL = re.compile(
    r"virtual|livebg|vcam\b|\bobs\b|manycam|snap camera|unity video capture|nvidia broadcast|mmhmm|camtwist",
    re.IGNORECASE,
)
# Sensors' own nodes (card "ipu6"), whose pictures only libcamera makes; PipeWire then has the camera.
_RAW = re.compile(r"\bipu\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: its index in OpenCV, name, device path (empty outside Linux), and modes (empty where unknown).

    is_virtual: a program's, not a device's; used only when named by name, index or path.
    """

    index: int
    name: str
    path: str = ""
    modes: tuple[Mode, ...] = ()
    is_virtual: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.path})" if self.path else f"{self.name} (camera {self.index})"


def list_cameras() -> list[Camera]:
    """All cameras now, virtual ones too, by index."""
    if sys.platform == "linux":
        found = ((path, v4l2.describe(path)) for path in v4l2.device_paths())
        return [_on_linux(path, *about) for path, about in found if about is not None]
    else:
        import cv2
        from cv2_enumerate_cameras import enumerate_cameras

        backend = cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_AVFOUNDATION
        return [Camera(each.index, each.name, is_virtual=_is_virtual(each.name)) for each in enumerate_cameras(backend)]


def has_real_camera() -> bool:
    """Whether `--camera auto` finds one here that gives pictures."""
    return any(not each.is_virtual and not _RAW.search(each.name) for each in list_cameras())


def find_camera(wanted: str) -> Camera:
    """The camera with this index, device path or part of a name (any case); 'auto': the first real one.

    Raises SourceError, with the cameras found, when none or more than one matches.
    """
    wanted = wanted.strip()
    if wanted.startswith(("/", "~")):
        return _by_path(wanted)
    cameras = list_cameras()
    if wanted == "auto":
        return _first_real(cameras)
    if wanted.isdecimal():
        matches = [each for each in cameras if each.index == int(wanted)]
        problem = f"camera {wanted} cannot be opened: there is no such camera"
    else:
        matches = [each for each in cameras if wanted.lower() in each.name.lower()]
        # "Webcam" means the camera of exactly this name, even beside a "Webcam Pro".
        matches = [each for each in matches if each.name.lower() == wanted.lower()] or matches
        matches = [each for each in matches if not each.is_virtual] or matches
        problem = f"no camera has {wanted!r} in its name" if wanted else "--camera is empty"
    if len(matches) == 1:
        return matches[0]
    if matches and wanted:
        raise SourceError(
            f"{wanted!r} fits {len(matches)} cameras: {_listed(matches)}; try --camera {matches[0].index}"
        )
    if not cameras:
        raise _none_at_all(problem)
    raise SourceError(f"{problem}; cameras found: {_listed(cameras)}; try --camera {cameras[0].index}")


def _first_real(cameras: list[Camera]) -> Camera:
    for each in cameras:
        if not each.is_virtual:
            return each
    if cameras:
        raise SourceError(
            f"no camera was found but virtual ones, which other programs feed: {_listed(cameras)}; plug one in, or "
            f"choose one of these with --camera {cameras[0].index}"
        )
    raise SourceError("no camera was found at all: plug one in, or try --source with a video or picture")


def _none_at_all(problem: str) -> SourceError:
    return SourceError(f"{problem}; no camera was found at all: plug one in, or try --source with a video or picture")


def is_virtual_name(name: str) -> bool:
    """Whether programs' own cameras are called so."""
    return bool(_VIRTUAL.search(name))


def _is_virtual(name: str, path: str = "") -> bool:
    return is_virtual_name(name) or v4l2.is_loopback(path)


def _on_linux(path: str, name: str, modes: tuple[Mode, ...]) -> Camera:
    digits = path.removeprefix("/dev/video")
    return Camera(int(digits) if digits.isdecimal() else -1, name, path, modes, _is_virtual(name, path))


def _by_path(path: str) -> Camera:
    path = os.path.expanduser(path)
    if not Path(path).exists():
        cameras = list_cameras()
        found = (
            f"cameras found: {_listed(cameras)}; try --camera {cameras[0].index}" if cameras else "no camera was found"
        )
        raise SourceError(f"camera {path} cannot be opened: there is no such device; {found}")
    # /dev/v4l/by-id/... is a link to the node, whose number is what OpenCV and sysfs know.
    path = os.path.realpath(path)
    name, modes = (v4l2.describe(path) if sys.platform == "linux" else None) or (Path(path).name, ())
    return _on_linux(path, name, modes)


def _listed(cameras: list[Camera]) -> str:
    return ", ".join(f"{each.index} ({each.name})" for each in cameras)
