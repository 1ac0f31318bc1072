"""A PipeWire camera as live_source.py needs it: `--camera pipewire:NAME`, found again by its name. Linux.

livebg's own camera is none of them. Runs in live_source.py's thread; the first opening in the caller's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from livebg.capture.camera.devices import is_virtual_name
from livebg.capture.live_source import LiveSource, Lost
from livebg.core.errors import SourceError
from livebg.core.settings import Settings
from livebg.core.types import Image
from livebg.media.pipewire.input import CameraInput, Picture, PipeWireNode, chosen, list_nodes
from livebg.media.pipewire.library import NoPipeWire
from livebg.media.pipewire.output import NAME

log = logging.getLogger(__name__)

PREFIX = "pipewire"
FIRST_PICTURE_S, MOMENT_S = 5.0, 0.1
_TO_BGR = {
    "NV12": cv2.COLOR_YUV2BGR_NV12,
    "I420": cv2.COLOR_YUV2BGR_I420,
    "YUY2": cv2.COLOR_YUV2BGR_YUY2,
    "RGBx": cv2.COLOR_RGBA2BGR,
    "RGBA": cv2.COLOR_RGBA2BGR,
    "BGRx": cv2.COLOR_BGRA2BGR,
    "BGRA": cv2.COLOR_BGRA2BGR,
    "RGB": cv2.COLOR_RGB2BGR,
    "BGR": None,
}
_CHANNELS = {"YUY2": 2, "RGB": 3, "BGR": 3}  # the others with whole pixels have 4


def is_named(camera: str) -> bool:
    """Whether `--camera` names a PipeWire camera."""
    return camera.strip().partition(":")[0] == PREFIX


def open_pipewire_camera(settings: Settings) -> LiveSource:
    """The camera that settings.camera names, or else the first one, as a live source. Raises SourceError."""
    return open_node(
        find_node(settings.camera.strip().partition(":")[2] if is_named(settings.camera) else ""), settings
    )


def open_node(node: PipeWireNode, settings: Settings) -> LiveSource:
    """This camera as a live source. Raises SourceError."""
    place = Place(node, settings)
    try:
        opened = place.open(node)
    except (NoPipeWire, Lost) as cause:
        raise SourceError(f"{place} cannot be opened: {cause}") from cause
    source = LiveSource(place, opened, opened[0].fps)
    log.info("%s: %dx%d %s", place, source.info.width, source.info.height, opened[0].pixels)
    return source


def find_node(wanted: str, list_all: Callable[[], list[PipeWireNode]] = list_nodes) -> PipeWireNode:
    """The camera with this in its name; '': the first. Raises SourceError."""
    if wanted.strip().lower() == NAME:
        raise SourceError(f"pipewire:{wanted} is livebg's own camera, which it does not read; choose another")
    try:
        nodes = list_all()
    except NoPipeWire as cause:
        raise SourceError(f"PipeWire has no camera for livebg: {cause}") from cause
    if not nodes:
        raise SourceError("PipeWire has no camera; plug one in, or try --camera auto or --source with a video")
    found = chosen(nodes, wanted) if wanted.strip() else _real(nodes)[:1] or nodes[:1]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"pipewire:{each.description}" for each in found or nodes)
    if found:
        raise SourceError(f"{wanted!r} fits {len(found)} PipeWire cameras: {listed}; give more of the name")
    raise SourceError(f"no PipeWire camera has {wanted!r} in its name; found: {listed}")


def has_nodes() -> bool:
    """Whether PipeWire has a camera that is no program's."""
    try:
        return bool(_real(list_nodes()))
    except NoPipeWire as cause:
        log.debug("%s", cause)
        return False


def list_pipewire_cameras() -> list[PipeWireNode]:
    """Those that PipeWire alone has: no V4L2 devices, which list_cameras() has, and not livebg's. Empty without it."""
    try:
        return [each for each in list_nodes() if each.api != "v4l2"]
    except NoPipeWire as cause:
        log.debug("%s", cause)
        return []


def _real(nodes: list[PipeWireNode]) -> list[PipeWireNode]:
    return [each for each in nodes if not is_virtual_name(each.description)]


