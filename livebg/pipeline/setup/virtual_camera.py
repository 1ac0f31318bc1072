"""The virtual camera for this system: PipeWire's where it is enough, v4l2loopback where applications need it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from livebg.core.errors import SinkError
from livebg.pipeline.doctor import findings_cameras, findings_loopback, report
from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.findings_desktop import takes
from livebg.pipeline.doctor.findings_loopback import AT_BOOT, BOOT_FILES, loading
from livebg.pipeline.doctor.mending import mend
from livebg.pipeline.doctor.packages import INSTALLERS
from livebg.pipeline.doctor.state import SystemState, User
from livebg.pipeline.doctor.state_systems import Linux
from livebg.pipeline.setup.progress import Progress

WIDTH = 100  # columns


def set_up_virtual_camera(progress: Progress, state: SystemState) -> Iterator[str]:
    """Mends what keeps calls from livebg's camera, each command after a question; says what stays to do.

    state: the system now. Raises SinkError where there is no virtual camera at the end.
    """
    linux = state.linux
    if linux is not None and has_pipewire(linux):
        yield "PipeWire: programs that read its cameras find livebg there; nothing to set up, no root"
    why = why_loopback(linux) if linux is not None else ""
    if linux is not None and not why:
        return
    if why:
        yield f"v4l2loopback: {why}"
    if _mendable(progress, state):
        yield from mend(
            progress.look,
            lambda command: progress.dialogue.agrees(f"run {command}"),
            lambda wanted, user: _run(progress, wanted, user),
            partial(_mendable, progress),
        )
        state = progress.look()
    left = obstacles(state)
    yield from report.lines(left, state.user, WIDTH)
    if not left:
        yield "the virtual camera is there" if linux is None else "v4l2loopback is loaded, at each boot, too"
    if any(each.state == "error" for each in left) and not (linux is not None and has_pipewire(linux)):
        raise SinkError("there is no virtual camera yet; run what stands above, then livebg setup again")


def has_pipewire(linux: Linux) -> bool:
    """Whether livebg can give a camera to PipeWire, and programs can read it."""
    return linux.pipewire.is_installed and linux.pipewire.is_running and linux.pipewire.has_session_manager


def why_loopback(linux: Linux) -> str:
    """Why v4l2loopback is wanted here; '' where PipeWire is enough."""
    needing = [str(each) for each in linux.programs if takes(each, linux) == "V4L2"]
    if needing:
        return f"{', '.join(needing)} {'reads' if len(needing) == 1 else 'read'} only V4L2 cameras"
    return "" if has_pipewire(linux) else "the only way to a virtual camera here, since PipeWire does not run"


def obstacles(state: SystemState) -> list[Finding]:
    """The doctor's findings that keep calls from the virtual camera, errors first."""
    checks = (findings_loopback.virtual_camera, findings_cameras.windows, findings_cameras.macos)
    found = [each for check in checks for each in check(state) if each.state in ("error", "warning")]
    return sorted(found, key=lambda each: each.state != "error")


def _mendable(progress: Progress, state: SystemState) -> list[Finding]:
    return [
        each
        for each in obstacles(state)
        if each.is_offered(state.user) and (progress.may_be_root or not each.mend.needs_root)
    ]


def _run(progress: Progress, wanted: Mend, user: User) -> str:
    """Runs a mend and keeps what it has changed, also where it fails half-way. '' or why it failed."""
    record = progress.record
    new = [each for each in BOOT_FILES if wanted == AT_BOOT and not os.path.exists(each)]
    before = _loaded(progress) if "modprobe" in {each[0] for each in wanted.steps} else None
    failure = "it was interrupted"
    try:
        failure = progress.run(wanted, user)
    finally:
        written = [each for each in new if not failure or os.path.exists(each)]
        record.root_files += [each for each in written if each not in record.root_files]
        if before is not None and _loaded(progress) != before:
            record.has_loaded |= not (before or record.load_again)
            record.load_again = record.load_again or ([] if record.has_loaded else before)
        progress.keep()
    if failure:
        return failure
    record.packages += [wanted.command(user)] * any(each[:1] in INSTALLERS for each in wanted.steps)
    progress.keep()
    return ""


def _loaded(progress: Progress) -> list[str]:
    """The command that loads v4l2loopback as it is now; [] where it is not loaded."""
    linux = progress.look().linux
    if linux is None or not linux.loopback.is_loaded:
        return []
    return list(loading(linux.loopback.nodes, linux.loopback.exclusive_caps))
