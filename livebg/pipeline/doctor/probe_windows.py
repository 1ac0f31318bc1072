"""Windows: the virtual cameras that livebg can write, and who may use cameras; all from the registry."""

from __future__ import annotations

import shutil
import sys

from livebg.pipeline.doctor.probing import user_name
from livebg.pipeline.doctor.state import User
from livebg.pipeline.doctor.state_systems import Windows

# Classes that the installers register, as pyvirtualcam looks for them.
OBS = r"CLSID\{A3FCE0F5-3493-419F-958A-ABA1250EC20B}"
UNITY_CAPTURE = r"CLSID\{5C2CD55C-92AD-4999-8666-912BD3E70010}"
CONSENT = r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\webcam"
POLICY = r"Software\Policies\Microsoft\Windows\AppPrivacy"
_DENIED_BY_POLICY = 2

if sys.platform == "win32":
    import winreg

    def windows() -> Windows:
        """One look at the registry."""
        return Windows(
            has_obs_camera=_has(winreg.HKEY_CLASSES_ROOT, OBS),
            has_unity_capture=_has(winreg.HKEY_CLASSES_ROOT, UNITY_CAPTURE),
            has_winget=shutil.which("winget") is not None,
            camera_consent=_consent(),
            camera_users=tuple(_users()),
        )

    def user() -> User:
        """This user; installers ask for an administrator's rights by themselves."""
        return User(user_name(), is_on_windows=True)

    def _has(root: int, path: str) -> bool:
        try:
            with winreg.OpenKey(root, path):
                return True
        except OSError:
            return False

    def _value(root: int, path: str, name: str) -> object:
        try:
            with winreg.OpenKey(root, path) as key:
                return winreg.QueryValueEx(key, name)[0]
        except OSError:
            return None

    def _consent() -> str:
        if _value(winreg.HKEY_LOCAL_MACHINE, POLICY, "LetAppsAccessCamera") == _DENIED_BY_POLICY:
            return "policy"
        roots = (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER)
        if any(_value(each, CONSENT, "Value") == "Deny" for each in roots):
            return "all"
        is_denied = _value(winreg.HKEY_CURRENT_USER, rf"{CONSENT}\NonPackaged", "Value") == "Deny"
        return "desktop" if is_denied else ""

    def _users() -> list[str]:
        """Programs whose use of a camera has not ended: desktop programs, by file, and those of the store. Without the
        Python of this livebg: a running one may use the camera."""
        own = {each.lower().replace("\\", "#") for each in (sys.executable, getattr(sys, "_base_executable", ""))}
        found = []
        for folder in (rf"{CONSENT}\NonPackaged", CONSENT):
            for each in _keys(folder):
                if (
                    each.lower() not in own
                    and _value(winreg.HKEY_CURRENT_USER, rf"{folder}\{each}", "LastUsedTimeStop") == 0
                ):
                    found.append(each.rpartition("#")[2])
        return found

    def _keys(path: str) -> list[str]:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
                return [winreg.EnumKey(key, at) for at in range(winreg.QueryInfoKey(key)[0])]
        except OSError:
            return []
