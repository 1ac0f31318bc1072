"""Films for benches, and what ffprobe and ffmpeg say about a film or a folder of pictures: what a tool keeps of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.machine import SHARED

CLIP = SHARED / "cases" / "clips" / "d01_sway_longhair.mp4"
LONG_FPS = 30
ALPHA = ("yuva", "rgba", "bgra", "argb", "abgr", "gbrap")


@dataclass(frozen=True, slots=True)
class Facts:
    """times_s: of every picture, in order; empty for a folder of them. sound: MD5 of its packets, '' none. mb: 1e6."""

    frames: int
    times_s: tuple[float, ...]
    sound: str
    has_alpha: bool
    mb: float

    def against(self, source: Facts) -> dict[str, Any]:
        """What a table says: frames, the largest error of a frame's time, sound, alpha, size."""
        if not self.times_s:
            times = "none"
        elif len(self.times_s) != len(source.times_s):
            times = "others"
        else:
            ours, theirs = (np.array(each) - each[0] for each in (self.times_s, source.times_s))
            times = f"±{1000 * np.abs(ours - theirs).max():.0f} ms"
        sound = "lost" if not self.sound else "copied" if self.sound == source.sound else "re-encoded"
        return {"frames": self.frames, "times": times, "sound": sound, "alpha": self.has_alpha, "mb": round(self.mb, 1)}


def facts(path: Path) -> Facts:
    if path.is_dir():
        pictures = sorted(path.glob("*.png"))
        size = sum(each.stat().st_size for each in pictures)
        return Facts(len(pictures), (), "", _has_alpha(pictures[0]), size / 1e6)
    packets = _asked(path, "-select_streams", "v:0", "-show_entries", "packet=pts_time")["packets"]
    times = sorted(float(each["pts_time"]) for each in packets if "pts_time" in each)
    return Facts(len(packets), tuple(times), _sound(path), _has_alpha(path), path.stat().st_size / 1e6)


def _asked(path: Path, *what: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", *what, "-of", "json", str(path)]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def _has_alpha(path: Path) -> bool:
    stream = _asked(path, "-select_streams", "v:0", "-show_entries", "stream=pix_fmt:stream_tags=alpha_mode")
    pixels = stream["streams"][0].get("pix_fmt", "")
    return pixels.startswith(ALPHA) or "alpha_mode" in stream["streams"][0].get("tags", {})


def _sound(path: Path) -> str:
    if not _asked(path, "-select_streams", "a:0", "-show_entries", "stream=codec_name")["streams"]:
        return ""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-c", "copy", "-f", "data", "-"]
    packets = subprocess.run(command, capture_output=True, check=True).stdout
    return hashlib.md5(packets).hexdigest()


def film(target: Path, *filters: str, seconds: float, source: Path = CLIP, encode: str = "-preset veryfast") -> Path:
    """The clip again and again, through these filters, with a tone of the same length."""
    command = f"ffmpeg -v error -y -stream_loop -1 -i {source} -f lavfi -i sine=frequency=440:sample_rate=48000"
    chain = ["-vf", ",".join(filters)] if filters else []
    command += f" -map 0:v -map 1:a -t {seconds} -c:v libx264 {encode} -pix_fmt yuv420p -c:a aac -fps_mode passthrough"
    subprocess.run([*command.split(), *chain, str(target)], check=True)
    return target


def long_film(target: Path, seconds: int) -> Path:
    """4K: a few seconds encoded, and copied as often as it takes."""
    piece = film(
        target.with_name("piece.mp4"), "scale=3840:2160", f"fps={LONG_FPS}", seconds=4, encode="-preset ultrafast"
    )
    command = ["ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(piece), "-t", str(seconds), "-c", "copy"]
    subprocess.run([*command, str(target)], check=True)
    return target
