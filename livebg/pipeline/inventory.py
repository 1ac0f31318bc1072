"""Lists what this machine has, as lines of text: devices, backgrounds, models, the settings file's place."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livebg.core import libraries
from livebg.core.errors import BackgroundError, SettingsError, SourceError
from livebg.core.opencv import load_opencv
from livebg.core.plugins import plugins
from livebg.core.settings import Settings, change
from livebg.core.types import EndOfSource, Image
from livebg.core.user_folders import config_folder

if TYPE_CHECKING:
    from livebg.capture.camera.devices import Mode

log = logging.getLogger(__name__)

PICTURES, SPACING_S = 16, 0.5  # to fit and to judge an int8 form
FEWEST = 4


def settings_file() -> Path:
    """The path of the user's settings file."""
    return config_folder() / "settings.toml"


def devices() -> list[str]:
    """Cameras with names, sizes and rates, microphones, virtual cameras, then outputs that plug-ins bring."""
    load_opencv()
    from livebg.capture.camera.devices import list_cameras
    from livebg.sinks.virtual_camera.devices import list_virtual_cameras

    cameras, lines = list_cameras(), ["cameras:"]
    for camera in (each for each in cameras if not each.is_virtual):
        lines.append(f"  {camera.index}  {camera}")
        lines += [f"       {size}  {', '.join(formats)}" for size, formats in _modes_by_size(camera.modes).items()]
    if sys.platform == "linux":
        from livebg.capture.camera.pipewire import list_pipewire_cameras

        lines += [f"  pipewire:{each.description}" for each in list_pipewire_cameras()]
    lines += ["  none found"] if len(lines) == 1 else []
    virtual = {each.device: str(each) for each in list_virtual_cameras()}
    for camera in (each for each in cameras if each.is_virtual):  # a program writes to it now
        place = camera.path or str(camera)
        name = virtual.get(place, f"{place} ({camera.name})" if camera.path else place)
        virtual[place] = f"{name}, a program writes to it: --camera {camera.index} reads it"
    return [
        *lines,
        "microphones:",
        *_microphones(),
        "virtual cameras:",
        *_virtual_cameras(list(virtual.values())),
        *_outputs_of_plugins(),
    ]


def _outputs_of_plugins() -> list[str]:
    lines = [f"  {each.name}[:REST]  {each.package}: --to {each.name}" for each in plugins("sink")]
    return ["outputs of plug-ins:", *lines] if lines else []


def _virtual_cameras(lines: list[str]) -> list[str]:
    from livebg.sinks.virtual_camera.devices import set_up_hint
    from livebg.sinks.virtual_camera.every import why_no_pipewire

    hint = set_up_hint()
    if sys.platform == "linux":
        reason = why_no_pipewire()
        hint = f"{reason}; or, as root, with v4l2loopback: {hint}"
        lines = lines if reason else ["livebg (PipeWire): --to virtual-camera:pipewire", *lines]
    return [f"  {each}" for each in lines] or [f"  none found; {hint}"]


def _microphones() -> list[str]:
    from livebg.capture.microphone import list_microphones

    try:
        found = list_microphones()
    except SourceError as cause:
        return [f"  cannot be listed: {cause}"]
    lines = [
        f"  {each.index}  {each.name}, {each.channels} channel{'s' * (each.channels != 1)}, {each.rate_hz} Hz"
        + ", default" * each.is_default
        for each in found
    ]
    return lines or ["  none found"]


def _modes_by_size(modes: Sequence[Mode]) -> dict[str, list[str]]:
    """'1280x720' → ['MJPG 30 fps', 'YUYV 10 fps'], largest size first."""
    by_size: dict[str, list[str]] = {}
    for mode in sorted(modes, key=lambda each: -each.width * each.height):
        rate = f" {mode.fps:.4g} fps" if mode.fps else ""
        by_size.setdefault(f"{mode.width}x{mode.height}", []).append(f"{mode.pixel_format}{rate}")
    return by_size


def backgrounds(settings: Settings) -> list[str]:
    """Every background that --background can name; marks unreadable files of the user."""
    load_opencv()
    from livebg.scene.backgrounds.catalog import list_backgrounds

    rows = []
    for each in list_backgrounds(settings.background_folder):
        try:
            size = "{}x{}".format(*each.size_px())
        except BackgroundError:
            size = "unreadable"
        rows.append((each.name, each.kind + (", yours" if each.is_own else ""), size, str(each.path)))
    rows += [(f"{each.name}[:REST]", "plug-in", "any", each.package) for each in plugins("background")]
    also = "also: a colour (#rrggbb or a name), blur, blur:STRENGTH, none, or the path of a picture, video or GIF"
    return [*table(("NAME", "KIND", "SIZE", "FILE"), rows), also]


def models(settings: Settings) -> list[str]:
    """Every engine with its licence, size and cached file."""
    from livebg.models import list_engines

    rows = [
        (each.name, f"{each.megabytes:g} MB", each.weights, each.licence, str(each.cached or "not fetched"))
        for each in list_engines(settings.model)
    ]
    rows += [(each.name, "?", each.package, "its own", "plug-in") for each in plugins("engine")]
    lacking = libraries.missing()
    advice = [f"rmbg: {', '.join(lacking)} not installed; to install: {libraries.command(lacking)}"] if lacking else []
    return [*table(("ENGINE", "SIZE", "FROM", "LICENCE", "CACHED"), rows), *advice]


def fetch_model(name: str, settings: Settings) -> list[str]:
    from livebg.models import fetch_model

    return [f"{name}: {path}" for path in fetch_model(name, settings.model)]


def quantise_model(name: str, settings: Settings, clip: str) -> list[str]:
    """Makes the int8 form of rmbg's network, fitted to PICTURES from the clip and judged on every other one."""
    load_opencv()
    from livebg.models import quantise_model

    if name != "rmbg":
        raise SettingsError(f"only rmbg can be quantised, not {name!r}: the selfie network takes 3 ms as it is")
    libraries.check(libraries.ONLY_FOR_RMBG)
    if not clip:
        raise SettingsError("quantise needs --calibrate CLIP: a few seconds of you before your camera")
    pictures = _pictures_of(change(settings, {"source": clip, "pace": "every-frame"}))
    if len(pictures) < FEWEST:
        raise SettingsError(f"{clip} is too short to quantise with: give a video of {PICTURES * SPACING_S:g} s")
    log.info("quantising rmbg with %d pictures; this takes half a minute or more", len(pictures))
    return quantise_model(settings, pictures)


def _pictures_of(settings: Settings) -> list[Image]:
    """At most PICTURES from the source's beginning, BGR uint8 (H, W, 3), SPACING_S apart. Raises SourceError."""
    from livebg.capture import open_source

    source, taken, due_s = open_source(settings), list[Image](), 0.0
    try:
        while len(taken) < PICTURES:
            frame = source.read(1.0)
            if frame is not None and frame.media_time_s >= due_s:
                taken.append(frame.image)
                due_s = frame.media_time_s + SPACING_S
    except EndOfSource:
        pass
    finally:
        source.close()
    return taken


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns as wide as necessary."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]
