"""Every setting of livebg, declared once: default, range, unit, help, and whether it applies live or at restart.

The command line, the settings file, the window's keys and docs/settings.md all come from this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_type_hints

from livebg.core.errors import SettingsError
from livebg.core.option import Option, checked, did_you_mean, from_text, listed, seen


def _option(default: Any, help: str, group: str, **rest: Any) -> Any:
    return field(default=default, metadata={"option": Option(help, group, **rest)})


def _live(default: Any, help: str, group: str, **rest: Any) -> Any:
    """An option that applies at once."""
    return _option(default, help, group, is_live=True, **rest)


@dataclass(frozen=True, slots=True)
class Settings:
    """One immutable set of values; a change is a new Settings, swapped whole."""

    camera: str = _option(
        "auto",
        "camera by index, part of its name, device path, or pipewire[:NAME]; auto: the first that is no virtual camera",
        "source",
        is_common=True,
        metavar="CAMERA",
    )
    source: str = _option(
        "",
        "instead of a camera: a video file, the address of a stream, a picture, or 'synthetic'",
        "source",
        is_common=True,
        metavar="SOURCE",
    )
    pace: str = _option(
        "auto",
        "'auto': a live stream as 'live', all else as 'own'; 'own': at its own speed, and frames are dropped when we "
        "are slow, as a camera would; 'live': the newest picture of a stream as it comes, looked for again when lost; "
        "'every-frame': each frame in turn, none dropped",
        "source",
        choices=("auto", "own", "live", "every-frame"),
    )
    size: str = _option(
        "1280x720",
        "picture size requested from the camera",
        "source",
        is_common=True,
        metavar="WxH",
        is_size=True,
    )
    fps: float = _option(30.0, "frame rate requested from the camera", "source", low=1, high=240, unit="fps")
    pixel_format: str = _option(
        "auto", "pixel format requested from the camera", "source", choices=("auto", "MJPG", "YUYV", "NV12")
    )
    seconds: float = _option(
        0.0, "stop after this time (0: run until stopped)", "source", is_common=True, low=0, high=604800, unit="s"
    )
    always_on: bool = _live(
        False, "keep the camera and the engine on also while no program reads the virtual camera", "source"
    )
    show_camera: bool = _option(
        False, "for setting up: the camera's own picture, in a visible frame, to window and virtual camera", "source"
    )

    engine: str = _live(
        "auto",
        "matting engine; also the name of a plug-in's",
        "engine",
        is_common=True,
        choices=("auto", "rmbg", "selfie"),
        plugins="engine",
    )
    model: str = _live(
        "briaai/RMBG-1.4", "hub repository of the rmbg engine's weights, same network", "engine", metavar="REPO"
    )
    weights: str = _live("", "weights of the rmbg engine from a local file or folder", "engine", metavar="PATH")
    subject: str = _live(
        "auto",
        "what is foreground: 'people', 'anything' that stands out (a product, a pet; the rmbg engine only), or 'auto': "
        "people, and in a photo or a film without people anything",
        "engine",
        is_common=True,
        choices=("auto", "people", "anything"),
    )
    matte_size: int = _live(
        0, "short side at which the rmbg network looks", "engine", low=64, high=2160, unit="px", zero="chosen live"
    )
    stride: int = _live(
        0,
        "the network looks at every n-th frame; the frames between get its matte, moved with the motion in the picture",
        "engine",
        low=1,
        high=12,
        unit="frames",
        zero="chosen live",
    )
    latency: str = _option(
        "lowest",
        "'lowest': the newest frame, with an earlier matte, moved along, where the network is slower than the camera; "
        "'matched': the picture some frames late (said at start), with mattes from before and after it",
        "engine",
        choices=("lowest", "matched"),
    )
    max_cpu: float = _live(
        0.0, "how much of all processor cores livebg may take", "engine", low=5, high=100, unit="%", zero="no limit"
    )
    still_gate: bool = _live(True, "skip the network while nothing moves in the picture", "engine")
    selfie_model: str = _live(
        "auto",
        "the selfie engine's network; auto: landscape for wide pictures, else square",
        "engine",
        choices=("auto", "landscape", "square"),
    )
    device: str = _live(
        "auto",
        "where the network runs; the Intel ones through OpenVINO",
        "engine",
        choices=("auto", "cuda", "mps", "intel-gpu", "intel-npu", "cpu"),
    )
    precision: str = _live(
        "auto",
        "in which numbers the rmbg network computes; auto: the fastest here whose matte stays that of f32",
        "engine",
        choices=("auto", "f32", "f16", "bf16", "int8"),
    )
    runtime: str = _live(
        "auto",
        "what runs the rmbg network on the CPU; torch is the reference",
        "engine",
        choices=("auto", "openvino", "torch"),
    )
    closer_look: bool = _live(True, "the selfie engine looks once more, closely, at where the person is", "engine")
    people: str = _live(
        "all",
        "who is foreground: everybody, or only the person who was there first",
        "matte",
        is_common=True,
        choices=("all", "one"),
    )
    presence: bool = _live(True, "what is no person (a chair, a poster, a plant) stays background", "matte")
    plate: str = _option(
        "auto",
        "clean plate, a picture of the empty room that the matte is checked against: 'auto' learns it while nobody is "
        "there, 'off', or a file made by 'livebg plate'",
        "matte",
        is_common=True,
        metavar="auto|off|FILE",
    )
    smoothing: float = _live(
        0.9, "steadiness of the matte where nothing moves (0: off)", "matte", is_by_eye=True, low=0, high=1
    )
    colours: bool = _live(True, "the matte is corrected by the colours of the person and of the room nearby", "matte")
    edges: str = _live(
        "guided",
        "how the small matte is brought to full size: guided by the picture, or plain (bilinear)",
        "matte",
        choices=("guided", "plain"),
    )
    settle: bool = _live(True, "the full-size edge comes to rest where nothing moves", "matte")
    grow: float = _live(0.0, "moves the edge out (or in, below 0)", "edge", is_by_eye=True, low=-20, high=20, unit="px")
    feather: float = _live(
        0.0, "softens the edge over so many pixels", "edge", is_by_eye=True, low=0, high=50, unit="px"
    )
    level_low: float = _live(0.0, "alpha up to this becomes 0", "edge", low=0, high=0.95)
    level_high: float = _live(1.0, "alpha from this on becomes 1", "edge", low=0.05, high=1)
    gamma: float = _live(1.0, "bends the soft edge: below 1 more, above 1 less of it", "edge", low=0.2, high=5)

    foreground: str = _live(
        "estimated",
        "colours of soft edges: the person's own, estimated, or as the camera saw them, with the room in them (plain; "
        "with background none always estimated)",
        "picture",
        choices=("estimated", "plain"),
    )
    light_wrap: float = _live(
        0.0, "how much of the background's light falls on the edge", "picture", is_by_eye=True, low=0, high=1
    )
    colour_match: float = _live(
        0.0,
        "how far the person takes on colour and exposure of the background",
        "picture",
        is_by_eye=True,
        low=0,
        high=1,
    )
    low_light: float = _live(0.0, "lifts a person who sits in the dark", "picture", is_by_eye=True, low=0, high=1)
    auto_frame: bool = _live(False, "crops the picture so that it follows the person", "picture", is_common=True)
    auto_frame_zoom: float = _live(2.0, "how far auto_frame may enlarge", "picture", low=1, high=4, unit="times")

    background: str = _live(
        "studio-warm",
        "picture, video or GIF file, a name from 'livebg backgrounds', a colour, blur, blur:STRENGTH (0 to 100, blur "
        "is 50), none, or NAME[:REST] of a plug-in",
        "background",
        is_common=True,
        metavar="WHAT",
    )
    background_fit: str = _live(
        "cover",
        "how a picture of another shape fills the frame",
        "background",
        is_common=True,
        choices=("cover", "contain", "stretch", "tile"),
    )
    background_folder: str = _option(
        "",
        "a folder of your own backgrounds, listed beside livebg's; left out: where the panel puts what you add",
        "background",
        metavar="FOLDER",
    )
    standby: str = _option(
        "",
        "your own picture for the standby image, shown while no valid matte exists; else the background with a caption",
        "background",
        metavar="FILE",
    )
    away_after: float = _live(
        0.0,
        "when nobody is in the picture for so long, livebg shows the standby image 'back in a moment'",
        "background",
        is_by_eye=True,
        low=1,
        high=3600,
        unit="s",
        zero="never",
    )

    to: tuple[str, ...] = _option(
        (),
        "where composites go: virtual-camera[:pipewire, :DEVICE], window, a file (.mp4 .mkv .mov .webm .png .jpg), "
        "a server (rtmp://..., rtmps://..., rtsp://..., whip:https://...), NAME[:REST] of a plug-in, or none (the "
        "panel's preview alone); repeatable; virtual-camera if neither this nor --matte-to is given",
        "outputs",
        is_common=True,
        metavar="WHERE",
    )
    matte_to: str = _option(
        "", "also record the full-size alpha: .mkv (lossless FFV1) or .png", "outputs", metavar="FILE"
    )
    mirror_preview: bool = _option(False, "mirror the preview window (never the outputs)", "outputs")
    mic: str = _option(
        "",
        "record and stream sound too: default, an index or part of a name from 'livebg devices'",
        "outputs",
        is_common=True,
        metavar="NAME",
    )
    mic_delay: float = _option(
        0.0, "sound so much later (below 0: earlier), for a slow camera", "outputs", low=-1000, high=1000, unit="ms"
    )
    stream_bitrate: float = _option(
        0.0,
        "the rate at which a stream to a server is encoded",
        "outputs",
        low=100,
        high=50_000,
        unit="kbit/s",
        zero="by size",
    )
    split: str = _option(
        "", "recordings go on in a new file after this time or size, e.g. 10min, 500MB", "outputs", metavar="TIME|SIZE"
    )
    control: bool = _option(True, "other programs of yours can steer this one: 'livebg ctl'", "outputs")
    schedule: bool = _live(
        True, "presets come on by the times in their files; no: only by hand ('livebg help presets')", "outputs"
    )
    hide: bool = _live(
        False,
        "every output shows the standby image 'back in a moment', and recorded sound is silent, until you show again",
        "outputs",
    )
    force: bool = _option(False, "overwrite existing files", "outputs", is_common=True)

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, checked(option_name(name), OPTIONS[name], TYPES[name], getattr(self, name)))
        if self.level_low >= self.level_high:
            raise SettingsError(
                f"--level-low: {self.level_low:g} is not below --level-high ({self.level_high:g}); "
                "lower the one or raise the other"
            )

    @property
    def frame_size(self) -> tuple[int, int]:
        """The (width, height) to request from the camera, px."""
        width, height = self.size.split("x")
        return int(width), int(height)


TYPES: Mapping[str, Any] = get_type_hints(Settings)
OPTIONS: Mapping[str, Option] = {each.name: each.metadata["option"] for each in fields(Settings)}


# The settings that change how a picture looks, whatever its source.
OF_PICTURES = ("engine", "matte", "edge", "picture", "background")


def option_name(name: str) -> str:
    """'matte_size' → '--matte-size'."""
    return "--" + name.replace("_", "-")


def change(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """A new Settings with these values; raises SettingsError and changes nothing if one is not allowed."""
    unknown = sorted(set(values) - set(OPTIONS))
    if unknown:
        near = did_you_mean(unknown[0], OPTIONS) or "; 'livebg help settings' lists those there are"
        raise SettingsError(f"there is no setting {listed(unknown)}{near}")
    return replace(settings, **values)


def setting_from(name: str, text: str) -> dict[str, Any]:
    """{name: value} from two texts, unchecked. Raises SettingsError."""
    found = name.removeprefix("--").replace("-", "_")
    if found not in OPTIONS:
        raise SettingsError(f"there is no setting {seen(name)}{did_you_mean(found, OPTIONS)}")
    return {found: from_text(option_name(found), OPTIONS[found], TYPES[found], text)}
