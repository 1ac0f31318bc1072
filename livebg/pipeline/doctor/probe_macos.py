"""macOS: OBS' virtual camera, and whether this terminal may use cameras."""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path

from livebg.pipeline.doctor.probing import answer
from livebg.pipeline.doctor.state_systems import MacOS

_APPLICATIONS = (Path("/Applications/OBS.app"), Path("~/Applications/OBS.app"))
_PLUGIN = Path("/Library/CoreMediaIO/Plug-Ins/DAL/obs-mac-virtualcam.plugin")  # OBS up to 29
_EXTENSION = "com.obsproject.obs-studio.mac-camera-extension"  # OBS 30 and later
_CONSENT = ("not asked", "restricted", "denied", "authorized")  # AVAuthorizationStatus


def macos() -> MacOS:
    """Asks no question that the user would see."""
    return MacOS(
        has_obs=any(each.expanduser().exists() for each in _APPLICATIONS),
        has_obs_plugin=_PLUGIN.exists(),
        obs_extension=extension(answer("systemextensionsctl", "list")[1]),
        has_brew=shutil.which("brew") is not None,
        camera_consent=_consent(),
    )


def extension(listed: str) -> str:
    """'enabled', 'waiting' or '', from what `systemextensionsctl list` says."""
    lines = [each for each in listed.splitlines() if _EXTENSION in each]
    if any("activated enabled" in each for each in lines):
        return "enabled"
    return "waiting" if any("waiting for user" in each for each in lines) else ""


def _consent() -> str:
    """AVFoundation's answer, through the Objective-C runtime; '' where it does not load."""
    try:
        foundation = ctypes.CDLL("/System/Library/Frameworks/AVFoundation.framework/AVFoundation")
        runtime = ctypes.CDLL("/usr/lib/libobjc.A.dylib")
        video = ctypes.c_void_p.in_dll(foundation, "AVMediaTypeVideo")
        for name in ("objc_getClass", "sel_registerName"):
            getattr(runtime, name).restype, getattr(runtime, name).argtypes = ctypes.c_void_p, [ctypes.c_char_p]
        device = runtime.objc_getClass(b"AVCaptureDevice")
        selector = runtime.sel_registerName(b"authorizationStatusForMediaType:")
        send = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        status = send(("objc_msgSend", runtime))(device, selector, video)
    except (OSError, ValueError, AttributeError):
        return ""
    return _CONSENT[status] if 0 <= status < len(_CONSENT) else ""
