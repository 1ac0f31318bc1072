"""Pictures that carry a number and the time they were made, for whoever reads them at the other end of a camera.

Writer feeds such pictures, or others, to the virtual camera at their rate; follow() is the program at the other end.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable
from itertools import count, pairwise
from typing import Any

import numpy as np
from patience import HANGS_S

BITS, ROWS = 24, 3
SALT = 0x5A5A5A  # so that a flat picture is no code


def draw(number: int, width: int, height: int) -> Any:
    """BGR uint8 (height, width, 3): number, time and both together as black and white squares above grey."""
    picture = np.full((height, width, 3), 128, np.uint8)
    side, made_ms = width // BITS, _now_ms()
    for row, value in enumerate((number, made_ms, number ^ made_ms ^ SALT)):
        for bit in range(BITS):
            picture[row * side : (row + 1) * side, bit * side : (bit + 1) * side] = 255 * (value >> bit & 1)
    return picture


def read(picture: Any) -> tuple[int, int] | None:
    """Number, and age in ms, of a picture that draw() made and that kept its size; None of any other."""
    side = picture.shape[1] // BITS
    centres = picture[side // 2 : ROWS * side : side, side // 2 : BITS * side : side, 1] > 127
    number, made_ms, check = (sum(int(bit) << place for place, bit in enumerate(row)) for row in centres)
    return (number, (_now_ms() - made_ms) % (1 << BITS)) if check == number ^ made_ms ^ SALT else None


def follow(path: str, is_over: Callable[[list[Any]], bool], look: Callable[[Any], Any] = read) -> dict[str, Any]:
    """Reads a camera by OpenCV until is_over(frames). frames: monotonic time and what look() gives of each picture;
    other_at_s: when there was a picture that it gives None of; failed: how many reads gave no picture."""
    import cv2

    opened_at_s = time.monotonic()
    camera = cv2.VideoCapture(path, cv2.CAP_V4L2)
    fourcc = int(camera.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode()
    print("reading", flush=True)
    frames: list[Any] = []
    other_at_s: list[float] = []
    failed, size = 0, [0, 0]
    while not is_over(frames):
        is_read, picture = camera.read()
        seen = look(picture) if is_read else None
        if seen is not None:
            frames.append((time.monotonic(), *seen))
            size = [picture.shape[1], picture.shape[0]]
        elif is_read:
            other_at_s.append(time.monotonic())
        failed += not is_read
    seen = {"frames": frames, "other_at_s": other_at_s, "failed": failed}
    return seen | {"opened_at_s": opened_at_s, "format": fourcc, "size": size}


def fail(path: str) -> None:
    """In this process: a device that is written becomes one that takes nothing."""
    for each in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the one that lists the others
            if os.readlink(f"/proc/self/fd/{each}") == path:
                with open("/dev/full", "wb") as full:
                    os.dup2(full.fileno(), int(each))


def latency(read: dict[str, Any]) -> dict[str, float]:
    """Of the frames that were new to the reader, without its first ones: it comes upon an old one."""
    frames = [frame for before, frame in pairwise(read["frames"]) if frame[1] != before[1]][5:]
    ages_ms = sorted(frame[2] for frame in frames)
    return {
        "frames": len(frames),
        "fps": round((len(frames) - 1) / (frames[-1][0] - frames[0][0]), 1),
        "missed": frames[-1][1] - frames[0][1] + 1 - len(frames),
        "age_ms_p50": statistics.median(ages_ms),
        "age_ms_p95": ages_ms[int(len(ages_ms) * 0.95)],
        "age_ms_max": ages_ms[-1],
    }


def _now_ms() -> int:
    return int(time.monotonic() * 1000) % (1 << BITS)


class Writer:
    """The sink, fed with picture(number) fps times a second; `first` is the first number."""

    def __init__(self, path: str, fps: float, picture: Callable[[int], Any], first: int = 0) -> None:
        from livebg.sinks.virtual_camera.sink import VirtualCamera

        self.camera = VirtualCamera(path, fps)
        self._fps, self._picture, self._numbers = fps, picture, count(first)

    def until(self, is_over: Callable[[], bool], longest_s: float = HANGS_S) -> None:
        from livebg.core.types import Composite

        began_s = due_s = time.monotonic()
        while not is_over() and due_s - began_s < longest_s:
            self.camera.write(Composite(self._picture(next(self._numbers))))
            due_s = max(due_s + 1 / self._fps, time.monotonic())
            time.sleep(max(due_s - time.monotonic(), 0.0))

    def for_s(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def close(self) -> None:
        self.camera.close()
