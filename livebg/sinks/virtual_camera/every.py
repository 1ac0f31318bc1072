"""Opens the virtual cameras that `--to virtual-camera` means: on Linux PipeWire's, v4l2loopback's, or both at once.

Applications differ in which one they read, so both get the same pictures, converted once. Caller's thread.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Protocol, runtime_checkable

from livebg.core.errors import SinkError
from livebg.core.types import Composite, FrameSink, Image, KnowsWatchers, Reads
from livebg.sinks.virtual_camera.devices import list_virtual_cameras, set_up_hint
from livebg.sinks.virtual_camera.i420 import converted, i420_size

log = logging.getLogger(__name__)
PIPEWIRE = "pipewire"


def open_virtual_camera(device: str, fps: float, standby: Callable[[], Image] | None = None) -> FrameSink:
    """device: 'pipewire'; a path, number or part of a label of v4l2loopback's; '' for all that are here.

    standby: gives the standby image, BGR uint8 (H, W, 3). Raises SinkError if there is no such camera.
    """
    if device == PIPEWIRE and sys.platform.startswith("linux"):
        return _pipewire(standby, fps)
    if device or not sys.platform.startswith("linux"):
        return _pyvirtualcam(device, fps)
    try:
        camera = _pipewire(standby, fps)
    except SinkError as failure:
        if list_virtual_cameras():
            log.debug("%s", failure)
            return _pyvirtualcam("", fps)
        raise SinkError(f"{failure}; or, as root, with v4l2loopback: {set_up_hint()}") from failure
    return VirtualCameras([_pyvirtualcam("", fps), camera]) if list_virtual_cameras() else camera


def why_no_pipewire() -> str:
    """'' where `virtual-camera:pipewire` can be written to; else why not, and what to do."""
    if not sys.platform.startswith("linux"):
        return "PipeWire is Linux'"
    from livebg.media.pipewire.library import NoPipeWire, check_daemon

    try:
        check_daemon()
    except NoPipeWire as cause:
        return f"PipeWire: {cause}"
    return ""


def _pyvirtualcam(device: str, fps: float) -> FrameSink:
    from livebg.sinks.virtual_camera.sink import VirtualCamera

    return VirtualCamera(device, fps)


def _pipewire(standby: Callable[[], Image] | None, fps: float) -> FrameSink:
    from livebg.sinks.virtual_camera.pipewire import PipeWireCamera

    return PipeWireCamera(standby, fps)


@runtime_checkable
class Lends(Protocol):
    """A FrameSink that copies no picture which already lies in its memory."""

    def lend(self, height: int, width: int) -> Image | None:
        """Memory for the next composite, I420 uint8 (height * 3/2, width), until write(); None if there is none."""
        ...


class VirtualCameras:
    """A FrameSink for several virtual cameras. One that fails is left out; SinkError when none remains.

    The last one may lend its memory for the conversion: after its write() that is others'.
    """

    is_live = True
    reads: Reads = "i420"

    def __init__(self, cameras: Sequence[FrameSink]) -> None:
        self._cameras = list(cameras)
        self.name = " and ".join(each.name for each in cameras)

    @property
    def is_watched(self) -> bool:
        watched = [each.is_watched for each in self._cameras]  # asks all: each one looks for news
        return any(watched)

    @property
    def watchers(self) -> tuple[str, ...]:
        """Names of the applications that read one of them, as far as known."""
        return tuple(name for each in self._cameras if isinstance(each, KnowsWatchers) for name in each.watchers)

    def write(self, composite: Composite) -> None:
        """Converts one composite and sends it to each. Raises SinkError."""
        last = self._cameras[-1]
        memory = last.lend(*i420_size(composite)) if isinstance(last, Lends) and composite.image.ndim == 3 else None
        shared = converted(composite, memory)
        for each in list(self._cameras):
            try:
                each.write(shared)
            except SinkError as failure:
                if len(self._cameras) == 1:
                    raise
                log.warning("%s; going on with the other virtual camera", failure)
                self._cameras.remove(each)
                each.close()

    def close(self) -> None:
        with ExitStack() as parts:
            for each in self._cameras:
                parts.callback(each.close)
