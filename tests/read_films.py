"""Small films for tests, written and read by another FFmpeg than ours: the programs ffmpeg and ffprobe."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from requirements import lacking

from livebg.core.types import Image
from livebg.media.video.reader import Film


def written(path: Path, *options: str, from_: Sequence[str] = (), size: str = "128x96", length_s: float = 3) -> Path:
    """A moving pattern, or what the options from_ name as input, encoded as the options say."""
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        lacking("ffmpeg", "the programs ffmpeg and ffprobe are not installed")
    source = from_ or ("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={length_s}")
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *options, str(path)], check=True)
    return path


def probed_ticks(path: Path) -> list[int | None]:
    """When each frame is shown, as ffprobe tells it by decoding."""
    command = ["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_frames", "-of", "json", str(path)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [each.get("best_effort_timestamp", each.get("pts")) for each in told["frames"]]


def images_by(path: Path, shape: tuple[int, ...], *options: str) -> list[Image]:
    """Every picture as ffmpeg decodes it to BGR, or to what the options say."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-fps_mode", "passthrough", *options, "-f", "rawvideo"]
    form = () if "-pix_fmt" in options else ("-pix_fmt", "bgr24")
    raw = subprocess.run([*command, *form, "-"], check=True, capture_output=True).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, *shape))


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


def images_of(film: Film, first: int = 0, last: int = -1) -> dict[int, Image]:
    """Every picture from the first to the last of the film's ticks, by tick."""
    ticks = film.index().ticks
    return {each.tick: each.image for each in film.frames(int(ticks[first]), int(ticks[last]))}
