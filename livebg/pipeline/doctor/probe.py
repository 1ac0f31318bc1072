"""One look at this system: everywhere the same things, and what the operating system alone knows.

Opens no camera for pictures, fetches nothing, changes nothing. A part that cannot be looked at leaves its reason in
`problems` and lets the others go on, also where a package of livebg's is broken: so each look imports what it needs.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from livebg.core.errors import LivebgError
from livebg.core.version import VERSION
from livebg.pipeline.doctor import probe_software
from livebg.pipeline.doctor.probe_gpu import gpu
from livebg.pipeline.doctor.probing import user_name
from livebg.pipeline.doctor.state import Camera, Engines, Gpu, SettingsState, SystemState, User
from livebg.pipeline.doctor.state_systems import Linux, MacOS, Windows

if TYPE_CHECKING:
    from livebg.core.settings import Settings

HUB_S = 2.0  # how long the model hub may take to answer, its name looked up

Seen = TypeVar("Seen")


def probe() -> SystemState:
    """This system now; takes a second or two."""
    looks = _Looks()
    engines, (settings, values) = (
        _Engines(),
        looks.at("settings file", probe_software.settings, (SettingsState(), None)),
    )
    looks.at("engines", lambda: engines.ask(values), None)
    looks.at("opencv", probe_software.opencv, None)
    own = looks.at("devices", _own, _Own())
    looks.at("current folder", os.getcwd, None)
    looks.at("home folder", _home, None)
    return SystemState(
        platform=sys.platform,
        system=_system(),
        python=platform.python_version(),
        executable=sys.executable or "python",
        livebg=VERSION,
        user=own.user,
        cameras=own.cameras if sys.platform == "linux" else looks.at("cameras", _cameras, None),
        microphones=looks.at("microphones", probe_software.microphones, None),
        codecs=looks.at("codecs", probe_software.codecs, None),
        packages=looks.at("packages", probe_software.packages, None),
        screen_problem=looks.at("screen", probe_software.screen, ""),
        gpu=looks.at("GPU", gpu, Gpu()),
        settings=settings,
        disks=looks.at("disks", probe_software.disks, ()),
        plugins=looks.at("plug-ins", probe_software.plugins, ()),
        engines=engines.answer(),
        linux=own.linux,
        windows=own.windows,
        macos=own.macos,
        problems=tuple(looks.problems.items()),
    )


def look_again(before: SystemState) -> SystemState:
    """The same system now, of which only devices, drivers and desktop were looked at anew: a tenth of the time."""
    own = _own()
    cameras = own.cameras if sys.platform == "linux" else before.cameras
    return replace(before, user=own.user, cameras=cameras, linux=own.linux, windows=own.windows, macos=own.macos)


@dataclass(slots=True)
class _Looks:
    """problems: part → why it could not be looked at."""

    problems: dict[str, str] = field(default_factory=dict)

    def at(self, part: str, look: Callable[[], Seen], otherwise: Any) -> Any:
        """What look() gives, or `otherwise`. stdout is for findings alone: cv2 prints there that numpy is missing."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return look()
        except LivebgError as cause:
            self.problems[part] = str(cause)
        except ImportError as cause:
            self.problems[part] = f"{cause.name or 'a package'} does not load: {cause}"
        except Exception as cause:  # noqa: BLE001 - whatever it is, the other parts must be looked at
            self.problems[part] = f"{type(cause).__name__}: {cause}"
        return otherwise


def _system() -> str:
    if sys.platform == "linux":
        try:
            return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
        except OSError:
            pass
    return platform.platform(terse=True)


def _home() -> None:
    """Raises LivebgError for a user without one."""
    from livebg.core.user_folders import cache_folder

    cache_folder()


@dataclass(frozen=True, slots=True)
class _Own:
    """What this operating system alone knows."""

    user: User = field(default_factory=User)
    cameras: tuple[Camera, ...] | None = None
    linux: Linux | None = None
    windows: Windows | None = None
    macos: MacOS | None = None


def _own() -> _Own:
    if sys.platform == "linux":
        from livebg.pipeline.doctor import probe_devices, probe_linux

        files = probe_devices.OpenFiles()
        return _Own(probe_linux.user(), probe_devices.cameras(files), probe_linux.linux(files))
    if sys.platform == "win32":
        from livebg.pipeline.doctor import probe_windows

        return _Own(probe_windows.user(), windows=probe_windows.windows())
    from livebg.pipeline.doctor.probe_macos import macos

    return _Own(User(user_name(), os.geteuid() == 0, shutil.which("sudo") is not None), macos=macos())


def _cameras() -> tuple[Camera, ...]:
    """By OpenCV's list, where there is no V4L2."""
    from livebg.capture.camera.devices import list_cameras

    return tuple(Camera(each.name, each.path, each.is_virtual) for each in list_cameras())


class _Engines:
    """The engines' weights. Whether the hub answers is asked beside everything else: looking up its name can take long,
    and no timeout ends that."""

    def __init__(self) -> None:
        self._found = Engines()
        self._asking: threading.Thread | None = None
        self._does_answer = False

    def ask(self, settings: Settings | None) -> None:
        """None: the settings cannot be read at all."""
        from livebg.core import libraries
        from livebg.models.selfie import model_file

        broken = ""
        for each in model_file.FILES:
            try:
                model_file.model_file(each)
            except LivebgError as cause:
                broken = str(cause)
        if settings is None:
            self._found = Engines(broken)
            return
        if settings.weights:
            is_there = os.path.exists(os.path.expanduser(settings.weights))
            problem = "" if is_there else f"{settings.weights} is not there"
            self._found = Engines(broken, settings.weights, cached=settings.weights, problem=problem)
            return
        if libraries.obstacle():
            self._found = Engines(broken, settings.model)
            return
        from livebg.models import hub

        try:
            licence, cached = hub.repository(settings.model).licence, hub.find_cached(settings.model)
        except LivebgError as cause:
            self._found = Engines(broken, settings.model, problem=str(cause))
            return
        self._found = Engines(broken, settings.model, licence, str(cached or ""), hub.is_offline())
        if not (cached or hub.is_offline()):
            self._asking = threading.Thread(target=self._ask, name="asking the hub", daemon=True)
            self._asking.start()

    def _ask(self) -> None:
        from livebg.models import hub

        self._does_answer = hub.can_reach_hub(HUB_S)

    def answer(self) -> Engines:
        if self._asking is None:
            return self._found
        self._asking.join(HUB_S)
        return replace(self._found, does_hub_answer=self._does_answer)
