"""What livebg stands on, alike on every system: packages, OpenCV, sound, encoders, settings file, disks, screen."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
from pathlib import Path

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.settings_file import load_file
from livebg.core.user_folders import cache_folder, config_folder
from livebg.pipeline.doctor.state import Codec, Disk, Package, PluginState, SettingsState

CODECS = ("h264", "h265", "vp9", "av1")


def settings(path: Path | None = None) -> tuple[SettingsState, Settings]:
    """The user's settings file, and what is in force; the defaults where it cannot be read."""
    path = path or config_folder() / "settings.toml"
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


def opencv() -> None:
    """Raises LivebgError where it does not load."""
    load_opencv()


def microphones() -> tuple[str, ...]:
    """Their names. Raises SourceError, where PortAudio is missing, too."""
    from livebg.capture.microphone import list_microphones

    return tuple(each.name for each in list_microphones())


def codecs() -> tuple[Codec, ...]:
    """Encoders in software, and those in hardware that truly encode here. Raises ImportError without PyAV."""
    import av

    from livebg.media.video import encoders

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


def plugins() -> tuple[PluginState, ...]:
    """Those of other packages; each is loaded, none opened."""
    from livebg.core import plugins

    found = []
    for each in (one for kind in plugins.KINDS for one in plugins.plugins(kind)):
        problem = ""
        try:
            each.load(LivebgError)
        except LivebgError as failure:
            problem = str(failure)
        found.append(PluginState(each.kind, each.name, each.package, problem))
    return tuple(found)


def screen() -> str:
    """Why no preview window can open; '' if it can."""
    try:
        load_opencv()
    except LivebgError:
        return "OpenCV does not load"
    from livebg.sinks.preview.display import why_no_screen

    return why_no_screen()


def disks() -> tuple[Disk, ...]:
    """Where recordings, models and livebg's own caches go; one for each file system."""
    places = dict[str, Path]()
    with contextlib.suppress(ImportError):  # only rmbg needs it, so an installation may leave it out
        from huggingface_hub import constants

        places["models"] = Path(constants.HF_HUB_CACHE)
    with contextlib.suppress(OSError):  # the current folder is gone: the command line says so at the end
        places = {"recordings": Path.cwd(), **places}
    with contextlib.suppress(LivebgError):  # no home folder, so no caches
        places["caches"] = cache_folder()
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
