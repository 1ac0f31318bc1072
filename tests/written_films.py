"""Films made for tests, and what another decoder than livebg's, the ffmpeg command, finds in a file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from requirements import lacking

from livebg.core.types import Composite, Image
from livebg.media.video.formats import Form, form_for
from livebg.media.video.reader import Film
from livebg.media.video.types import Colour, FilmFrame, FilmInfo
from livebg.media.video.writer import Part

BT709 = Colour(1, 1, 1, False)
HEIGHT, WIDTH = 96, 160
PERSON = (40, 90, 200)  # BGR of the left half, where alpha is 1; in the next quarter it is 0.5


def about(
    *, height: int = HEIGHT, width: int = WIDTH, fps: float = 25.0, time_base: Fraction = Fraction(1, 12_800),
    pixel_aspect: Fraction = Fraction(1), colour: Colour = BT709,
) -> FilmInfo:  # fmt: skip
    return FilmInfo("film", width, height, fps, time_base, pixel_aspect, colour)


def moving(count: int, *, height: int = HEIGHT, width: int = WIDTH) -> list[Image]:
    """Smooth pictures in which each column's brightness tells which picture it is."""
    ramp = 128 + 100 * np.sin(np.linspace(0, 2 * np.pi, width, endpoint=False))
    base = np.repeat(ramp.astype(np.uint8)[None, :, None], height, axis=0).repeat(3, axis=2)
    base[..., 0] //= 2
    return [np.roll(base, 5 * each, axis=1).copy() for each in range(count)]


def person(image: Image, *, is_transparent: bool = True) -> Composite:
    """Left half foreground, next quarter half of it, the rest background: black, as straight colour is there."""
    height, width = image.shape[:2]
    alpha = np.zeros((height, width), np.float32)
    alpha[:, : width * 3 // 4], alpha[:, : width // 2] = 0.5, 1
    shown = image.copy()
    shown[:] = PERSON
    if is_transparent:
        shown[alpha == 0] = 0
    return Composite(shown, None, alpha, is_transparent)


def form_of(suffix: str = ".mkv", content: str = "composite", codec: str = "auto", alpha: str = "straight") -> Form:
    """What livebg writes into such a file, encoded in software."""
    return form_for(Path(f"a{suffix}"), content, codec, encoder="software", alpha=alpha)  # type: ignore[arg-type]


def part(path: Path, form: Form, info: FilmInfo, composites: Sequence[Composite]) -> Path:
    made = Part(path, form, info)
    for index, each in enumerate(composites):
        made.add(each, FilmFrame(index, np.zeros_like(each.image)))
    made.close()
    made.close()
    return path


def source(path: Path, *more: str, seconds: float = 2, size: str = f"{WIDTH}x{HEIGHT}") -> Path:
    """A small film with a sound, made by ffmpeg; `more` are its options for the output."""
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds}", "-f", "lavfi", "-i", f"sine=440:d={seconds}",
           *(more or ("-c:v", "libx264", "-c:a", "aac")), path)  # fmt: skip
    return path


def written(path: Path, *options: str, from_: Sequence[str] = (), size: str = "128x96", length_s: float = 3) -> Path:
    """A moving pattern, or what the options from_ name as input, encoded as the options say."""
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        lacking("ffmpeg", "the programs ffmpeg and ffprobe are not installed")
    source = from_ or ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={length_s}")
    ffmpeg(*source, *options, path)
    return path


def ffmpeg(*arguments: str | Path) -> bytes:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    finished = subprocess.run(command, capture_output=True, check=False)
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout


def probed(path: Path, *options: str) -> dict[str, Any]:
    """What ffprobe says of the file, its packets included; fails where it has anything to complain of."""
    state = path.stat()
    return _probed(path, options, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)  # a test asks several times, and a process costs a tenth of a second
def _probed(path: Path, options: tuple[str, ...], _changed_ns: int, _size: int) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-show_chapters", "-show_packets", *options]
    finished = subprocess.run([*command, "-of", "json", str(path)], capture_output=True, check=True, text=True)
    assert not finished.stderr
    return dict(json.loads(finished.stdout))


def stream(path: Path, kind: str, index: int = 0) -> dict[str, Any]:
    return [each for each in probed(path)["streams"] if each["codec_type"] == kind][index]


def packets(path: Path, kind: str, index: int = 0) -> list[dict[str, Any]]:
    """Of one track, in the file's order."""
    place = stream(path, kind, index)["index"]
    return [each for each in probed(path)["packets"] if each["stream_index"] == place]


def times_s(path: Path, kind: str = "video") -> list[float]:
    """Of every frame, or of every packet of sound."""
    return [float(each["pts_time"]) for each in packets(path, kind)]


def ticks(path: Path) -> list[int]:
    return [int(each["pts"]) for each in packets(path, "video")]


def decoded(path: Path, pixels: str = "bgr24", *, decoder: str = "", height: int = HEIGHT, width: int = WIDTH) -> Image:
    """Every picture, uint8 (n, H, W, channels); (n, H * 3/2, W) for yuv420p. None doubled, none dropped."""
    before = ("-c:v", decoder) if decoder else ()
    raw = ffmpeg(*before, "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-sws_flags", "accurate_rnd",
                 "-pix_fmt", pixels, "-f", "rawvideo", "-")  # fmt: skip
    flat = np.frombuffer(raw, np.uint8)
    if pixels == "yuv420p":
        return flat.reshape(-1, height * 3 // 2, width)
    channels = {"bgr24": (3,), "bgra": (4,), "gray": ()}[pixels]
    return flat.reshape(-1, height, width, *channels)


def probed_ticks(path: Path) -> list[int | None]:
    """When each frame is shown, as ffprobe tells it by decoding."""
    command = ["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_frames", "-of", "json", str(path)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [each.get("best_effort_timestamp", each.get("pts")) for each in told["frames"]]


def images_by(path: Path, shape: tuple[int, ...], *options: str) -> list[Image]:
    """Every picture as ffmpeg decodes it to BGR, or to what the options say."""
    form = () if "-pix_fmt" in options else ("-pix_fmt", "bgr24")
    raw = ffmpeg("-i", path, "-fps_mode", "passthrough", *options, "-f", "rawvideo", *form, "-")
    return list(np.frombuffer(raw, np.uint8).reshape(-1, *shape))


def images_of(film: Film, first: int = 0, last: int = -1) -> dict[int, Image]:
    """Every picture from the first to the last of the film's ticks, by tick."""
    ticks = film.index().ticks
    return {each.tick: each.image for each in film.frames(int(ticks[first]), int(ticks[last]))}


def turned(source: Path, path: Path, degrees: int) -> Path:
    """The same film, to be shown turned by this counter-clockwise."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        stream.set_display_rotation(degrees)
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return path
