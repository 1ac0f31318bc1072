"""Installs the service of one operating system, and asks the system's own manager to start, stop and tell of it.

Linux: a systemd user unit; macOS: a launch agent; Windows: a script in the Startup folder.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from livebg.core.errors import LivebgError
from livebg.pipeline.doctor.probing import answer
from livebg.pipeline.service.files import desktop_entry, icon, launch_agent, startup_script, systemd_unit

Words = tuple[str, ...]
# A program and its arguments → exit status, stdout, stderr; -1: there is no such program.
Run = Callable[..., tuple[int, str, str]]
MANAGER_S = 30.0
_IDLE = "it starts idle: the camera is off until a program reads the virtual camera"
_ALWAYS = "livebg cannot see there whether anybody watches: the camera stays on; livebg ctl quit ends it"


@dataclass(frozen=True, slots=True)
class Service:
    """files: path → content. is_there: asks whether the manager answers, () where the system needs none. start, stop:
    commands, one after the other; status, logs: one each, () where there is none. note: for the user, after install."""

    files: Mapping[Path, bytes]
    note: str
    is_there: Words = ()
    start: tuple[Words, ...] = ()
    stop: tuple[Words, ...] = ()
    reload: tuple[Words, ...] = ()
    status: Words = ()
    logs: Words = ()
    run: Run = field(default=lambda *words: answer(*words, timeout_s=MANAGER_S))

    @property
    def is_installed(self) -> bool:
        """Whether the file that starts livebg is there: the first one."""
        return next(iter(self.files)).exists()

    @property
    def has_manager(self) -> bool:
        return not self.is_there or self.run(*self.is_there)[0] == 0


def here() -> Service:
    """This system's, for the Python that runs this."""
    livebg = (sys.executable, "-P", "-m", "livebg")
    if sys.platform == "win32":
        return on_windows(livebg, Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"))
    if sys.platform == "darwin":
        return on_macos(livebg, Path.home(), os.getuid())
    import platformdirs

    try:
        return on_linux(livebg, platformdirs.user_config_path(), platformdirs.user_data_path())
    except RuntimeError as cause:
        raise LivebgError("this user has no home folder, so no service; set the environment variable HOME") from cause


def on_linux(livebg: Words, config: Path, data: Path) -> Service:
    """config, data: ~/.config and ~/.local/share."""
    unit, user = "livebg.service", ("systemctl", "--user")
    return Service(
        {
            config / "systemd" / "user" / unit: systemd_unit([*livebg, "run"]).encode(),
            data / "applications" / "livebg.desktop": desktop_entry(livebg).encode(),
            data / "icons" / "hicolor" / "scalable" / "apps" / "livebg.svg": icon(),
        },
        _IDLE,
        is_there=(*user, "show-environment"),
        start=((*user, "daemon-reload"), (*user, "enable", unit), (*user, "restart", unit)),
        stop=((*user, "disable", "--now", unit),),
        reload=((*user, "daemon-reload"),),
        status=(*user, "status", "--no-pager", "--lines=0", unit),
        logs=("journalctl", "--user", "--no-pager", "--lines=50", "--unit", unit),
    )


def on_macos(livebg: Words, home: Path, user: int) -> Service:
    plist, log = home / "Library" / "LaunchAgents" / "livebg.plist", home / "Library" / "Logs" / "livebg.log"
    return Service(
        {plist: launch_agent([*livebg, "run"], str(log))},
        _ALWAYS,
        is_there=("launchctl", "managername"),
        start=(("launchctl", "bootstrap", f"gui/{user}", str(plist)),),
        stop=(("launchctl", "bootout", f"gui/{user}/livebg"),),
        status=("launchctl", "print", f"gui/{user}/livebg"),
        logs=("tail", "-n", "50", str(log)),
    )


def on_windows(livebg: Words, roaming: Path) -> Service:
    startup = roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Startup"
    script = startup / "livebg.cmd"
    note = f"it starts at the next login; now: start {script}. {_ALWAYS}"
    return Service({script: startup_script([*livebg, "run"]).encode()}, note)


def install(service: Service) -> Iterator[str]:
    """Writes the files, then starts it. Raises LivebgError where it cannot be written or started."""
    from livebg.media.whole_file import put_whole

    if service.is_installed and service.has_manager:
        _each(service, service.stop, may_fail=True)
    for path, content in service.files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise LivebgError(f"{path} cannot be written: {cause.strerror}") from cause
        put_whole(content, path, force=True)
        yield f"written: {path}"
    if not service.has_manager:
        raise LivebgError(
            f"{service.is_there[0]} does not answer here, so nothing was started; {_typed(service.start)}"
        )
    _each(service, service.start)
    yield service.note


def uninstall(service: Service) -> Iterator[str]:
    """Stops it and removes its files. Raises LivebgError."""
    there = [each for each in service.files if each.exists()]
    if not there:
        yield "no service is installed"
        return
    has_manager = service.has_manager
    if has_manager:
        _each(service, service.stop, may_fail=True)
    for each in there:
        try:
            each.unlink()
        except OSError as cause:
            raise LivebgError(f"{each} cannot be removed: {cause.strerror}") from cause
        yield f"removed: {each}"
    if has_manager:
        _each(service, service.reload)
    else:
        yield f"{service.is_there[0]} does not answer here; a livebg that it started goes on: livebg ctl quit"


def status(service: Service) -> Iterator[str]:
    """Whether it is installed, and what the manager says. Raises LivebgError where it is not, or cannot be asked."""
    if not service.is_installed:
        raise LivebgError("no service is installed; livebg service install")
    yield f"installed: {next(iter(service.files))}"
    yield from _told(service, service.status)


def logs(service: Service) -> Iterator[str]:
    """The last lines. Raises LivebgError where there are none."""
    if not service.is_installed:
        raise LivebgError("no service is installed; livebg service install")
    yield from _told(service, service.logs)


def _told(service: Service, command: Words) -> Iterator[str]:
    if not command:
        yield "its messages stand in its minimised window; livebg ctl says what it does"
        return
    code, said, error = service.run(*command)
    if code != 0 and not said:
        why = error.strip().splitlines()[-1:] or [f"{command[0]} does not answer"]
        raise LivebgError(f"{shlex.join(command)}: {why[0]}")
    yield from said.rstrip().splitlines()


def _each(service: Service, commands: tuple[Words, ...], may_fail: bool = False) -> None:
    for each in commands:
        code, _, error = service.run(*each)
        if code != 0 and not may_fail:
            raise LivebgError(f"{shlex.join(each)} failed: {error.strip() or f'exit code {code}'}")


def _typed(commands: tuple[Words, ...]) -> str:
    return f"run: {' && '.join(map(shlex.join, commands))}"
