"""One look at this system: everywhere the same things, and what the operating system alone knows.

Opens no camera for pictures, fetches nothing, changes nothing. A part that cannot be looked at leaves its reason in
`problems` and lets the others go on.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import threading
from dataclasses import replace

from livebg.core.errors import LivebgError, reason_of
from livebg.core.settings import Settings
from livebg.core.version import VERSION
from livebg.pipeline.doctor import probe_software
from livebg.pipeline.doctor.probe_gpu import gpu
from livebg.pipeline.doctor.probing import user_name
from livebg.pipeline.doctor.state import Camera, Engines, SystemState, User
from livebg.pipeline.doctor.state_systems import Linux, MacOS, Windows

HUB_S = 2.0  # how long the model hub may take to answer, its name looked up


def probe() -> SystemState:
    """This system now; takes a second or two."""
    problems: dict[str, str] = {}
    engines, settings, seen = _Engines(), *probe_software.settings()
    engines.ask(seen)
    probe_software.opencv(problems)
    who, cameras, linux, windows, macos = _own(problems)
    return SystemState(
        platform=sys.platform,
        system=_system(),
        python=platform.python_version(),
        executable=sys.executable or "python",
        livebg=VERSION,
        user=who,
        cameras=cameras,
        microphones=probe_software.microphones(problems),
        codecs=probe_software.codecs(problems),
        packages=probe_software.packages(),
        screen_problem=probe_software.screen(problems),
        gpu=gpu(),
        settings=settings,
        disks=probe_software.disks(problems),
        engines=engines.answer(),
        linux=linux,
        windows=windows,
        macos=macos,
        problems=tuple(problems.items()),
    )


def _system() -> str:
    if sys.platform == "linux":
        try:
            return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
        except OSError:
            pass
    return platform.platform(terse=True)


def _own(
    problems: dict[str, str],
) -> tuple[User, tuple[Camera, ...] | None, Linux | None, Windows | None, MacOS | None]:
    """What this operating system alone knows."""
    if sys.platform == "linux":
        from livebg.pipeline.doctor import probe_devices, probe_linux

        files = probe_devices.OpenFiles()
        return probe_linux.user(), probe_devices.cameras(files), probe_linux.linux(files), None, None
    cameras = _cameras(problems)
    if sys.platform == "win32":
        from livebg.pipeline.doctor import probe_windows

        return probe_windows.user(), cameras, None, probe_windows.windows(), None
    from livebg.pipeline.doctor.probe_macos import macos

    who = User(user_name(), os.geteuid() == 0, shutil.which("sudo") is not None)
    return who, cameras, None, None, macos()


def _cameras(problems: dict[str, str]) -> tuple[Camera, ...] | None:
    """By OpenCV's list, where there is no V4L2."""
    if "opencv" in problems:
        problems["cameras"] = "OpenCV does not load"
        return None
    from livebg.capture.camera.devices import list_cameras

    try:
        return tuple(Camera(each.name, each.path, each.is_virtual) for each in list_cameras())
    except (OSError, RuntimeError, ImportError) as cause:
        problems["cameras"] = reason_of(cause)
        return None


class _Engines:
    """The engines' weights. Whether the hub answers is asked beside everything else: looking up its name can take long,
    and no timeout ends that."""

    def __init__(self) -> None:
        self._found = Engines()
        self._asking: threading.Thread | None = None
        self._does_answer = False

    def ask(self, settings: Settings) -> None:
        from livebg.models import hub
        from livebg.models.selfie import model_file

        broken = ""
        for each in model_file.FILES:
            try:
                model_file.model_file(each)
            except LivebgError as cause:
                broken = str(cause)
        if settings.weights:
            is_there = os.path.exists(os.path.expanduser(settings.weights))
            problem = "" if is_there else f"{settings.weights} is not there"
            self._found = Engines(broken, settings.weights, cached=settings.weights, problem=problem)
            return
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
