"""The virtual camera that other programs see as a webcam, through pyvirtualcam. Caller's thread.

It opens at the first composite with that size and keeps the size until close(): programs that read a camera lose it,
or show garbage, when its size changes. Sends I420, converted here or by the GPU that made the composite; pyvirtualcam
would convert BGR. If a device fails after its first frame, the sink drops frames and tries it again, so that a call
survives; it logs one that comes and goes at most every ten seconds.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import pyvirtualcam  # type: ignore[import-untyped]  # it has no type information

from livebg.core.errors import SinkError
from livebg.core.types import Composite, Reads
from livebg.sinks.virtual_camera.devices import choose, device_format, find_again, set_up_hint
from livebg.sinks.virtual_camera.i420 import as_i420, i420_size
from livebg.sinks.virtual_camera.outage import Outage

if TYPE_CHECKING:
    from livebg.sinks.virtual_camera.consumers import ConsumerWatch

log = logging.getLogger(__name__)

PATIENCE_S = 1.0  # at the start, for a livebg that was just killed; a device that is lost in between never waits


class VirtualCamera:
    """A FrameSink for one device. device: path, number or part of the label; '' chooses. fps is only a hint.

    Raises SinkError at once if there is no such device.
    """

    is_live = True
    reads: Reads = "i420"

    def __init__(self, device: str = "", fps: float = 30.0) -> None:
        self._fps = fps
        self._chosen = choose(device)
        self._device = None if self._chosen is None else self._chosen.device
        self._camera: Any = None
        self._consumers: ConsumerWatch | None = None
        self._height = self._width = 0
        self._outage, self._has_run = Outage(), False
        self._is_closed = False

    @property
    def name(self) -> str:
        return "virtual camera" if self._chosen is None else f"virtual camera {self._chosen}"

    @property
    def is_watched(self) -> bool:
        return self._consumers is None or self._consumers.is_watched

    @property
    def watchers(self) -> tuple[str, ...]:
        """Names of the applications that read it, as far as known. Any thread."""
        consumers = self._consumers
        return () if consumers is None else consumers.names

    def write(self, composite: Composite) -> None:
        """Sends one composite; only the very first may wait, PATIENCE_S at most. Raises SinkError if that one fails."""
        assert not self._is_closed, "written to after close"
        if not self._has_run:
            self._open_first(*i420_size(composite))
        elif self._camera is None and not self._is_back():
            return
        try:
            self._camera.send(as_i420(composite, self._height, self._width))
            self._has_run = True
        except (OSError, RuntimeError, ValueError) as cause:
            failure = self._error("cannot be written", cause)
            if not self._has_run:
                raise failure from cause
            self._outage.begins(failure, self.name)
            self._release()

    def _open_first(self, height: int, width: int) -> None:
        if self._camera is None:
            self._height, self._width = height, width
            self._open(PATIENCE_S)
            log.info("%s: %dx%d", self.name, self._width, self._height)

    def _is_back(self) -> bool:
        """Whether a lost device takes frames again; tries twice a second."""
        if not self._outage.is_due():
            return False
        if self._chosen is not None:
            self._chosen = find_again(self._chosen)
            self._device = self._chosen.device
        try:
            self._open()
        except SinkError as failure:
            log.debug("%s", failure)
            self._outage.lasts()
            return False
        self._outage.is_over(self.name)
        return True

    def _open(self, patience_s: float = 0.0) -> None:
        self._camera = self._connect(patience_s)
        holds = device_format(self._camera.device) if self._device else ""
        if holds and not holds.startswith(f"YU12:{self._width}x{self._height}@"):
            self._follow(holds)
        if sys.platform.startswith("linux"):
            from livebg.sinks.virtual_camera.consumers import ConsumerWatch

            try:
                self._consumers = ConsumerWatch(self._camera.device)
            except OSError as cause:
                self._release()
                raise self._error("cannot be watched", cause) from cause

    def _follow(self, holds: str) -> None:
        """A program that still reads holds the device at its old size: sends that size, or raises SinkError."""
        self._camera.close()
        self._camera = None
        size = re.match(r"YU12:(\d+)x(\d+)@", holds)
        if size is None:
            raise SinkError(f"{self.name}: holds {holds} for a program that reads it; end that program and start again")
        log.warning("%s: a program reads it at %sx%s; composites are fitted to that", self.name, size[1], size[2])
        self._width, self._height = int(size[1]), int(size[2])
        self._camera = self._connect()

    def _connect(self, patience_s: float = 0.0) -> Any:
        backend, own = None, dict[str, float]()
        if sys.platform.startswith("linux"):
            from livebg.sinks.virtual_camera.v4l2loopback import BACKEND, LoopbackBackend

            pyvirtualcam.register_backend(BACKEND, LoopbackBackend)
            backend, own = BACKEND, {"patience_s": patience_s}
        try:
            return pyvirtualcam.Camera(
                self._width,
                self._height,
                self._fps,
                fmt=pyvirtualcam.PixelFormat.I420,
                device=self._device,
                backend=backend,
                **own,
            )
        except (OSError, RuntimeError, ValueError) as cause:
            raise self._error("cannot be opened", cause) from cause

    def _error(self, what: str, cause: Exception) -> SinkError:
        reason = re.sub(r"^'.*?' backend: ", "", str(cause), flags=re.MULTILINE).replace("\n", ", ")
        following = "" if sys.platform.startswith("linux") else f"; {set_up_hint()}"
        return SinkError(f"{self.name}: {what}: {reason}{following}")

    def _release(self) -> None:
        """Closes a device that fails; a failure to close it is no news."""
        camera, consumers, self._camera, self._consumers = self._camera, self._consumers, None, None
        with contextlib.suppress(OSError, RuntimeError):
            if consumers is not None:
                consumers.close()
        with contextlib.suppress(OSError, RuntimeError):
            camera.close()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            with contextlib.ExitStack() as open_parts:
                if self._camera is not None:
                    open_parts.callback(self._camera.close)
                if self._consumers is not None:
                    open_parts.callback(self._consumers.close)