class Place:
    """A live_source.Place: a PipeWire camera by its name."""

    has_noise = True
    patience_s = 1.5
    longest_pause_s = 0.4

    def __init__(self, node: PipeWireNode, settings: Settings) -> None:
        self._node, self._settings = node, settings

    def __str__(self) -> str:
        return f"{self._node.description} (PipeWire)"

    def find(self, is_over: Callable[[], bool]) -> tuple[OpenNode, Image] | None:  # noqa: ARG002 - opening has an end
        """The camera, opened, and its first picture, BGR uint8 (H, W, 3); None while it cannot be opened."""
        try:
            same = [each for each in list_nodes() if each.name == self._node.name]
            return self.open(same[0]) if same else None
        except (NoPipeWire, Lost) as failure:
            log.debug("not yet: %s", failure)
            return None

    def open(self, node: PipeWireNode) -> tuple[OpenNode, Image]:
        """Raises NoPipeWire, Lost."""
        device = OpenNode(CameraInput(node, *self._settings.frame_size, self._settings.fps))
        deadline_s = time.monotonic() + FIRST_PICTURE_S
        try:
            while time.monotonic() < deadline_s:
                if (picture := device.read()) is not None:
                    return device, picture
        except BaseException:
            device.release()
            raise
        device.release()
        raise NoPipeWire(f"no picture came within {FIRST_PICTURE_S:g} s; close other programs that use the camera")


class OpenNode:
    """A live_source.Device: an open PipeWire camera. pixels, fps: of its pictures."""

    def __init__(self, camera: CameraInput) -> None:
        self._camera = camera
        self.pixels, self.fps = "", 0.0

    def read(self) -> Any:
        try:
            picture = self._camera.read(MOMENT_S)
        except NoPipeWire as cause:
            raise Lost(str(cause)) from cause
        if picture is None:
            return None
        self.pixels, self.fps = picture.format.pixels, picture.format.fps
        try:
            return bgr(picture)
        except (ValueError, cv2.error) as cause:
            raise Lost(
                f"it gives broken pictures ({self.pixels} {picture.format.width}x{picture.format.height})"
            ) from cause

    def why_silent(self) -> str:
        return "it gives no pictures any more"

    def release(self) -> None:
        self._camera.close()


def bgr(picture: Picture) -> Image:
    """BGR uint8 (H, W, 3), new memory. Raises ValueError where its bytes are too few."""
    form = picture.format
    if form.pixels in ("I420", "NV12"):
        raw = _three_halves(picture)
    else:
        channels = _CHANNELS.get(form.pixels, 4)
        raw = _rows(picture.planes[0], form.height, form.width * channels).reshape(form.height, form.width, channels)
    code = _TO_BGR[form.pixels]
    return raw.copy() if code is None else np.asarray(cv2.cvtColor(np.ascontiguousarray(raw), code), np.uint8)


def _rows(plane: tuple[bytes, int], height: int, width: int, offset: int = 0) -> Image:
    """uint8 (height, width) of bytes whose lines are `stride` apart."""
    data, stride = plane[0], plane[1] if plane[1] > 0 else width
    if stride < width or len(data) < offset + stride * (height - 1) + width:
        raise ValueError("too few bytes")
    return np.lib.stride_tricks.as_strided(np.frombuffer(data, np.uint8, offset=offset), (height, width), (stride, 1))


def _three_halves(picture: Picture) -> Image:
    """uint8 (H * 3/2, W) as OpenCV takes I420 and NV12, from one block or one for each plane, at any stride."""
    form, planes = picture.format, picture.planes
    height, width, first = form.height, form.width, planes[0][1] if planes[0][1] > 0 else form.width
    if height % 2 or width % 2:
        raise ValueError("odd sides")
    parts = [_rows(planes[0], height, width)]
    if form.pixels == "NV12":
        at, source = (0, planes[1]) if len(planes) > 1 else (first * height, (planes[0][0], first))
        return np.concatenate([*parts, _rows(source, height // 2, width, at)])
    for number in (1, 2):
        at = 0 if len(planes) > 2 else first * height + (number - 1) * (first // 2) * (height // 2)
        source = planes[number] if len(planes) > 2 else (planes[0][0], first // 2)
        parts.append(_rows(source, height // 2, width // 2, at))
    return np.concatenate([each.reshape(-1) for each in parts]).reshape(height * 3 // 2, width)
