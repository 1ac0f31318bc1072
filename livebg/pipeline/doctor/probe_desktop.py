"""Linux' desktop: PipeWire, portal, consent, and which browsers and call applications are installed.

Starts no application. The portal and the permission store are only asked.
"""

from __future__ import annotations

import configparser
import ctypes
import json
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from livebg.pipeline.doctor.probing import answer
from livebg.pipeline.doctor.state_systems import PipeWire, Program

_STORE = "org.freedesktop.impl.portal.PermissionStore"
_PORTAL = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Camera")
_FLATPAKS = (Path("/var/lib/flatpak"), Path("~/.local/share/flatpak"))
_SNAPS = Path("/snap"), Path("/var/lib/snapd/snap")
# Name; commands; identifiers in Flatpak; names in Snap.
_KNOWN = (
    ("Firefox", ("firefox", "firefox-esr"), ("org.mozilla.firefox",), ("firefox",)),
    ("Chromium", ("chromium", "chromium-browser"), ("org.chromium.Chromium",), ("chromium",)),
    ("Chrome", ("google-chrome", "google-chrome-stable"), ("com.google.Chrome",), ()),
    ("Brave", ("brave-browser", "brave"), ("com.brave.Browser",), ("brave",)),
    ("Edge", ("microsoft-edge", "microsoft-edge-stable"), ("com.microsoft.Edge",), ()),
    ("Vivaldi", ("vivaldi", "vivaldi-stable"), ("com.vivaldi.Vivaldi",), ("vivaldi",)),
    ("Zoom", ("zoom",), ("us.zoom.Zoom",), ("zoom-client",)),
    ("Teams", ("teams-for-linux",), ("com.github.IsmaelMartinez.teams_for_linux",), ("teams-for-linux",)),
    ("Slack", ("slack",), ("com.slack.Slack",), ("slack",)),
    ("Discord", ("discord", "Discord"), ("com.discordapp.Discord",), ("discord",)),
    ("Signal", ("signal-desktop",), ("org.signal.Signal",), ("signal-desktop",)),
    ("Element", ("element-desktop",), ("im.riot.Riot",), ("element-desktop",)),
    ("OBS", ("obs",), ("com.obsproject.Studio",), ("obs-studio",)),
)


def pipewire(own_programs: Collection[str]) -> PipeWire:
    """own_programs: those that this user runs; another session of the user's may have its own PipeWire."""
    has_bus = _has_session_bus()
    has_portal = has_bus and "xdg-desktop-portal" in own_programs
    is_running = _has_socket() and "pipewire" in own_programs
    return PipeWire(
        is_installed=_loads("libpipewire-0.3.so.0"),
        is_running=is_running,
        has_session_manager=is_running and bool({"wireplumber", "pipewire-media-session"} & set(own_programs)),
        has_portal=has_portal,
        has_camera=_portal_has_camera() if has_portal else None,
        consent=_consent() if has_bus else None,
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_socket() -> bool:
    """Where programs of this session find PipeWire."""
    folder = os.environ.get("PIPEWIRE_RUNTIME_DIR") or os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(folder) and os.path.exists(f"{folder}/{os.environ.get('PIPEWIRE_REMOTE') or 'pipewire-0'}")


def _has_session_bus() -> bool:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or bool(runtime and os.path.exists(f"{runtime}/bus"))


def _portal_has_camera() -> bool | None:
    status, said, _ = answer("busctl", "--user", "get-property", *_PORTAL, "IsCameraPresent")
    return said.strip() == "b true" if status == 0 else None


def _consent() -> tuple[tuple[str, str], ...] | None:
    place = (_STORE, f"/{_STORE.replace('.', '/')}", _STORE)
    status, said, error = answer(
        "busctl", "--user", "--json=short", "call", *place, "Lookup", "ss", "devices", "camera"
    )
    if status != 0:
        return () if "No entry" in error else None
    try:
        answers = json.loads(said)["data"][0]
        return tuple(sorted((str(application), str(given[0])) for application, given in answers.items() if given))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def programs() -> tuple[Program, ...]:
    """Those known above that are installed, in their order; each way of packaging is one."""
    return tuple(program for each in _KNOWN for program in _installed(*each))


def _installed(
    name: str, commands: tuple[str, ...], flatpaks: tuple[str, ...], snaps: tuple[str, ...]
) -> Iterator[Program]:
    snap = next((each for each in snaps if any(os.path.exists(folder / each / "current") for folder in _SNAPS)), "")
    if snap:
        yield Program(name, "snap", snap, _snap_sees_cameras(snap))
    elif any(shutil.which(each) for each in commands):  # Ubuntu's command firefox starts the snap
        yield Program(name)
    for each in flatpaks:
        metadata = [found for folder in _FLATPAKS if os.path.exists(found := _metadata(folder, each))]
        if metadata:
            yield Program(name, "flatpak", each, _flatpak_sees_cameras(each, metadata))


def _metadata(folder: Path, identifier: str) -> Path:
    return _home(folder) / "app" / identifier / "current" / "active" / "metadata"


def _home(folder: Path) -> Path:
    try:
        return folder.expanduser()
    except RuntimeError:  # a user without a home folder
        return Path(os.devnull)


def _snap_sees_cameras(snap: str) -> bool | None:
    """Whether its plug 'camera' is connected: INTERFACE PLUG SLOT NOTES, '-' for no slot."""
    status, said, _ = answer("snap", "connections", snap)
    rows = [each.split() for each in said.splitlines()]
    slots = [row[2] for row in rows if len(row) > 2 and row[1] == f"{snap}:camera"]
    return slots != ["-"] if status == 0 and slots else None


def _flatpak_sees_cameras(identifier: str, metadata: list[Path]) -> bool | None:
    """Whether its sandbox has all devices, by its metadata and what overrides them."""
    overrides = [_home(each) / "overrides" / name for each in _FLATPAKS for name in ("global", identifier)]
    sees = False
    for file in [*metadata, *overrides]:
        reader = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            reader.read(file)
        except (configparser.Error, OSError, UnicodeDecodeError):
            return None
        devices = reader.get("Context", "devices", fallback="").split(";")
        sees = (sees or "all" in devices) and "!all" not in devices
    return sees
