"""The steps of `livebg setup`, one after the other. What one cannot do is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil  # type: ignore[import-untyped] # it has no types of its own

from livebg.core.errors import LivebgError, SinkError
from livebg.core.settings import change
from livebg.pipeline.doctor.findings_desktop import takes
from livebg.pipeline.doctor.probing import answer
from livebg.pipeline.doctor.state import SystemState, User
from livebg.pipeline.doctor.state_systems import Linux, Program
from livebg.pipeline.live.client import running
from livebg.pipeline.setup.choices import choose_background, choose_camera, choose_engine
from livebg.pipeline.setup.progress import Progress
from livebg.pipeline.setup.virtual_camera import set_up_virtual_camera
from livebg.pipeline.setup.write_settings import write_settings

Step = Callable[[], Iterator[str]]
CAMERA = "virtual camera"
_FLAG = "enable chrome://flags/#enable-webrtc-pipewire-camera in it"
_TO_PIPEWIRE = {  # applications that read PipeWire's cameras, too, once they are set so
    "Firefox": "set media.webrtc.camera.allow-pipewire to true in about:config",
    "Chromium": _FLAG,
    "Chrome": _FLAG,
}


def set_up(progress: Progress, state: SystemState) -> Iterator[str]:
    """Lines that say what happens. state: the system now. Raises LivebgError at the end if something is not done."""
    failures = dict[str, LivebgError]()
    steps: dict[str, Step] = {
        CAMERA: lambda: set_up_virtual_camera(progress, state),
        "engine": lambda: choose_engine(progress, state),
        "camera": lambda: choose_camera(progress, state),
        "background": lambda: choose_background(progress),
        "settings": lambda: write_settings(progress),
        "test": lambda: _test(progress, CAMERA in failures),
        "service": lambda: _service(progress),
    }
    for number, (name, step) in enumerate(steps.items(), 1):
        yield f"{number}/{len(steps)} {name}"
        try:
            for line in step():
                yield f"  {line}"
        except LivebgError as failure:
            failures[name] = failure
            yield f"  not done: {failure}"
    if failures:
        raise type(next(iter(failures.values())))(f"not done: {', '.join(failures)}; what to do stands above")
    yield from what_to_choose(progress.look())


def _test(progress: Progress, has_none: bool) -> Iterator[str]:
    """has_none: there is no virtual camera. Raises LivebgError unless the pictures come back."""
    if has_none:
        yield "left out: there is no virtual camera"
        return
    if others := [number for number in running() if psutil.pid_exists(number)]:
        yield f"left out: livebg runs already (process {others[0]}), maybe in a call; end it by livebg ctl quit to test"
        return
    from livebg.pipeline.setup.read_back import cameras_written, read_back

    cameras = cameras_written(progress.wanted)
    yield "livebg sends a drawn person and reads it back, which takes a few seconds; your camera stays off"
    to = [each for each in progress.wanted.to if each.partition(":")[0] == "virtual-camera"]
    seen = read_back(change(progress.wanted, {"to": to or ["virtual-camera"]}), cameras)
    yield from (each.line() for each in seen)
    wrong = [each.line() for each in seen if not each.is_right]
    if wrong:
        raise SinkError(f"the virtual camera does not work: {'; '.join(wrong)}; livebg doctor says what is wrong")


def _service(progress: Progress) -> Iterator[str]:
    from livebg.pipeline.service.manage import here, install

    if progress.dialogue.is_asking and progress.dialogue.agrees("start livebg by itself whenever you log in"):
        yield from install(here())
    else:
        yield "start it by yourself: livebg run; or at each login: livebg service install"


def what_to_choose(state: SystemState) -> Iterator[str]:
    """How calls get the picture, application by application."""
    runs = any(psutil.pid_exists(each) for each in running())
    start = "livebg runs already" if runs else "Start it: livebg run"
    yield f"done. {start}. Then choose the camera in your call application:"
    linux = state.linux
    if linux is None:
        yield "  every application: OBS Virtual Camera"
        return
    for each in linux.programs:
        yield f"  {each}: {_choice(each, linux)}"
    if not linux.programs:
        yield "  every application: livebg"


def _choice(program: Program, linux: Linux) -> str:
    way = takes(program, linux)
    if not way:
        return "sees no camera from its sandbox; livebg doctor says what to do"
    if way == "V4L2" and not linux.loopback.nodes:
        return f"sees no PipeWire camera; {_TO_PIPEWIRE.get(program.name, 'it needs v4l2loopback: livebg setup')}"
    return "livebg"


def can_be_root(user: User, is_asking: bool) -> bool:
    """Whether root's commands may run: without anybody who answers, sudo must not want a password."""
    return user.is_root or (user.has_sudo and (is_asking or answer("sudo", "-n", "true")[0] == 0))
