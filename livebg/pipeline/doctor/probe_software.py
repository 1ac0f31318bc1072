"""What livebg stands on, alike on every system: packages, OpenCV, sound, encoders, settings file, disks, screen."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

from livebg.core.errors import LivebgError, SettingsError, reason_of
from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.settings_file import load_file
from livebg.core.user_folders import cache_folder
from livebg.pipeline.doctor.state import Codec, Disk, Package, SettingsState
from livebg.pipeline.inventory import settings_file

CODECS = ("h264", "h265", "vp9", "av1")


def settings(path: Path | None = None) -> tuple[SettingsState, Settings]:
    """The user's settings file, and what is in force; the defaults where it cannot be read."""
    path = path or settings_file()
    if not os.path.lexists(path):
        return SettingsState(str(path)), Settings()
    try:
        values = change(Settings(), load_file(path))
    except SettingsError as cause:
        return SettingsState(str(path), is_there=True, problem=str(cause).removeprefix("settings file ")), Settings()
    return SettingsState(str(path), True, "", values.device, values.engine), values


def packages() -> tuple[Package, ...] | None:
    """Those that livebg needs on this system, without its extras."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = [Requirement(each) for each in importlib.metadata.requires("livebg") or ()]
    except (importlib.metadata.PackageNotFoundError, InvalidRequirement):
        return None
    needed = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    return tuple(_package(each.name, each) for each in sorted(needed, key=lambda each: each.name))


def _package(name: str, wanted: object) -> Package:
    from packaging.requirements import Requirement

    assert isinstance(wanted, Requirement)
    for candidate in (name, f"{name}-headless"):  # opencv-python-headless serves as well
        try:
            version = importlib.metadata.version(candidate)
        except importlib.metadata.PackageNotFoundError:
            continue
        return Package(candidate, version, str(wanted.specifier), wanted.specifier.contains(version, prereleases=True))
    return Package(name, "", str(wanted.specifier), False)


def opencv(problems: dict[str, str]) -> None:
    """Whether it loads."""
    try:
        load_opencv()
    except LivebgError as cause:
        problems["opencv"] = str(cause)


def microphones(problems: dict[str, str]) -> tuple[str, ...] | None:
    """Their names; None with a reason where PortAudio is missing."""
    from livebg.capture.microphone import list_microphones

    try:
        return tuple(each.name for each in list_microphones())
    except LivebgError as cause:
        problems["microphones"] = str(cause)
        return None


def codecs(problems: dict[str, str]) -> tuple[Codec, ...] | None:
    """Encoders in software, and those in hardware that truly encode here."""
    try:
        import av

        from livebg.media.video import encoders
    except ImportError as cause:
        problems["codecs"] = reason_of(cause)
        return None
    found = []
    for each in CODECS:
        software = encoders.software(each).name
        try:
            av.Codec(software, "w")
        except ValueError:
            software = ""
        hardware = [one.name for one in encoders.hardware(each, encoders.USUAL_QUALITY) if encoders.is_working(one)]
        found.append(Codec(each, software, next(iter(hardware), "")))
    return tuple(found)


def screen(problems: dict[str, str]) -> str:
    """Why no preview window can open; '' if it can."""
    if "opencv" in problems:
        return "OpenCV does not load"
    from livebg.sinks.preview.display import why_no_screen

    return why_no_screen()


def disks(problems: dict[str, str]) -> tuple[Disk, ...]:
    """Where recordings, models and livebg's own caches go; one for each file system."""
    from huggingface_hub import constants

    places = {"models": Path(constants.HF_HUB_CACHE)}
    try:
        places = {"recordings": Path.cwd(), **places, "caches": cache_folder()}
    except OSError as cause:
        problems["folder"] = f"the current folder is gone: {reason_of(cause)}"
    except LivebgError as cause:
        problems["home"] = str(cause)
    found: dict[tuple[int, bool], Disk] = {}
    for use, path in places.items():
        disk = _disk(use, path)
        key = os.stat(disk.path).st_dev, disk.is_writable
        earlier = found.get(key)
        found[key] = (
            disk if earlier is None else Disk(f"{earlier.use}, {use}", earlier.path, earlier.free_bytes, key[1])
        )
    return tuple(found.values())


def _disk(use: str, path: Path) -> Disk:
    """Of a folder that need not exist yet."""
    from livebg.media.free_space import free_bytes

    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.is_dir())
    return Disk(use, str(there), free_bytes(there / "file"), os.access(there, os.W_OK))
