"""Linux' desktop: PipeWire, its camera portal and consent, which applications take which camera; the screen."""

from __future__ import annotations

from collections.abc import Iterator

from livebg.pipeline.doctor import packages
from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.state import SystemState
from livebg.pipeline.doctor.state_systems import Linux, PipeWire, Program

_STORE = "org.freedesktop.impl.portal.PermissionStore"
_LISTED = {
    "V4L2": "V4L2 cameras (v4l2loopback's)",
    "both": "V4L2 and PipeWire cameras",
    "PipeWire": "PipeWire cameras (livebg's needs no module)",
}
_BOTH = {"OBS"}  # lists V4L2 and PipeWire cameras
FIRST_PIPEWIRE_FEDORA = 41  # from here on Firefox lists PipeWire's cameras alone


def pipewire(state: SystemState) -> Iterator[Finding]:
    """Whether programs can get cameras through PipeWire and the portal."""
    linux = state.linux
    if linux is None:
        return
    needed = [each for each in linux.programs if takes(each, linux) == "PipeWire"]
    yield _running(linux, needed)
    yield from _consent(linux.pipewire)


def _running(linux: Linux, needed: list[Program]) -> Finding:
    seen, who = linux.pipewire, ", ".join(map(str, needed))
    if not (seen.is_installed or seen.is_running):
        found = (
            f"not installed; {who} finds cameras by it alone" if who else "not installed; no application here needs it"
        )
        return _weighed(bool(who), found, packages.install(linux, "PipeWire"))
    if not seen.is_running:
        found = f"installed, not running{f'; {who} needs it' if who else ''}"
        start = Mend((("systemctl", "--user", "start", "pipewire.socket", "wireplumber"),), is_safe=True)
        return _weighed(bool(who), found, start)
    if not seen.has_session_manager:
        found = "running, but WirePlumber is not: nothing connects cameras and programs"
        return Finding(
            "PipeWire", "warning", found, Mend((("systemctl", "--user", "start", "wireplumber"),), is_safe=True)
        )
    if not seen.has_portal:
        found = f"running; the camera portal is not{f', and {who} needs it' if who else ''}"
        return _weighed(bool(who), found, packages.install(linux, "the camera portal"))
    cameras = "" if seen.has_camera is None else f", the portal has {'a' if seen.has_camera else 'no'} camera"
    return Finding("PipeWire", "ok", f"PipeWire, WirePlumber and portal run{cameras}")


def _weighed(is_needed: bool, found: str, mend: Mend) -> Finding:
    """What no application here needs is no fault."""
    return Finding("PipeWire", "warning", found, mend) if is_needed else Finding("PipeWire", "ok", found)


def _consent(seen: PipeWire) -> Iterator[Finding]:
    """A stored 'no' is final: nobody asks again, and Chromium waits for ever."""
    if seen.consent is None:
        return
    denied = [application for application, answer in seen.consent if answer == "no"]
    for each in denied:
        who = each or "all programs without a sandbox (browsers from packages, too)"
        forget = ("busctl", "--user", "call", _STORE, f"/{_STORE.replace('.', '/')}", _STORE)
        mend = Mend(
            ((*forget, "DeletePermission", "sss", "devices", "camera", each),), advice="they ask again", is_safe=True
        )
        yield Finding("camera consent", "warning", f"the portal refuses cameras to {who}: somebody once said no", mend)
    if not denied:
        allowed = ", ".join(each or "programs without a sandbox" for each, _ in seen.consent)
        yield Finding("camera consent", "ok", f"given to {allowed}" if allowed else "not asked yet")


def takes(program: Program, linux: Linux) -> str:
    """'V4L2' (v4l2loopback's cameras), 'PipeWire', 'both', or '' for none, as the program is set without changes."""
    if program.name in _BOTH:
        return "both" if program.sees_devices is not False else "PipeWire"
    is_fedora = linux.distribution == "fedora" and packages.major(linux.version) >= FIRST_PIPEWIRE_FEDORA
    if program.name == "Firefox" and is_fedora and program.packaging == "system":
        return "PipeWire"
    return "V4L2" if program.sees_devices is not False else ""


def applications(state: SystemState) -> Iterator[Finding]:
    """Which browsers and call applications will see livebg; those that will not, each with a finding of its own."""
    linux = state.linux
    if linux is None:
        return
    groups: dict[str, list[str]] = {}
    for each in linux.programs:
        way = takes(each, linux)
        if way in _LISTED:
            groups.setdefault(_LISTED[way], []).append(str(each))
        else:
            yield _shut_out(each)
    if groups:
        told = [f"{', '.join(names)}: {listed}" for listed, names in groups.items()]
        yield Finding("applications", "ok", "; ".join(told))
    elif not linux.programs:
        yield Finding("applications", "ok", "no browser or call application known to livebg is installed")


def _shut_out(program: Program) -> Finding:
    found = "its sandbox lets it see no camera device"
    if program.packaging == "snap":
        mend = Mend((("snap", "connect", f"{program.package}:camera"),), needs_root=True, is_safe=True)
    else:
        mend = Mend((("flatpak", "override", "--user", "--device=all", program.package),), advice="then start it anew")
    return Finding(str(program), "warning", found, mend)


def screen(state: SystemState) -> Iterator[Finding]:
    """Whether the preview window can open."""
    if not state.screen_problem:
        linux = state.linux
        if linux is None:
            yield Finding("screen", "ok", "the preview window can open")
        else:
            through = f"X11 {linux.display}" + (", Xwayland" if linux.wayland else "")
            yield Finding("screen", "ok", f"the preview window can open ({through})")
        return
    if "Xwayland" in state.screen_problem and state.linux is not None:
        names = {"apt": "xwayland", "dnf": "xorg-x11-server-Xwayland", "pacman": "xorg-xwayland", "zypper": "xwayland"}
        mend = packages.install(state.linux, also=names.get(state.linux.packager, ""))
        yield Finding("screen", "warning", state.screen_problem, Mend(mend.steps, mend.needs_root, "then log in again"))
    elif "headless" in state.screen_problem:
        mend = Mend(advice="pip uninstall opencv-python-headless, then pip install opencv-python")
        yield Finding("screen", "warning", "opencv-python-headless has no windows", mend)
    else:
        yield Finding("screen", "ok", f"no preview window: {state.screen_problem}; virtual camera and files do without")
