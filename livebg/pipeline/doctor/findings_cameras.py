"""Cameras and the virtual cameras of Windows and macOS: which there are, who uses them, who forbids them."""

from __future__ import annotations

from collections.abc import Iterator

from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.findings_loopback import given, joining_video
from livebg.pipeline.doctor.state import Camera, SystemState, User
from livebg.pipeline.doctor.state_systems import MacOS, Windows

_START_OBS = "start OBS's virtual camera once, stop it and close OBS"
_WINDOWS_PRIVACY = Mend((("start", "ms-settings:privacy-webcam"),))
_MACOS_PRIVACY = Mend((("open", "x-apple.systempreferences:com.apple.preference.security?Privacy_Camera"),))


def cameras(state: SystemState) -> Iterator[Finding]:
    """One finding for each camera, or why there is none."""
    if state.cameras is None:
        yield Finding(
            "camera", "unknown", f"cameras cannot be listed: {state.problem('cameras') or state.problem('devices')}"
        )
        return
    real = [each for each in state.cameras if not each.is_virtual]
    if not real:
        yield _none(state)
    for each in real:
        yield _camera(each, state.user)


def _none(state: SystemState) -> Finding:
    linux = state.linux
    if linux is not None and linux.container:
        found = f"none in this container ({linux.container}), which sees only what it is given"
        return Finding("camera", "error", found, Mend(advice="start the container with --device /dev/video0"))
    if linux is not None and linux.is_wsl:
        return Finding("camera", "error", "none: Windows' Linux (WSL) has none", Mend(advice="use livebg on Windows"))
    found = "none" if not state.cameras else "none but virtual ones, which other programs feed"
    return Finding(
        "camera", "error", found, Mend(advice="plug one in; a key or shutter on the computer may switch it off")
    )


def _camera(camera: Camera, user: User) -> Finding:
    name = f"{camera.path} ({camera.name})" if camera.path else camera.name
    if not camera.is_there:
        return Finding(name, "error", "the system has it, this container does not", given(camera.path))
    if not camera.may_open:
        return Finding(name, "error", "this user may not open it", joining_video(user))
    streaming = [each for each in camera.users if each.is_streaming]
    if camera.problem and streaming:
        who = ", ".join(map(str, streaming))
        if any(each.name == "livebg" for each in streaming):
            return Finding(name, "ok", f"{who} uses it")
        mend = Mend((("kill", *(str(each.pid) for each in streaming)),), advice="or close the camera there")
        return Finding(name, "error", f"{who} uses it", mend)
    if camera.problem:
        what, _, following = camera.problem.partition("; ")
        return Finding(name, "error", what, Mend(advice=following))
    return Finding(name, "ok", "free")


def windows(state: SystemState) -> Iterator[Finding]:
    """The virtual camera and the camera's permission on Windows."""
    seen = state.windows
    if seen is None:
        return
    yield _windows_virtual_camera(seen)
    if seen.camera_users:
        who = ", ".join(seen.camera_users)
        yield Finding(
            "camera use", "warning", f"{who} uses a camera", Mend(advice="end it: a camera serves one program")
        )
    blocked = {
        "all": "Windows lets no program use cameras",
        "desktop": "Windows lets no desktop program use cameras",
        "policy": "a policy of this computer's administrator forbids cameras",
    }.get(seen.camera_consent)
    if blocked is None:
        yield Finding("camera permission", "ok", "desktop programs may use cameras")
    elif seen.camera_consent == "policy":
        yield Finding("camera permission", "error", blocked, Mend(advice="ask the administrator"))
    else:
        yield Finding("camera permission", "error", blocked, _WINDOWS_PRIVACY)


def _windows_virtual_camera(seen: Windows) -> Finding:
    there = [
        name for name, is_there in (("OBS", seen.has_obs_camera), ("Unity Capture", seen.has_unity_capture)) if is_there
    ]
    if there:
        return Finding("virtual camera", "ok", f"that of {' and '.join(there)}")
    if seen.has_winget:
        mend = Mend(
            (("winget", "install", "--exact", "--id", "OBSProject.OBSStudio"),), advice=_START_OBS, is_safe=True
        )
    else:
        mend = Mend(advice=f"install OBS Studio (obsproject.com), then {_START_OBS}")
    return Finding("virtual camera", "error", "neither OBS Studio's nor Unity Capture's is installed", mend)


def macos(state: SystemState) -> Iterator[Finding]:
    """The virtual camera and the camera's permission on macOS."""
    seen = state.macos
    if seen is None:
        return
    yield _macos_virtual_camera(seen)
    name = "camera permission"
    if seen.camera_consent in ("denied", "restricted"):
        found = f"macOS does not let this terminal use cameras ({seen.camera_consent})"
        yield Finding(name, "error", found, _MACOS_PRIVACY)
    elif seen.camera_consent == "not asked":
        yield Finding(name, "ok", "not asked yet: macOS asks when livebg first opens the camera")
    elif seen.camera_consent == "authorized":
        yield Finding(name, "ok", "this terminal may use cameras")
    else:
        yield Finding(name, "unknown", "macOS did not say whether this terminal may use cameras", _MACOS_PRIVACY)


def _macos_virtual_camera(seen: MacOS) -> Finding:
    name = "virtual camera"
    if seen.obs_extension == "enabled" or seen.has_obs_plugin:
        return Finding(name, "ok", "that of OBS")
    if seen.obs_extension == "waiting":
        mend = Mend((("open", "x-apple.systempreferences:com.apple.LoginItems-Settings.extension"),), advice="allow it")
        return Finding(name, "error", "OBS's camera extension waits until you allow it", mend)
    if seen.has_obs:
        start = Mend((("open", "-a", "OBS"),), advice=_START_OBS)
        return Finding(name, "error", "OBS is installed, its virtual camera was never started", start)
    if seen.has_brew:
        return Finding(
            name,
            "error",
            "OBS Studio is not installed",
            Mend((("brew", "install", "--cask", "obs"),), advice=_START_OBS, is_safe=True),
        )
    return Finding(
        name, "error", "OBS Studio is not installed", Mend(advice=f"install it (obsproject.com), {_START_OBS}")
    )
