"""Every knob of livebg, declared once: default, range, unit, help, and whether it applies live or at restart.

The command line, the settings file, the window's keys and the README's table are all made from this. Knows
nothing about what a knob does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from livebg.errors import SettingsError
from livebg.knob import Knob, checked


def _knob(default: Any, help: str, group: str, **rest: Any) -> Any:
    return field(default=default, metadata={"knob": Knob(help, group, **rest)})


@dataclass(frozen=True, slots=True)
class Settings:
    """One immutable set of values; a change is a new Settings, swapped whole."""

    camera: str = _knob("0", "camera by index, part of its name, or device path", "source", metavar="CAMERA")
    source: str = _knob(
        "", "instead of a camera: a video file, stream URL, picture, or 'synthetic'", "source", metavar="SOURCE"
    )
    pace: str = _knob(
        "own",
        "'own': a file plays at its own speed and frames are dropped when we are slow, as a camera would; "
        "'every-frame': each frame in turn, none dropped",
        "source",
        choices=("own", "every-frame"),
    )
    size: str = _knob("1280x720", "picture size asked of the camera", "source", metavar="WxH", is_size=True)
    fps: float = _knob(30.0, "frame rate asked of the camera", "source", low=1, high=240, unit="fps")
    pixel_format: str = _knob(
        "auto", "pixel format asked of the camera", "source", choices=("auto", "MJPG", "YUYV", "NV12")
    )
    seconds: float = _knob(0.0, "stop after this time (0: run until stopped)", "source", low=0, high=604800, unit="s")

    engine: str = _knob("auto", "matting engine", "matte", choices=("auto", "rmbg", "selfie"))
    model: str = _knob(
        "briaai/RMBG-1.4", "hub repository of the rmbg engine's weights, same network", "matte", metavar="REPO"
    )
    weights: str = _knob("", "weights of the rmbg engine from a local file or folder", "matte", metavar="PATH")
    matte_size: int = _knob(
        0,
        "short side at which the rmbg network looks at the picture",
        "matte",
        low=64,
        high=2160,
        unit="px",
        zero="chosen live",
    )
    stride: int = _knob(
        0,
        "the network looks at every n-th frame, the others get its matte carried along with the motion",
        "matte",
        low=1,
        high=12,
        unit="frames",
        zero="chosen live",
        is_live=True,
    )
    latency: str = _knob(
        "lowest",
        "'lowest': the newest frame, with a carried matte where the network is slower than the camera; 'matched': the "
        "picture some frames late (said at start), with mattes from before and after it",
        "matte",
        choices=("lowest", "matched"),
    )
    max_cpu: float = _knob(
        0.0,
        "how much of all processor cores livebg may take",
        "matte",
        low=5,
        high=100,
        unit="%",
        zero="no limit",
        is_live=True,
    )
    still_gate: bool = _knob(True, "skip the network while nothing moves in the picture", "matte", is_live=True)
    selfie_model: str = _knob(
        "auto",
        "the selfie engine's network; auto: landscape for wide pictures, else square",
        "matte",
        choices=("auto", "landscape", "square"),
    )
    device: str = _knob(
        "auto",
        "where the network runs; the Intel ones through OpenVINO",
        "matte",
        choices=("auto", "cuda", "mps", "intel-gpu", "intel-npu", "cpu"),
    )
    precision: str = _knob(
        "auto",
        "in which numbers the rmbg network computes; auto: the fastest here whose matte stays that of f32",
        "matte",
        choices=("auto", "f32", "f16", "bf16", "int8"),
    )
    runtime: str = _knob(
        "auto",
        "what runs the rmbg network on the CPU; torch is the reference",
        "matte",
        choices=("auto", "openvino", "torch"),
    )
    smoothing: float = _knob(
        0.9, "steadiness of the matte where nothing moves (0: off)", "matte", low=0, high=1, is_live=True
    )
    edges: str = _knob(
        "guided",
        "how the small matte is brought to full size: guided by the picture, or plain (bilinear)",
        "matte",
        choices=("guided", "plain"),
        is_live=True,
    )

    background: str = _knob(
        "studio-warm",
        "picture, video or GIF file, a name from 'livebg backgrounds', a colour, blur, blur:STRENGTH (0 to 100, blur "
        "is 50), or none",
        "background",
        metavar="WHAT",
        is_live=True,
    )
    background_fit: str = _knob(
        "cover",
        "how a picture of another shape fills the frame",
        "background",
        choices=("cover", "contain", "stretch", "tile"),
        is_live=True,
    )
    background_folder: str = _knob(
        "", "a folder of your own backgrounds, listed beside livebg's", "background", metavar="FOLDER"
    )

    to: tuple[str, ...] = _knob(
        (),
        "where composites go: virtual-camera[:DEVICE], window, or a file (.mp4 .mkv .mov .webm .png .jpg); repeatable; "
        "virtual-camera if neither this nor --matte-to is given",
        "outputs",
        metavar="WHERE",
    )
    matte_to: str = _knob(
        "", "also record the full-size alpha: .mkv (lossless FFV1) or .png", "outputs", metavar="FILE"
    )
    mirror_preview: bool = _knob(False, "mirror the preview window (never the outputs)", "outputs")
    force: bool = _knob(False, "overwrite existing files", "outputs")

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, checked(option_name(name), KNOBS[name], TYPES[name], getattr(self, name)))

    @property
    def frame_size(self) -> tuple[int, int]:
        """(width, height) asked of the camera, px."""
        width, height = self.size.split("x")
        return int(width), int(height)


TYPES: Mapping[str, Any] = get_type_hints(Settings)
KNOBS: Mapping[str, Knob] = {each.name: each.metadata["knob"] for each in fields(Settings)}


def option_name(name: str) -> str:
    """'matte_size' → '--matte-size'."""
    return "--" + name.replace("_", "-")


def load_file(path: Path) -> dict[str, Any]:
    """The values a TOML settings file gives, by setting name (dashes or underscores). Raises SettingsError."""
    try:
        with path.open("rb") as stream:
            values = tomllib.load(stream)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise SettingsError(f"settings file {path} is not valid TOML: {cause}") from cause
    except OSError as cause:
        raise SettingsError(f"settings file {path} cannot be read: {cause.strerror}") from cause
    known = {name.replace("-", "_"): value for name, value in values.items()}
    try:
        change(Settings(), known)
    except SettingsError as cause:
        raise SettingsError(f"settings file {path}: {cause}") from cause
    return known


def change(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """A new Settings with these values; raises SettingsError and changes nothing if one is not allowed."""
    unknown = sorted(set(values) - set(KNOBS))
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(KNOBS))}")
    return replace(settings, **values)
