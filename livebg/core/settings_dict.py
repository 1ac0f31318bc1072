"""The settings as keyword arguments, for editors and type checkers; settings.py declares them.

`python tests/settings_page.py` writes this file anew.
"""

from __future__ import annotations

from os import PathLike
from typing import Literal, TypedDict


class StreamSettings(TypedDict, total=False):
    """Every setting but the source, which `livebg.stream` takes itself."""

    # source
    camera: str
    """Camera by index, part of its name, device path, or pipewire[:NAME]; auto: the first that is no virtual camera."""
    pace: Literal["auto", "own", "live", "every-frame"]
    """'auto': a live stream as 'live', all else as 'own'; 'own': at its own speed, and frames are dropped when we are
    slow, as a camera would; 'live': the newest picture of a stream as it comes, looked for again when lost;
    'every-frame': each frame in turn, none dropped."""
    size: str
    """Picture size requested from the camera."""
    fps: float
    """Frame rate requested from the camera [1..240 fps]."""
    pixel_format: Literal["auto", "MJPG", "YUYV", "NV12"]
    """Pixel format requested from the camera."""
    seconds: float
    """Stop after this time (0: run until stopped) [0..604800 s]."""
    always_on: bool
    """Keep the camera and the engine on also while no program reads the virtual camera [live]."""
    show_camera: bool
    """For setting up: the camera's own picture, in a visible frame, to window and virtual camera."""

    # engine
    engine: Literal["auto", "rmbg", "selfie"] | str
    """Matting engine; also the name of a plug-in's [live]."""
    model: str
    """Hub repository of the rmbg engine's weights, same network [live]."""
    weights: str | PathLike[str]
    """Weights of the rmbg engine from a local file or folder [live]."""
    subject: Literal["auto", "people", "anything"]
    """What is foreground: 'people', 'anything' that stands out (a product, a pet; the rmbg engine only), or 'auto':
    people, and in a photo or a film without people anything [live]."""
    matte_size: int
    """Short side at which the rmbg network looks [64..2160 px, 0: chosen live, live]."""
    stride: int
    """The network looks at every n-th frame; the frames between get its matte, moved with the motion in the picture
    [1..12 frames, 0: chosen live, live]."""
    latency: Literal["lowest", "matched"]
    """'lowest': the newest frame, with an earlier matte, moved along, where the network is slower than the camera;
    'matched': the picture some frames late (said at start), with mattes from before and after it."""
    max_cpu: float
    """How much of all processor cores livebg may take [5..100 %, 0: no limit, live]."""
    still_gate: bool
    """Skip the network while nothing moves in the picture [live]."""
    selfie_model: Literal["auto", "landscape", "square"]
    """The selfie engine's network; auto: landscape for wide pictures, else square [live]."""
    device: Literal["auto", "cuda", "mps", "intel-gpu", "intel-npu", "cpu"]
    """Where the network runs; the Intel ones through OpenVINO [live]."""
    precision: Literal["auto", "f32", "f16", "bf16", "int8"]
    """In which numbers the rmbg network computes; auto: the fastest here whose matte stays that of f32 [live]."""
    runtime: Literal["auto", "openvino", "torch"]
    """What runs the rmbg network on the CPU; torch is the reference [live]."""
    closer_look: bool
    """The selfie engine looks once more, closely, at where the person is [live]."""

    # matte
    people: Literal["all", "one"]
    """Who is foreground: everybody, or only the person who was there first [live]."""
    presence: bool
    """What is no person (a chair, a poster, a plant) stays background [live]."""
    plate: str | PathLike[str]
    """Clean plate, a picture of the empty room that the matte is checked against: 'auto' learns it while nobody is
    there, 'off', or a file made by 'livebg plate'."""
    smoothing: float
    """Steadiness of the matte where nothing moves (0: off) [0..1, live]."""
    colours: bool
    """The matte is corrected by the colours of the person and of the room nearby [live]."""
    edges: Literal["guided", "plain"]
    """How the small matte is brought to full size: guided by the picture, or plain (bilinear) [live]."""
    settle: bool
    """The full-size edge comes to rest where nothing moves [live]."""

    # edge
    grow: float
    """Moves the edge out (or in, below 0) [-20..20 px, live]."""
    feather: float
    """Softens the edge over so many pixels [0..50 px, live]."""
    level_low: float
    """Alpha up to this becomes 0 [0..0.95, live]."""
    level_high: float
    """Alpha from this on becomes 1 [0.05..1, live]."""
    gamma: float
    """Bends the soft edge: below 1 more, above 1 less of it [0.2..5, live]."""

    # picture
    foreground: Literal["estimated", "plain"]
    """Colours of soft edges: the person's own, estimated, or as the camera saw them, with the room in them (plain; with
    background none always estimated) [live]."""
    light_wrap: float
    """How much of the background's light falls on the edge [0..1, live]."""
    colour_match: float
    """How far the person takes on colour and exposure of the background [0..1, live]."""
    low_light: float
    """Lifts a person who sits in the dark [0..1, live]."""
    auto_frame: bool
    """Crops the picture so that it follows the person [live]."""
    auto_frame_zoom: float
    """How far auto_frame may enlarge [1..4 times, live]."""

    # background
    background: str | PathLike[str]
    """Picture, video or GIF file, a name from 'livebg backgrounds', a colour, blur, blur:STRENGTH (0 to 100, blur is
    50), none, or NAME[:REST] of a plug-in [live]."""
    background_fit: Literal["cover", "contain", "stretch", "tile"]
    """How a picture of another shape fills the frame [live]."""
    background_folder: str | PathLike[str]
    """A folder of your own backgrounds, listed beside livebg's; left out: where the panel puts what you add."""
    standby: str | PathLike[str]
    """Your own picture for the standby image, shown while no valid matte exists; else the background with a caption."""
    away_after: float
    """When nobody is in the picture for so long, livebg shows the standby image 'back in a moment' [1..3600 s, 0:
    never, live]."""

    # outputs
    to: list[str | PathLike[str]] | list[str] | tuple[str | PathLike[str], ...]
    """Where composites go: virtual-camera[:pipewire, :DEVICE], window, a file (.mp4 .mkv .mov .webm .png .jpg), a
    server (rtmp://..., rtmps://..., rtsp://..., whip:https://...), NAME[:REST] of a plug-in, or none (the panel's
    preview alone); repeatable; virtual-camera if neither this nor --matte-to is given."""
    matte_to: str | PathLike[str]
    """Also record the full-size alpha: .mkv (lossless FFV1) or .png."""
    mirror_preview: bool
    """Mirror the preview window (never the outputs)."""
    mic: str
    """Record and stream sound too: default, an index or part of a name from 'livebg devices'."""
    mic_delay: float
    """Sound so much later (below 0: earlier), for a slow camera [-1000..1000 ms]."""
    stream_bitrate: float
    """The rate at which a stream to a server is encoded [100..50000 kbit/s, 0: by size]."""
    split: str
    """Recordings go on in a new file after this time or size, e.g. 10min, 500MB."""
    control: bool
    """Other programs of yours can steer this one: 'livebg ctl'."""
    schedule: bool
    """Presets come on by the times in their files; no: only by hand ('livebg help presets') [live]."""
    hide: bool
    """Every output shows the standby image 'back in a moment', and recorded sound is silent, until you show again
    [live]."""
    force: bool
    """Overwrite existing files."""


class SettingsDict(StreamSettings, total=False):
    """Every setting of livebg by name, as `livebg.matte(..., **settings)` and the others take them."""

    source: str | PathLike[str]
    """Instead of a camera: a video file, the address of a stream, a picture, or 'synthetic'."""
