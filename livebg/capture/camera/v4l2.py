"""What Linux knows about its cameras: names, formats, sizes, rates, and why one cannot be opened.

Uses a few read-only ioctls of V4L2 (core/videodev2.py), without OpenCV. Linux only; main thread.
"""

# Only Linux has these functions: mypy --platform win32 and darwin report them missing.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any

from livebg.core import videodev2

with contextlib.suppress(ImportError):  # Windows has no fcntl, and calls none of the functions below
    import fcntl

SYSFS = Path("/sys/class/video4linux")
_CAN_CAPTURE = 0x1 | 0x1000  # V4L2_CAP_VIDEO_CAPTURE, ..._MPLANE
_HAS_DEVICE_CAPS = 0x80000000
# The formats OpenCV can decode; a virtual camera delivers whatever format its producer chose.
_READABLE = frozenset(
    ("YUYV", "UYVY", "YU12", "YV12", "NV12", "NV21", "411P", "BGR3", "RGB3", "XR24", "AR24", "MJPG", "JPEG", "GREY")
)
_LONGEST_LIST = 64  # of formats, sizes or rates


@dataclass(frozen=True, slots=True)
class Mode:
    """What a camera can deliver: pixel format (four letters), size in px, and its highest rate (0: unknown)."""

    pixel_format: str
    width: int
    height: int
    fps: float


def device_paths() -> list[str]:
    """Every video node, by number."""
    return [f"/dev/{each.name}" for each in sorted(SYSFS.glob("video*"), key=_number)]


def describe(path: str) -> tuple[str, tuple[Mode, ...]] | None:
    """Name and modes of a camera; None for a node that delivers no pictures (metadata, outputs, encoders).

    For a node that this user may not open: its name, which is world-readable, and no modes.
    """
    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return _describe_closed(path)
    try:
        answer = _ask(device, videodev2.QUERYCAP, videodev2.CAPABILITY)
        if answer is None:
            return None
        _, card, _, _, capabilities, device_capabilities = answer
        if capabilities & _HAS_DEVICE_CAPS:
            capabilities = device_capabilities
        if not capabilities & _CAN_CAPTURE:
            return None
        return card.split(b"\0")[0].decode("utf-8", "replace"), tuple(_modes(device))
    finally:
        os.close(device)


def why_not(path: str) -> str:
    """Why this camera cannot be opened or delivers nothing, and what to do: half a sentence, '' if no reason is
    found.
    """
    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except FileNotFoundError:
        return "there is no such device; plug it in, or choose another with --camera"
    except PermissionError:
        return "no permission; add your user to the group 'video' (sudo usermod -aG video $USER) and log in again"
    except OSError as cause:
        if cause.errno == errno.EBUSY:
            return "another program is using it; close that program"
        return f"the system says: {cause.strerror}; unplug it and plug it in again"
    try:
        # Setting the present format changes nothing, and the driver refuses it while another program streams.
        wanted = bytearray(videodev2.FORMAT.pack(videodev2.CAPTURE, 0, 0, 0, 0))
        fcntl.ioctl(device, videodev2.G_FMT, wanted)
        fcntl.ioctl(device, videodev2.S_FMT, wanted)
        formats = [code.decode("ascii", "replace").strip() for code in _formats(device)]
    except OSError as cause:
        if cause.errno == errno.EBUSY:
            return "another program is using it; close that program"
        return "it delivers no pictures (not a camera, or a virtual camera that nobody feeds); choose another"
    finally:
        os.close(device)
    if formats and not _READABLE & set(formats):
        return (
            f"it gives its pictures as {', '.join(formats)}, which cannot be read; set it, or the program that feeds "
            "it, to YUYV, NV12 or MJPG (ffmpeg: -pix_fmt yuyv422)"
        )
    return ""


def is_loopback(path: str) -> bool:
    """Whether a node is v4l2loopback's: it delivers what another program writes to it. Opens nothing."""
    return bool(path) and (SYSFS / Path(path).name / "max_openers").exists()


def _describe_closed(path: str) -> tuple[str, tuple[Mode, ...]] | None:
    about = SYSFS / Path(path).name
    try:
        # Index 0 is a device's own picture; webcams put their metadata node at index 1.
        if (about / "index").read_text().strip() != "0":
            return None
        return (about / "name").read_text().strip(), ()
    except OSError:
        return None


def _ask(device: int, request: int, layout: Struct, *asked: Any) -> tuple[Any, ...] | None:
    """The kernel's answer to a structure that begins with these fields, the others 0; None when it has none (the end of
    a list, or a question the driver does not know)."""
    fields = layout.unpack(bytes(layout.size))
    answer = bytearray(layout.pack(*asked, *fields[len(asked) :]))
    try:
        fcntl.ioctl(device, request, answer)
    except OSError:
        return None
    return layout.unpack(answer)


def _formats(device: int) -> Iterator[bytes]:
    """The pixel formats' codes of four letters."""
    for number in range(_LONGEST_LIST):
        answer = _ask(device, videodev2.ENUM_FMT, videodev2.FORMAT_NAME, number, videodev2.CAPTURE)
        if answer is None:
            return
        yield answer[2]


def _modes(device: int) -> Iterator[Mode]:
    for code in _formats(device):
        for width, height in _sizes(device, code):
            yield Mode(
                code.decode("ascii", "replace").strip(), width, height, _highest_fps(device, code, width, height)
            )


def _sizes(device: int, code: bytes) -> Iterator[tuple[int, int]]:
    for number in range(_LONGEST_LIST):
        answer = _ask(device, videodev2.ENUM_FRAMESIZES, videodev2.FRAME_SIZE, number, code)
        if answer is None:
            return
        if answer[2] != videodev2.DISCRETE:  # a range (min, max, step of the width, then of the height)
            yield answer[4], answer[7]  # its largest size stands for it
            return
        yield answer[3], answer[4]


def _highest_fps(device: int, code: bytes, width: int, height: int) -> float:
    highest_fps = 0.0
    for number in range(_LONGEST_LIST):
        answer = _ask(device, videodev2.ENUM_FRAMEINTERVALS, videodev2.FRAME_INTERVAL, number, code, width, height)
        if answer is None:
            break
        kind, numerator, denominator = answer[4:]  # a range begins with its shortest
        if numerator:
            highest_fps = max(highest_fps, denominator / numerator)
        if kind != videodev2.DISCRETE:
            break
    return highest_fps


def _number(node: Path) -> int:
    digits = node.name.removeprefix("video")
    return int(digits) if digits.isdecimal() else 0
