"""Linux' video devices, and which programs have them open. Asks for names and directions; opens none for pictures.

v4l2loopback's devices are opened for reading alone: a livebg that reads one takes the end of an opening for writing for
the end of its producer.
"""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from livebg.capture.camera import v4l2
from livebg.core import videodev2
from livebg.media.pipewire.input import list_nodes
from livebg.media.pipewire.library import NoPipeWire
from livebg.pipeline.doctor.probing import text
from livebg.pipeline.doctor.state import Camera
from livebg.pipeline.doctor.state_systems import Node, Process
from livebg.sinks.virtual_camera.devices import device_format, list_virtual_cameras

_CAPTURE, _OUTPUT = 0x1, 0x2


class OpenFiles:
    """One look at every process: which video devices it has open, and which programs this user runs.

    is_complete: False where files of other users' processes stayed hidden.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc, self._users = proc, dict[str, list[Process]]()
        self.own_programs: set[str] = set()
        self.is_complete = True
        own = str(os.getpid())
        for pid in sorted((each for each in os.listdir(proc) if each.isdecimal() and each != own), key=int):
            with contextlib.suppress(OSError):  # it may end at any time
                self._look(pid)

    def users(self, path: str) -> tuple[Process, ...]:
        """Who has this device open."""
        return tuple(self._users.get(path, ()))

    def _look(self, pid: str) -> None:
        folder = self._proc / pid
        name = _name(folder)
        if folder.stat().st_uid == os.geteuid():
            self.own_programs.add(name)
        try:
            handles = os.listdir(folder / "fd")
        except PermissionError:
            self.is_complete = False
            return
        opened: dict[str, bool] = {}
        for each in handles:
            with contextlib.suppress(OSError):
                path = os.readlink(folder / "fd" / each)
                if path.startswith("/dev/video"):
                    opened[path] = opened.get(path, False) or _is_for_writing(folder / "fdinfo" / each)
        for path, is_writer in opened.items():
            is_streaming = path in (folder / "maps").read_text(errors="replace")
            self._users.setdefault(path, []).append(Process(int(pid), name, is_writer, is_streaming))


def _is_for_writing(about: Path) -> bool:
    """Whether a handle was opened by O_WRONLY."""
    flags = next((line.split()[1] for line in about.read_text().splitlines() if line.startswith("flags:")), "0")
    return bool(int(flags, 8) & os.O_ACCMODE == os.O_WRONLY)


def _name(folder: Path) -> str:
    """A program's name; of one in Python, its script's or module's."""
    words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
    first = Path(words[0].partition(" --")[0]).name or text(folder / "comm")  # Chromium keeps its options there, too
    if not first.startswith("python"):
        return first
    script = words[2] if words[1:2] == ["-m"] else next((each for each in words[1:] if each[:1] != "-"), "")
    return Path(script).name or first


def cameras(files: OpenFiles) -> tuple[Camera, ...]:
    """Real cameras, V4L2's and those that PipeWire alone has. A program that streams is visible by its name, or by the
    driver's refusal."""
    found = []
    for path in v4l2.device_paths():
        about = None if v4l2.is_loopback(path) else v4l2.describe(path)
        if about is not None:
            is_there, may_open = os.path.exists(path), os.access(path, os.R_OK | os.W_OK)
            problem = v4l2.why_not(path) if may_open else ""
            found.append(Camera(about[0], path, False, problem, is_there, may_open, files.users(path)))
    with contextlib.suppress(NoPipeWire):
        found += [Camera(f"pipewire:{each.description}") for each in list_nodes() if each.api != "v4l2"]
    return tuple(found)


def loopback_nodes(files: OpenFiles) -> tuple[Node, ...]:
    """v4l2loopback's devices, by number."""
    found = []
    for each in list_virtual_cameras():
        is_there, may_open = os.path.exists(each.device), os.access(each.device, os.R_OK | os.W_OK)
        capture, output = _directions(each.device) if may_open else (None, None)
        state = text(v4l2.SYSFS / Path(each.device).name / "state")  # of what it is ready for: capture, if written
        has_writer, users = (state == "capture" if state else None), files.users(each.device)
        seen = (is_there, may_open, capture, output, has_writer, device_format(each.device))
        found.append(Node(each.device, each.label, *seen, users))
    return tuple(found)


def _directions(path: str) -> tuple[bool, bool] | tuple[None, None]:
    """Whether a device says that it captures, and that it takes output."""
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None, None
    try:
        answer = fcntl.ioctl(handle, videodev2.QUERYCAP, bytes(videodev2.CAPABILITY.size))
    except OSError:
        return None, None
    finally:
        os.close(handle)
    own = int(videodev2.CAPABILITY.unpack(answer)[-1])
    return bool(own & _CAPTURE), bool(own & _OUTPUT)
